"""The SHACL engine: pyshacl on graphs in memory, with nothing switched on that runs code or reads the net.

Imported only where shapes are at work: rdflib takes a third of a second to load.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any, cast

import rdflib
from pyparsing import ParseBaseException
from pyshacl import Validator
from pyshacl.errors import ReportableRuntimeError
from pyshacl.graph_abstraction import DataGraph

from graphsvc.errors import ShapesError, TooComplex
from graphsvc.rdf import BlankNode, Iri, Literal, Term
from graphsvc.rdf.terms import XSD_STRING
from graphsvc.validation import repairs
from graphsvc.validation.constraints import PREFIXES_OF
from graphsvc.validation.lexical import is_well_formed
from graphsvc.validation.path import Path, read_path
from graphsvc.validation.report import Result
from graphsvc.validation.sentences import sentence
from graphsvc.validation.shapes import Shapes
from graphsvc.validation.statements import RDF, Document, Statements, Triple, read
from graphsvc.validation.structure import MAX_DEPTH, SH
from graphsvc.vocab import PREFIXES

ENGINE = f"pyshacl {version('pyshacl')} on rdflib {version('rdflib')}"
_MESSAGE = Iri(SH + "message")
_LANG_STRING = RDF + "langString"
# What is on only by the term `true`; the engine would also take "1"^^xsd:boolean.
_SWITCHES = frozenset(
    Iri(SH + name) for name in ("closed", "deactivated", "uniqueLang", "qualifiedValueShapesDisjoint")
)
_TRUE, _FALSE = (Literal(text, PREFIXES["xsd"] + "boolean") for text in ("true", "false"))
# A message's language before its text, where the engine would lose it.
_MARK = "\x1e"
_OPTIONS: Mapping[str, Any] = {
    "advanced": False,
    "use_js": False,
    "inference": "none",
    "inplace": True,
    "logger": logging.getLogger("graphsvc.validation.engine"),
    "max_validation_depth": MAX_DEPTH + 2,
}


class _Graph(rdflib.Graph):
    """A graph of the engine's that remembers the statements it was made from."""

    def __init__(self, statements: Statements) -> None:
        super().__init__(bind_namespaces="none")
        self.statements = statements


class _Engine(Validator):
    """The engine, with its results as they are, not copied into a graph and a text."""

    @classmethod
    def create_validation_report(cls, _: object, __: bool, results: list[Any]) -> tuple[list[Any], str]:
        """The results: a text, a node and triples each."""
        return results, ""


def evaluate(data: Statements, shapes: Shapes) -> list[Result]:
    """The results of validating the data against the shapes, sorted.

    Raises ShapesError where the engine cannot evaluate a shape; never takes that for a lack of conformance.
    """
    repairs.repair()
    repairs.forget()
    try:
        engine: Any = _Engine(
            DataGraph.from_rdflib(_graph(data.triples, data)),
            shacl_graph=_graph(_prepared(shapes), shapes.statements),
            options=dict(_OPTIONS),
        )
        _, raw, _ = engine.run()
    except (ReportableRuntimeError, NotImplementedError, ParseBaseException) as error:
        raise ShapesError(_first_line(error)) from error
    except RecursionError:
        raise TooComplex("The shapes or the paths through the data nest too deep to be followed.") from None
    results = [_result(node, _described(triples), data, shapes.statements) for _, node, triples in raw]
    return sorted(results, key=Result.key)


def _first_line(error: Exception) -> str:
    message = str(error).strip().partition("\n")[0] or type(error).__name__
    return f"The SHACL engine cannot evaluate these shapes: {message}"


@cache
def _syntax_rules() -> Shapes:
    """SHACL for SHACL, as pyshacl carries it. https://www.w3.org/TR/shacl/#shacl-shacl"""
    content = (files("pyshacl") / "assets" / "shacl-shacl.ttl").read_bytes()
    return Shapes(read([Document("shacl-shacl.ttl", content, "ttl")], role="rules"), {})


def check_syntax_rules(shapes: Shapes) -> None:
    """Check the shapes by the shapes of shapes. Raises ShapesError, which tells the first fault by node order."""
    statements = shapes.statements
    for result in evaluate(statements, _syntax_rules()):
        where = f" at {result.path.text({'sh': SH})}" if result.path else ""
        value = f" ({statements.name(result.value)})" if result.value not in (None, result.focus_node) else ""
        raise statements.fault(
            result.focus_node, f"{statements.name(result.focus_node)}{where}{value}: {_sentence(result)}"
        )


def _sentence(result: Result) -> str:
    if result.component.value == SH + "XoneConstraintComponent":
        return "It is neither a well-formed node shape nor a well-formed property shape."
    return " ".join(message.value for message in result.messages)


