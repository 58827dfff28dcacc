"""A search within a query: which statements are one, and what stands in their place."""

from __future__ import annotations

import pytest

from graphsvc.errors import QuerySyntaxError
from graphsvc.sparql import read
from graphsvc.sparql.search_clause import SEARCH
from graphsvc.sparql.update import read_update

S = f"<{SEARCH}>"


@pytest.mark.parametrize(
    ("text", "variables", "words", "number"),
    [
        (f'SELECT * {{ ?s {S} "data act" }}', ("s",), "data act", None),
        (f"SELECT * {{ ?s a ?c . ?s {S} 'x' . ?s ?p ?o }}", ("s",), "x", None),
        (f'SELECT * {{ (?s) {S} ("x" 7) FILTER(?s != 1) }}', ("s",), "x", 7),
        (f'SELECT * {{ (?s ?rank) {S} ("x") }}', ("s", "rank"), "x", None),
        (f'SELECT * {{ OPTIONAL {{ ?s {S} """a "b" \\u00e9\\n""" }} }}', ("s",), 'a "b" é\n', None),
        ('PREFIX g: <urn:x-graphsvc:> SELECT * { $s g:search "x" }', ("s",), "x", None),
    ],
)
def test_a_search_is_found(text: str, variables: tuple[str, ...], words: str, number: int | None) -> None:
    query = read(text)
    (clause,) = query.searches
    assert (clause.variables, clause.words, clause.number) == (variables, words, number)
    assert query.volatile
    assert text[clause.start] in "?$("
    assert text[clause.end - 1] in "\"')"


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT * {{ ?s {S} ?words }}",
        f'SELECT * {{ <urn:x:a> {S} "x" }}',
        f'SELECT * {{ ?s a ?c ; {S} "x" }}',
        f'SELECT * {{ ?s {S} "x" ; a ?c }}',
        f'SELECT * {{ ?s {S} "x"@en }}',
        f'SELECT * {{ ?s {S} "x", "y" }}',
        f'SELECT * {{ (?s ?r ?t) {S} "x" }}',
        f'SELECT * {{ ?s {S} ("x" ?n) }}',
        f'SELECT * {{ ?s {S} ("x" 1.5) }}',
        f"SELECT * {{ ?s {S}/{S} ?o }}",
        f"SELECT * {{ VALUES ?p {{ {S} }} }}",
        f"ASK {{ ?s {S}",
    ],
)
def test_what_is_no_statement_of_its_own_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(QuerySyntaxError, match="statement of its own") as caught:
        read(text)
    assert caught.value.column == text.index(S) + 1
    assert SEARCH in str(caught.value.hint)


@pytest.mark.parametrize(
    "text", [f'SELECT * {{ ?s ?p "{S}" }}', f"SELECT * {{ ?s ?p ?o }} # {S}", "SELECT * {}"]
)
def test_what_only_looks_like_a_search_is_none(text: str) -> None:
    assert read(text).searches == ()


def test_a_search_of_another_endpoint_is_its_own_affair() -> None:
    text = f'SELECT * {{ SERVICE <http://e.example/> {{ ?s {S} "x" }} }}'
    assert read(text, endpoints=["http://e.example/"]).searches == ()


def test_an_update_does_not_search() -> None:
    with pytest.raises(QuerySyntaxError, match="queries alone"):
        read_update(f'DELETE {{ ?s ?p ?o }} WHERE {{ ?s {S} "x" . ?s ?p ?o }}')
