"""Random SPARQL by the grammar, and texts that were SPARQL once. https://www.w3.org/TR/sparql11-query/#grammar"""

from __future__ import annotations

from hypothesis import strategies as st

from graphsvc.sparql.lexer import tokens

DATA = """
<urn:a> <urn:p> <urn:b>, <urn:c> ; <urn:q> 1, 2, "x", "x"@en ; a <urn:T> .
<urn:b> <urn:p> <urn:c> ; <urn:q> 2, 3.5, "2020-01-01"^^<http://www.w3.org/2001/XMLSchema#date> ; a <urn:T>, <urn:U> .
<urn:c> <urn:p> <urn:a> ; <urn:q> "y", true, "é\\u4e2d\\n\\"" ; <urn:r> <urn:d> .
<urn:d> <urn:r> <urn:d> ; <urn:q> "1"^^<http://www.w3.org/2001/XMLSchema#integer>, "no number"^^<urn:type> .
"""
_VARIABLES = st.sampled_from(["?x", "?y", "?z", "?w"])
_IRIS = st.sampled_from([f"<urn:{name}>" for name in "abcdTUn"])
_PREDICATES = st.sampled_from(["<urn:p>", "<urn:q>", "<urn:r>", "a"])
_LITERALS = st.sampled_from(
    [
        "1",
        "2",
        "3.5",
        "1e0",
        "true",
        '"x"',
        '"x"@en',
        '"y"',
        '"2020-01-01"^^<http://www.w3.org/2001/XMLSchema#date>',
        '""',
    ]
)
_SUBJECTS = st.one_of(_VARIABLES, _VARIABLES, _IRIS)
_OBJECTS = st.one_of(_VARIABLES, _VARIABLES, _IRIS, _LITERALS)


def _paths() -> st.SearchStrategy[str]:
    return st.recursive(
        st.one_of(_PREDICATES, st.just("!<urn:p>"), st.just("!(<urn:p>|^<urn:q>)")),
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda parts: f"({parts[0]}/{parts[1]})"),
            st.tuples(inner, inner).map(lambda parts: f"({parts[0]}|{parts[1]})"),
            inner.map(lambda part: f"^({part})"),
            st.tuples(inner, st.sampled_from("*+?")).map(lambda parts: f"({parts[0]}){parts[1]}"),
        ),
        max_leaves=3,
    )


def _triples() -> st.SearchStrategy[str]:
    predicates = st.one_of(_PREDICATES, _PREDICATES, _VARIABLES, _paths())
    return st.tuples(_SUBJECTS, predicates, _OBJECTS).map(lambda parts: " ".join(parts) + " .")


def _expressions() -> st.SearchStrategy[str]:
    unary = [
        "STR",
        "LANG",
        "DATATYPE",
        "STRLEN",
        "UCASE",
        "LCASE",
        "ABS",
        "CEIL",
        "FLOOR",
        "ROUND",
        "ISIRI",
        "ISLITERAL",
        "ISNUMERIC",
        "MD5",
        "YEAR",
        "ENCODE_FOR_URI",
        "IRI",
    ]
    binary = [
        "CONTAINS",
        "STRSTARTS",
        "STRENDS",
        "STRBEFORE",
        "STRAFTER",
        "SAMETERM",
        "LANGMATCHES",
        "STRDT",
        "STRLANG",
        "REGEX",
        "CONCAT",
        "COALESCE",
    ]
    return st.recursive(
        st.one_of(_VARIABLES, _LITERALS, _IRIS),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["=", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "&&", "||"]), inner).map(lambda p: f"({' '.join(p)})"),
            st.tuples(st.sampled_from(unary), inner).map(lambda p: f"{p[0]}({p[1]})"),
            st.tuples(st.sampled_from(binary), inner, inner).map(lambda p: f"{p[0]}({p[1]}, {p[2]})"),
            st.tuples(inner, inner, inner).map(lambda p: f"IF({', '.join(p)})"),
            st.tuples(inner, st.sampled_from(["IN", "NOT IN"]), st.lists(inner, max_size=3)).map(lambda p: f"({p[0]} {p[1]} ({', '.join(p[2])}))"),
            inner.map(lambda part: f"(!{part})"),
            _VARIABLES.map(lambda name: f"BOUND({name})"),
            _triples().map(lambda pattern: f"EXISTS {{ {pattern} }}"),
            _triples().map(lambda pattern: f"NOT EXISTS {{ {pattern} }}"),
        ),
        max_leaves=4,
    )  # fmt: skip


def _values() -> st.SearchStrategy[str]:
    cell = st.one_of(_IRIS, _LITERALS, st.just("UNDEF"))
    return st.lists(st.tuples(cell, cell), max_size=3).map(
        lambda rows: "VALUES (?x ?y) { " + " ".join(f"({a} {b})" for a, b in rows) + " }"
    )


