"""In JSON-LD a statement is where its node object has a key for it, and a node where its `@id` is."""

from __future__ import annotations

import json

import pytest

from graphsvc.positions import find
from graphsvc.rdf import BlankNode, Iri, Literal, Term

EX = "http://example.org/"


def place(document: object, subject: Term, predicate: str, base: str | None = None) -> tuple[str, str | None]:
    """The words of the predicate's mark, and the pointer."""
    content = document if isinstance(document, bytes) else json.dumps(document, indent=1).encode()
    triple = (subject, Iri(EX + predicate), Literal("x"))
    found = find(content, "jsonld", base, [], [triple])
    if not found:
        return "", None
    start, end = found[triple].parts[1]
    return content[start:end].decode(), found[triple].pointer


@pytest.mark.parametrize(
    ("document", "words", "pointer"),
    [
        ({"@id": EX + "a", EX + "p": "x"}, f'"{EX}p"', ""),
        ([{"@id": EX + "b"}, {"@id": EX + "a", EX + "p": "x"}], f'"{EX}p"', "/1"),
        ({"@context": {"@vocab": EX}, "@id": EX + "a", "p": "x"}, '"p"', ""),
        ({"@context": {"p": EX + "p"}, "@id": EX + "a", "p": "x"}, '"p"', ""),
        ({"@context": [{"t": {"@id": EX + "p"}}], "@id": EX + "a", "t": "x"}, '"t"', ""),
        ({"@context": {"e": EX}, "@id": "e:a", "e:p": "x"}, '"e:p"', ""),
        ({"@context": {"id": "@id", "@base": EX}, "id": "a", EX + "p": "x"}, f'"{EX}p"', ""),
        ({"@id": EX + "a", EX + "q": "x"}, '"@id"', ""),
        ({"@id": EX + "b", "a/b~": {"@id": EX + "a", EX + "p": "x"}}, f'"{EX}p"', "/a~1b~0"),
        ({EX + "q": {"@id": EX + "a"}, EX + "r": [{"@id": EX + "a", EX + "p": 1}]}, f'"{EX}p"', f"/{EX}r/0"),
    ],
)
def test_a_statement_is_found_by_its_node_and_its_key(document: object, words: str, pointer: str) -> None:
    pointer = pointer.replace(EX, EX.replace("/", "~1"))
    assert place(document, Iri(EX + "a"), "p") == (words, pointer)


def test_a_relative_name_is_resolved_by_the_base() -> None:
    assert place({"@id": "../a", EX + "p": "x"}, Iri(EX + "a"), "p", EX + "b/c") == (f'"{EX}p"', "")


@pytest.mark.parametrize(
    "document",
    [
        {"@id": "_:a", EX + "p": "x"},
        {EX + "p": "x"},
        {"@context": {"t": {"@id": EX + "a"}}, "@id": EX + "b"},
        [
            {"@context": {"e": EX}, "@id": "e:a"},
            {"@context": {"e": "http://other/"}, "@id": "e:a"},
        ],
        [{"@context": {"@base": EX}, "@id": "a"}, {"@context": {"@base": "http://other/"}, "@id": "a"}],
        b'{"@id": "http://example.org/a"',
        b"[" * 50_000,
        b'{"@id": "\\ud800"}',
    ],
)
def test_what_is_not_certain_has_no_place(document: object) -> None:
    assert place(document, Iri(EX + "a"), "p") == ("", None)
    assert place(document, BlankNode("a"), "p") == ("", None)


def test_a_term_that_two_contexts_define_is_not_taken_for_either() -> None:
    document = [
        {"@context": {"p": EX + "other"}, "@id": EX + "a", "p": 1},
        {"@context": {"p": EX + "p"}, "@id": EX + "b", "p": 1},
    ]
    assert place(document, Iri(EX + "a"), "p") == ('"@id"', "/0")
