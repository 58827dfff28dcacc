"""The SHACL engine: pyshacl on graphs in memory, with nothing switched on that runs code or reads the net.

Imported only where shapes are at work: rdflib takes a third of a second to load.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from typing import Any, cast

import rdflib
from pyparsing import ParseBaseException
from pyshacl import Validator
from pyshacl.errors import ReportableRuntimeError
from pyshacl.graph_abstraction import DataGraph
from pyshacl.shape import Shape
from pyshacl.shapes_graph import ShapesGraph

from graphsvc.errors import ShapesError, TooComplex
from graphsvc.rdf import BlankNode, Iri, Literal, Term
from graphsvc.validation.constraints import PREFIXES_OF
from graphsvc.validation.nodes import LANG_STRING, node_of, term_of
from graphsvc.validation.path import Path, read_path
from graphsvc.validation.repairs import repaired
from graphsvc.validation.report import Result
from graphsvc.validation.sentences import sentence
from graphsvc.validation.shapes import Shapes
from graphsvc.validation.statements import Statements, Triple
from graphsvc.validation.structure import MAX_DEPTH, SH
from graphsvc.vocab import PREFIXES

ENGINE = f"pyshacl {version('pyshacl')} on rdflib {version('rdflib')}"
_MESSAGE = Iri(SH + "message")
# What is on only by the term `true`; the engine would also take "1"^^xsd:boolean.
_SWITCHES = frozenset(
    Iri(SH + name) for name in ("closed", "deactivated", "uniqueLang", "qualifiedValueShapesDisjoint")
)
_TRUE, _FALSE = (Literal(text, PREFIXES["xsd"] + "boolean") for text in ("true", "false"))
# A message's language before its text, where the engine would lose it.
_MARK = "\x1e"
# What the engine logs, it also raises.
_SILENT = logging.getLogger("graphsvc.validation.engine")
_SILENT.disabled = True
_OPTIONS: Mapping[str, Any] = {
    "advanced": False,
    "use_js": False,
    "inference": "none",
    "inplace": True,
    "logger": _SILENT,
    "max_validation_depth": MAX_DEPTH + 2,
}


# The triples of a raw result: by subject and by name in SHACL's namespace.
_Described = dict[object, dict[str, list[Any]]]


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


class _Chosen(ShapesGraph):
    """A shapes graph of which only some shapes look for their targets."""

    chosen: frozenset[object]

    @property
    def shapes(self) -> list[Any]:
        """The chosen ones; the others are there to be referred to."""
        return [shape for shape in super().shapes if shape.node in self.chosen]


@contextmanager
def _only_at(focus_nodes: Collection[Term] | None) -> Iterator[None]:
    """While the block runs, targets are looked for among these nodes alone.

    pyshacl has an option for it that leaves out all nodes but IRIs.
    """
    if focus_nodes is None:
        yield
        return
    wanted = frozenset(map(node_of, focus_nodes))
    shape: Any = Shape
    plain: Any = shape.focus_nodes
    shape.focus_nodes = lambda *arguments, **options: plain(*arguments, **options) & wanted
    try:
        yield
    finally:
        shape.focus_nodes = plain


def evaluate(
    data: Statements,
    shapes: Shapes,
    only: Collection[Term] | None = None,
    focus_nodes: Collection[Term] | None = None,
) -> list[Result]:
    """The results of validating the data against the shapes, sorted: at the targets of some shapes alone where
    `only` names them, and at those among `focus_nodes` where they are given.

    Raises ShapesError where the engine cannot evaluate a shape; never takes that for a lack of conformance.
    """
    try:
        with repaired(), _only_at(focus_nodes):
            data_graph = DataGraph.from_rdflib(_graph(data.triples, data))
            shapes_graph = _graph(_prepared(shapes), shapes.statements)
            engine: Any = _Engine(data_graph, shacl_graph=shapes_graph, options=dict(_OPTIONS))
            if only is not None:
                engine.shacl_graph.__class__ = _Chosen
                engine.shacl_graph.chosen = frozenset(map(node_of, only))
            _, raw, _ = engine.run()
    except (ReportableRuntimeError, NotImplementedError, ParseBaseException) as error:
        raise ShapesError(f"The SHACL engine cannot evaluate these shapes: {_first_line(error)}") from error
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        fault = f"{type(error).__name__}: {_first_line(error)}"
        raise ShapesError(f"The SHACL engine stumbles over these shapes ({fault}).") from error
    except RecursionError:
        raise TooComplex("The shapes or the paths through the data nest too deep to be followed.") from None
    reader = _Reader(data, shapes.statements)
    return sorted((reader.result(node, _described(triples)) for _, node, triples in raw), key=Result.key)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:500] or type(error).__name__


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
                known[term] = node_of(term)
        subject, predicate, value = (known[term] for term in triple)
        graph.add((cast(rdflib.URIRef, subject), cast(rdflib.URIRef, predicate), cast(rdflib.URIRef, value)))
    return graph


class _Reader:
    """Reads the engine's raw results."""

    def __init__(self, data: Statements, shapes: Statements) -> None:
        self._data = data
        self._shapes = shapes
        self._sentence = cache(lambda component, shape: sentence(component, shape, shapes))
        self._within = cache(shapes.owner)

    def result(self, node: object, described: _Described) -> Result:
        """The result that a node is, with its details."""
        fields = described[node]

        def one(name: str) -> Any:
            values = fields.get(name)
            return term_of(values[0]) if values else None

        focus, path, shape = one("focusNode"), one("resultPath"), one("sourceShape")
        component = one("sourceConstraintComponent")
        messages = {_message(term_of(each)) for each in fields.get("resultMessage", ())}
        details = (self.result(each, described) for each in fields.get("detail", ()))
        return Result(
            focus_node=focus,
            severity=one("resultSeverity"),
            component=component,
            source_shape=shape,
            path=_path(path, self._shapes) if path is not None else None,
            value=one("value"),
            messages=tuple(sorted(messages, key=lambda each: (each.language, each.value)))
            or (self._sentence(component, shape),),
            source_constraint=one("sourceConstraint"),
            details=tuple(sorted(details, key=Result.key)),
            within=self._within(shape),
            owner=self._data.owner(focus) if isinstance(focus, BlankNode) else None,
        )


def _described(triples: Iterable[tuple[object, object, Any]]) -> _Described:
    """The triples of one raw result and its details by subject; an object may come with its graph."""
    found: _Described = {}
    for subject, predicate, value in triples:
        values = found.setdefault(subject, {}).setdefault(str(predicate).removeprefix(SH), [])
        values.append(value[1] if isinstance(value, tuple) else value)
    return found


def _path(node: Term, shapes: Statements) -> Path | None:
    """A path of the shapes graph, or a predicate that a query gave."""
    return read_path(shapes, node) if isinstance(node, Iri) or shapes.describes(node) else None


def _message(term: Term) -> Literal:
    if term.value.startswith(_MARK):
        _, language, text = term.value.split(_MARK, 2)
        return Literal(text, LANG_STRING, language)
    assert isinstance(term, Literal)
    return term