def _groups() -> st.SearchStrategy[str]:
    """Group graph patterns, with their braces."""
    leaf = st.one_of(
        _triples(),
        _triples(),
        _expressions().map(lambda one: f"FILTER({one})"),
        _values(),
        st.tuples(_expressions(), st.integers(0, 99)).map(lambda p: f"BIND({p[0]} AS ?b{p[1]})"),
    )
    group = st.lists(leaf, max_size=4).map(lambda parts: "{ " + " ".join(parts) + " }")
    return st.recursive(
        group,
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda p: f"{{ {p[0]} UNION {p[1]} }}"),
            st.tuples(_triples(), inner).map(lambda p: f"{{ {p[0]} OPTIONAL {p[1]} }}"),
            st.tuples(inner, inner).map(lambda p: f"{{ {p[0]} MINUS {p[1]} }}"),
            st.tuples(inner, inner).map(lambda p: f"{{ {p[0]} {p[1]} }}"),
            st.tuples(st.sampled_from(["?g", "<urn:g>"]), inner).map(lambda p: f"{{ GRAPH {p[0]} {p[1]} }}"),
            st.tuples(st.sampled_from(["DISTINCT ", "REDUCED ", ""]), inner).map(lambda p: f"{{ {{ SELECT {p[0]}* {p[1]} }} }}"),
        ),
        max_leaves=3,
    )  # fmt: skip


def _modifiers() -> st.SearchStrategy[str]:
    order = st.lists(st.one_of(_VARIABLES, _VARIABLES.map(lambda name: f"DESC({name})")), max_size=2)
    return order.map(lambda names: f" ORDER BY {' '.join(names)}" if names else "")


def queries() -> st.SearchStrategy[str]:
    """Queries whose answer does not depend on chance, or on the order in which an engine finds things."""
    aggregates = st.sampled_from(
        ["COUNT(*)", "COUNT(DISTINCT ?y)", "SUM(?y)", "MIN(?y)", "MAX(?y)", "AVG(?y)", "COUNT(?w)"]
    )
    return st.one_of(
        st.tuples(st.sampled_from(["SELECT *", "SELECT DISTINCT *", "SELECT ?x ?y"]), _groups(), _modifiers()).map(" ".join),
        st.tuples(_expressions(), _groups()).map(lambda p: f"SELECT ?x ({p[0]} AS ?e) {p[1]}"),
        st.tuples(aggregates, _groups()).map(lambda p: f"SELECT ?x ({p[0]} AS ?n) {p[1]} GROUP BY ?x"),
        st.tuples(aggregates, _groups(), _expressions()).map(lambda p: f"SELECT ({p[0]} AS ?n) {p[1]} HAVING({p[2]})"),
        _groups().map(lambda group: f"ASK {group}"),
        st.tuples(_SUBJECTS, _PREDICATES, _OBJECTS, _groups()).map(lambda p: f"CONSTRUCT {{ {' '.join(p[:3])} }} WHERE {p[3]}"),
        _IRIS.map(lambda iri: f"DESCRIBE {iri}"),
    )  # fmt: skip


_NOISE = st.sampled_from(
    [*"{}()[].,;=<>+*/|^!?&-@\"'\\#:", "<<(", ")>>", "SELECT", "WHERE", "FILTER", "OPTIONAL", "UNION", "GRAPH", "SERVICE", "VALUES", "BIND", "AS", "NOT", "EXISTS", "PREFIX", "BASE", "INSERT", "DELETE", "DATA", "LOAD", "FROM", "<urn:x>", "_:b", "?x", "1e999", "'x'@", "^^", "\\u0000", "\u202e", "\U0001f600", "\x00", "\ufeff"]
)  # fmt: skip


def mutated(texts: list[str]) -> st.SearchStrategy[str]:
    """One of the texts, with a few of its tokens dropped, doubled, swapped, or replaced."""

    @st.composite
    def build(draw: st.DrawFn) -> str:
        text = draw(st.sampled_from(texts))
        found = [token.text for token in tokens(text)]
        for _ in range(draw(st.integers(1, 4))):
            place = draw(st.integers(0, max(0, len(found) - 1)))
            match draw(st.integers(0, 4)):
                case 0:
                    del found[place : place + draw(st.integers(1, 3))]
                case 1:
                    found[place:place] = found[place : place + draw(st.integers(1, 5))]
                case 2:
                    found.insert(place, draw(_NOISE))
                case 3:
                    other = draw(st.integers(0, max(0, len(found) - 1)))
                    if found:
                        found[place], found[other] = found[other], found[place]
                case _:
                    found[place : place + 1] = [draw(_NOISE)]
        return " ".join(found)

    return build()
