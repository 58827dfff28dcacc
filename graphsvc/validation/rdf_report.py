"""A report as the W3C's RDF vocabulary has it; the same report gives the same bytes.

https://www.w3.org/TR/shacl/#validation-report
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyoxigraph as ox

from graphsvc.formats import Format
from graphsvc.rdf import BlankNode, Iri, Literal, Term, TripleTerm, write_document
from graphsvc.validation.path import ALTERNATIVE_PATH, ONE_PART, Kind, Path
from graphsvc.validation.report import Report, Result
from graphsvc.vocab import PREFIXES

_SH, _RDF = PREFIXES["sh"], PREFIXES["rdf"]
_FIRST, _REST, _NIL = (ox.NamedNode(_RDF + name) for name in ("first", "rest", "nil"))
_TYPE = ox.NamedNode(_RDF + "type")
_COMMENT = ox.NamedNode(PREFIXES["rdfs"] + "comment")
_BOOLEAN = ox.NamedNode(PREFIXES["xsd"] + "boolean")
_Node = ox.NamedNode | ox.BlankNode


def write_rdf(report: Report, syntax: Format, prefixes: Mapping[str, str]) -> bytes:
    """The report in an RDF syntax, sorted.

    Results are blank nodes numbered in the report's order. Blank nodes of the data and the shapes keep the
    labels that the other forms of the report show, and are not described.
    """
    return write_document(report_quads(report), syntax, prefixes)


def report_quads(report: Report) -> Iterator[ox.Quad]:
    """The report graph; notes are comments on the report."""
    top = ox.BlankNode("report")
    yield ox.Quad(top, _TYPE, _sh("ValidationReport"))
    yield ox.Quad(top, _sh("conforms"), ox.Literal(str(report.conforms).lower(), datatype=_BOOLEAN))
    for note in report.notes:
        yield ox.Quad(top, _COMMENT, ox.Literal(note, language="en"))
    for number, result in enumerate(report.results, start=1):
        node = ox.BlankNode(f"result{number}")
        yield ox.Quad(top, _sh("result"), node)
        yield from result_quads(result, node)


def result_quads(result: Result, node: ox.BlankNode) -> Iterator[ox.Quad]:
    """What says one result; the labels of blank nodes within begin with the one of `node`."""
    yield ox.Quad(node, _TYPE, _sh("ValidationResult"))
    for name, term in (
        ("focusNode", result.focus_node),
        ("resultSeverity", result.severity),
        ("sourceConstraintComponent", result.component),
        ("sourceShape", result.source_shape),
        ("value", result.value),
        ("sourceConstraint", result.source_constraint),
        *(("resultMessage", message) for message in result.messages),
    ):
        if term is not None:
            yield ox.Quad(node, _sh(name), _term(term))
    if result.path is not None:
        yield from _path(node, _sh("resultPath"), result.path, f"{node.value}path")
    for number, detail in enumerate(result.details, start=1):
        inner = ox.BlankNode(f"{node.value}detail{number}")
        yield ox.Quad(node, _sh("detail"), inner)
        yield from result_quads(detail, inner)


def _path(subject: _Node, predicate: ox.NamedNode, path: Path, label: str) -> Iterator[ox.Quad]:
    """The triples that make the path the value of a property. https://www.w3.org/TR/shacl/#property-paths"""
    if path.kind is Kind.PREDICATE:
        yield ox.Quad(subject, predicate, ox.NamedNode(path.iri))
        return
    if path.kind is Kind.SEQUENCE:
        yield from _list(subject, predicate, path.parts, label)
        return
    node = ox.BlankNode(label)
    yield ox.Quad(subject, predicate, node)
    if path.kind is Kind.ALTERNATIVE:
        yield from _list(node, ox.NamedNode(ALTERNATIVE_PATH.value), path.parts, f"{label}a")
    else:
        yield from _path(node, ox.NamedNode(ONE_PART[path.kind].value), path.parts[0], f"{label}p")


def _list(
    subject: _Node, predicate: ox.NamedNode, members: tuple[Path, ...], label: str
) -> Iterator[ox.Quad]:
    for number, member in enumerate(members, start=1):
        cell = ox.BlankNode(f"{label}{number}")
        yield ox.Quad(subject, predicate, cell)
        yield from _path(cell, _FIRST, member, f"{cell.value}m")
        subject, predicate = cell, _REST
    yield ox.Quad(subject, predicate, _NIL)


def _sh(name: str) -> ox.NamedNode:
    return ox.NamedNode(_SH + name)


def _term(term: Term) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    match term:
        case Iri(value):
            return ox.NamedNode(value)
        case BlankNode(value):
            return ox.BlankNode(value)
        case Literal(value, datatype, language):
            if language:
                return ox.Literal(value, language=language)
            return ox.Literal(value, datatype=ox.NamedNode(datatype))
        case TripleTerm():
            raise ValueError("SHACL is not defined on triple terms")
