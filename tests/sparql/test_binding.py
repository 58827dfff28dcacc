"""Values are bound as terms wherever a query mentions the variable, and are nothing but terms."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from graphsvc.errors import BadRequest
from graphsvc.rdf import BlankNode, Iri, Literal, Term
from graphsvc.sparql import read

EX = "http://example.org/"
STORE = ox.Store()
STORE.load(
    b"@prefix : <http://example.org/> . :a :p :x ; :q 1 . :b :p :y ; :q 2 . :x :r :b .", ox.RdfFormat.TURTLE
)
A = Iri(f"{EX}a")


def values(text: str, **bindings: Term) -> list[str]:
    query = read(f"PREFIX : <{EX}> {text}", bindings=bindings)
    found = STORE.query(query.text)
    if isinstance(found, ox.QueryBoolean):
        return [str(bool(found)).lower()]
    if isinstance(found, ox.QueryTriples):
        return sorted(triple.object.value for triple in found)  # type: ignore[union-attr]
    return sorted(row[0].value.removeprefix(EX) for row in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT ?o { ?s :p ?o }", ["x"]),
        ("SELECT ?o WHERE { ?t :p ?o FILTER(?t = ?s) }", ["x"]),
        ("SELECT ?o { ?t :p ?o FILTER NOT EXISTS { ?s :p ?o } }", ["y"]),
        ("SELECT ?t { ?t :p ?o OPTIONAL { ?s :p ?u FILTER(?s = ?t) } FILTER(BOUND(?u)) }", ["a"]),
        ("SELECT ?o { { ?s :p ?o } UNION { ?s :q ?o } }", ["1", "x"]),
        ("SELECT ?o { { SELECT ?o { ?s :p ?o } } }", ["x"]),
        ("SELECT ?o { ?t :p ?o MINUS { ?s :p ?o } }", ["y"]),
        ("SELECT ?n { { SELECT (COUNT(*) AS ?n) { ?s ?p ?o } } }", ["2"]),
        ("SELECT ?o { VALUES ?o { :x :y } ?s :p ?o }", ["x"]),
        ("ASK { ?s :q 2 }", ["false"]),
        ("CONSTRUCT { ?s :copy ?o } WHERE { ?s :q ?o }", ["1"]),
        ("DESCRIBE ?s WHERE { ?s :p ?o }", ["1", f"{EX}x"]),
        ("SELECT ?o { GRAPH ?g { ?t ?p ?o } FILTER(?s = ?s) }", []),
    ],
)
def test_a_binding_is_seen_wherever_the_variable_stands(text: str, expected: list[str]) -> None:
    assert values(text, s=A) == expected


@pytest.mark.parametrize(
    "text", ['"', "} DROP ALL #", "\\", "\n\r\t", "<script>", "'''", "\u202e", '" . ?s ?p ?o . "', "\u0000x"]
)
def test_a_text_stays_a_text(text: str) -> None:
    query = read("SELECT ?v { BIND(?given AS ?v) }", bindings={"given": Literal(text, language="en")})
    found = list(STORE.query(query.text))
    assert [row[0].value for row in found] == [text]  # type: ignore[union-attr,index]


@pytest.mark.parametrize(
    "iri", ["", "a", "http://x/> } DROP ALL #", "http://x/ y", "javascript", "http://x/{}"]
)
def test_what_is_no_iri_is_refused(iri: str) -> None:
    with pytest.raises(BadRequest):
        read("SELECT * { ?s ?p ?o }", bindings={"s": Iri(iri)})


@pytest.mark.parametrize(
    ("text", "name", "term"),
    [
        ("SELECT * { ?s ?p ?o }", "other", A),
        ("SELECT * { ?s ?p ?o }", "s }", A),
        ("SELECT * { ?s ?p ?o }", "s", BlankNode("b")),
        ("SELECT * { ?s ?p ?o }", "s", Literal("x", language="not a tag")),
        ("SELECT * { ?s ?p ?o }", "s", Literal("x", datatype="no iri")),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "s", A),
        ("DESCRIBE ?s", "s", A),
    ],
)
def test_a_binding_that_cannot_be_is_refused(text: str, name: str, term: Term) -> None:
    with pytest.raises(BadRequest):
        read(text, bindings={name: term})