def _prepared(shapes: Shapes) -> Iterable[Triple]:
    """The shapes as the engine gets them: queries with their prefixes, messages marked with their languages."""
    for triple in shapes.statements.triples:
        subject, predicate, value = triple
        if predicate == PREFIXES_OF:
            continue
        if triple in shapes.queries:
            value = shapes.queries[triple]
        elif predicate in _SWITCHES and value != _TRUE:
            value = _FALSE
        elif predicate == _MESSAGE and isinstance(value, Literal) and value.language:
            value = Literal(f"{_MARK}{value.language}{_MARK}{value.value}")
        yield subject, predicate, value


def _graph(triples: Iterable[Triple], statements: Statements) -> _Graph:
    graph = _Graph(statements)
    known: dict[Term, rdflib.term.Identifier] = {}
    for triple in triples:
        for term in triple:
            if term not in known:
                known[term] = _node(term)
        subject, predicate, value = (known[term] for term in triple)
        graph.add((cast(rdflib.URIRef, subject), cast(rdflib.URIRef, predicate), cast(rdflib.URIRef, value)))
    return graph


def _node(term: Term) -> rdflib.term.Identifier:
    match term:
        case Iri(value):
            return rdflib.URIRef(value)
        case BlankNode(value):
            return rdflib.BNode(value)
        case Literal(value, _, language) if language:
            return rdflib.Literal(value, lang=language)
    if term.datatype == XSD_STRING:
        return rdflib.Literal(term.value)
    if not is_well_formed(term.value, term.datatype):
        return _ill_typed(term)
    made = rdflib.Literal(term.value, datatype=rdflib.URIRef(term.datatype), normalize=False)
    # rdflib rewrites the text of some datatypes (xsd:token) even so.
    return made if str(made) == term.value else _with_datatype(term, value=made.value)


def _ill_typed(term: Literal) -> rdflib.Literal:
    return _with_datatype(term, value=None, ill_typed=True)


def _with_datatype(term: Literal, *, value: object, ill_typed: bool = False) -> rdflib.Literal:
    """A literal whose text is not parsed: rdflib has no constructor that leaves it alone."""
    made = rdflib.Literal(term.value)
    made._datatype = rdflib.URIRef(term.datatype)
    made._value = value
    made._ill_typed = ill_typed
    return made


def term_of(node: object) -> Term:
    """The plain term of an rdflib node."""
    if isinstance(node, rdflib.Literal):
        datatype = _LANG_STRING if node.language else str(node.datatype or XSD_STRING)
        return Literal(str(node), datatype, node.language or "")
    return BlankNode(str(node)) if isinstance(node, rdflib.BNode) else Iri(str(node))


def _described(triples: Iterable[tuple[object, object, Any]]) -> dict[object, dict[str, list[Any]]]:
    """The triples of one raw result and its details by subject; an object may come with its graph."""
    found: dict[object, dict[str, list[Any]]] = {}
    for subject, predicate, value in triples:
        values = found.setdefault(subject, {}).setdefault(str(predicate).removeprefix(SH), [])
        values.append(value[1] if isinstance(value, tuple) else value)
    return found


def _result(
    node: object, described: dict[object, dict[str, list[Any]]], data: Statements, shapes: Statements
) -> Result:
    fields = described[node]

    def one(name: str) -> Any:
        values = fields.get(name)
        return term_of(values[0]) if values else None

    focus, path, shape = one("focusNode"), one("resultPath"), one("sourceShape")
    component = one("sourceConstraintComponent")
    messages = {_message(term_of(each)) for each in fields.get("resultMessage", ())}
    details = (_result(each, described, data, shapes) for each in fields.get("detail", ()))
    return Result(
        focus_node=focus,
        severity=one("resultSeverity"),
        component=component,
        source_shape=shape,
        path=_path(path, shapes) if path is not None else None,
        value=one("value"),
        messages=tuple(sorted(messages, key=lambda each: (each.language, each.value)))
        or (sentence(component, shape, shapes),),
        source_constraint=one("sourceConstraint"),
        details=tuple(sorted(details, key=Result.key)),
        within=shapes.owner(shape),
        owner=data.owner(focus) if isinstance(focus, BlankNode) else None,
    )


def _path(node: Term, shapes: Statements) -> Path | None:
    """A path of the shapes graph, or a predicate that a query gave."""
    return read_path(shapes, node) if isinstance(node, Iri) or shapes.describes(node) else None


def _message(term: Term) -> Literal:
    if term.value.startswith(_MARK):
        _, language, text = term.value.split(_MARK, 2)
        return Literal(text, _LANG_STRING, language)
    assert isinstance(term, Literal)
    return term
