"""Whether two answers are the same: up to the names of blank nodes, and numbers by their value."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox

RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
XSD = "http://www.w3.org/2001/XMLSchema#"
RESULTS = {
    ".srx": ox.QueryResultsFormat.XML,
    ".srj": ox.QueryResultsFormat.JSON,
    ".tsv": ox.QueryResultsFormat.TSV,
}
# The engine keeps the value of a number and not its type among the integers.
INTEGERS = frozenset(
    {"integer", "long", "int", "short", "byte", "unsignedLong", "unsignedInt", "unsignedShort"}
    | {"unsignedByte", "nonNegativeInteger", "positiveInteger", "nonPositiveInteger", "negativeInteger"}
)
Row = dict[str, object]


def canonical(quads: Iterable[ox.Quad]) -> ox.Dataset:
    """A dataset in which blank nodes have names that depend on nothing but what is said of them."""
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return dataset


def value(term: object) -> object:
    """A literal of a number as the number, of any spelling; any other term as it is."""
    if isinstance(term, ox.Literal) and term.datatype.value.startswith(XSD):
        kind = term.datatype.value.removeprefix(XSD)
        try:
            if kind in ("double", "float"):
                return ox.Literal(repr(float(term.value)), datatype=term.datatype)
            if kind == "decimal":
                return ox.Literal(f"{Decimal(term.value).normalize():f}", datatype=term.datatype)
            if kind == "boolean":
                return ox.Literal(str(term.value in ("true", "1")).lower(), datatype=term.datatype)
            if kind in INTEGERS:
                return ox.Literal(str(int(term.value)), datatype=ox.NamedNode(f"{XSD}integer"))
        except (ArithmeticError, ValueError):
            return term
    return term


def same_rows(expected: list[Row], actual: list[Row]) -> bool:
    """Whether two tables have the same rows, each as often, in any order."""
    return _ground(expected) == _ground(actual) and _blank(expected) == _blank(actual)


def _has_blank(row: Row) -> bool:
    return any(isinstance(term, ox.BlankNode) for term in row.values())


def _ground(rows: list[Row]) -> Counter[frozenset[tuple[str, str]]]:
    kept = [row for row in rows if not _has_blank(row)]
    return Counter(frozenset((name, str(value(term))) for name, term in row.items()) for row in kept)


def _blank(rows: list[Row]) -> ox.Dataset:
    quads = []
    for number, row in enumerate(row for row in rows if _has_blank(row)):
        for name, term in row.items():
            node = ox.BlankNode(f"row{number}")
            quads.append(ox.Quad(node, ox.NamedNode(f"urn:{name}"), value(term)))  # type: ignore[arg-type]
    return canonical(quads)


def table(body: bytes, suffix: str, base: str = "") -> bool | list[Row]:
    """A result in one of the standard formats, or in the vocabulary of the test suite.

    The suite's own results may name their IRIs relative to ``base``.
    """
    if suffix in RESULTS:
        found = ox.parse_query_results(_absolute(body, base), RESULTS[suffix])
        if isinstance(found, ox.QueryBoolean):
            return bool(found)
        assert isinstance(found, ox.QuerySolutions)
        names = [variable.value for variable in found.variables]
        return [{name: row[name] for name in names if row[name] is not None} for row in found]
    return _result_set(body, ox.RdfFormat.RDF_XML if suffix == ".rdf" else ox.RdfFormat.TURTLE, base)


def _absolute(body: bytes, base: str) -> bytes:
    folder = base.rpartition("/")[0].encode()
    return re.sub(rb"<uri>([^:<]*)</uri>", rb"<uri>" + folder + rb"/\1</uri>", body) if base else body


def _result_set(body: bytes, syntax: ox.RdfFormat, base: str) -> bool | list[Row]:
    store = ox.Store()
    store.load(body, syntax, base_iri=base)

    def objects(subject: object, name: str) -> list[object]:
        found = store.quads_for_pattern(subject, ox.NamedNode(f"{RS}{name}"), None)  # type: ignore[arg-type]
        return [quad.object for quad in found]

    for answer in objects(None, "boolean"):
        return str(answer.value) == "true"  # type: ignore[attr-defined]
    return [
        {
            str(objects(binding, "variable")[0].value): objects(binding, "value")[0]  # type: ignore[attr-defined]
            for binding in objects(solution, "binding")
        }
        for solution in objects(None, "solution")
    ]


def is_result_set(path: Path) -> bool:
    """Whether a file holds a table rather than a graph."""
    return path.suffix != ".ttl" or RS in path.read_text()


def cells(body: bytes) -> tuple[list[str], Counter[tuple[str, ...]]]:
    """A CSV table: its head, and its rows as often as they stand there.

    The columns are in the order of their names, since SELECT * gives them in any; blank nodes have no names.
    """
    head, *rows = csv.reader(io.StringIO(body.decode()))
    order = sorted(range(len(head)), key=lambda place: head[place])
    return sorted(head), Counter(
        tuple("_:" if row[place].startswith("_:") else row[place] for place in order) for row in rows
    )
