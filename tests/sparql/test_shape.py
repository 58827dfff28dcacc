"""Two texts of one shape are the same to the gate."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphsvc.sparql import lexer
from graphsvc.sparql.shape import _VARYING, shape

# Pieces that texts are put together from: what varies, what hides it, and what only looks like it.
PIECES = (
    *(
        "<http://x/a>",
        "<b>",
        "<>",
        '"text"',
        "'<c>'",
        '"""a\n"b"""',
        "# rest\n",
        "#\n",
        "PREFIX p: <http://p/>",
    ),
    *(
        "prefix : <d>",
        "BASE <e>",
        "<f>(1)",
        "<g> (2)",
        "?v",
        "$w",
        "a:b",
        "a:b#c\n",
        "p:",
        "_:x",
        "@en",
        "^^",
    ),
    *("<", ">", "<=", "&&", "<<", "<<z>", ">>", "{", "}", ".", ";", "1", "1.5e3", "FROM", "SERVICE", "LIMIT"),
    *("\\", "a:b\\#c <d>\n", "a:b\\'c <d>'", "'", '"', "\n", "é", "\0", "?prefix", "?a<?b", "3<4", "(", ")"),
)
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=14).map(
    " ".join
) | st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@settings(max_examples=500)
@given(texts)
def test_what_is_left_out_of_a_shape_is_an_iri_a_string_or_a_comment_to_the_gate(text: str) -> None:
    if shape(text) == text:
        return
    varying = ("iri", "string", "comment")
    lexed = {found.span() for found in lexer._TOKEN.finditer(text) if found.lastgroup in varying}
    assert {found.span() for found in _VARYING.finditer(text) if not found[1]} <= lexed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT * { <a> ?p 'x' } # 1", "SELECT * { <b> ?p 'it' } # 22"),
        ("PREFIX a: <u> SELECT * { a:x ?p <v> }", "PREFIX a: <u> SELECT * { a:x ?p <w> }"),
        ('ASK { ?s ?p "a # <b> c" }', 'ASK { ?s ?p "" }'),
    ],
)
def test_what_a_query_is_about_is_not_its_shape(one: str, other: str) -> None:
    assert shape(one) == shape(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT * { ?s ?p <a> } LIMIT 1", "SELECT * { ?s ?p <a> } LIMIT 2"),
        ("PREFIX a: <u> SELECT * { a:x ?p ?o }", "PREFIX a: <v> SELECT * { a:x ?p ?o }"),
        ("BASE <u> SELECT * { <x> ?p ?o }", "BASE <v> SELECT * { <x> ?p ?o }"),
        ("ASK { FILTER(<f>(1)) }", "ASK { FILTER(<g>(1)) }"),
        ("ASK { ?s ?p a:b\\#c . SERVICE <x> {} }", "ASK { ?s ?p a:b\\#c }"),
        ("ASK { ?s a:p ?o }", "ASK { ?s a:q ?o }"),
    ],
)
def test_what_a_query_does_is_its_shape(one: str, other: str) -> None:
    assert shape(one) != shape(other)
