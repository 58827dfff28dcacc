"""Reports of guarded graphs as graphs of the store, which change with what they are about.

A blank node of a report is named after what led to its result, so that the results that a change may affect are
found by their names, and nothing else of the report is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pyoxigraph as ox

from graphsvc.rdf import BlankNode, Term
from graphsvc.store.changes import Draft
from graphsvc.validation.rdf_report import result_quads
from graphsvc.validation.report import Result
from graphsvc.validation.shapes import Shapes
from graphsvc.validation.stored_graph import Graph
from graphsvc.vocab import PREFIXES

if TYPE_CHECKING:
    from graphsvc.validation.causes import Review

_SH = PREFIXES["sh"]
_TYPE = ox.NamedNode(PREFIXES["rdf"] + "type")
_REPORT, _RESULT, _CONFORMS = (
    ox.NamedNode(_SH + name) for name in ("ValidationReport", "result", "conforms")
)
_COMMENT = ox.NamedNode(PREFIXES["rdfs"] + "comment")
_SOURCE = ox.NamedNode("http://purl.org/dc/terms/source")
_BOOLEAN = ox.NamedNode(PREFIXES["xsd"] + "boolean")
# What a name that is written as one part of an IRI begins with: no other one may.
_PACKED = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*%3A")


def report_name(guarded: str, base: str) -> str:
    """The name of the report on a graph: no two graphs have the same.

    That of `BASE/graph/NAME` is `BASE/graph/validation/NAME`. Of a graph elsewhere the whole IRI stands for NAME,
    percent-encoded; of the default graph, whose name is empty, nothing.
    """
    inner = guarded.removeprefix(f"{base}/graph/")
    if inner == guarded or not inner or _PACKED.match(inner):
        inner = quote(guarded, safe="")
    return f"{base}/graph/validation/{inner}"


@dataclass(frozen=True)
class Rules:
    """The shapes of one guard, and how the report tells them from those of others.

    `number` is that of the guard. `documents` are the names of the files that the shapes were read from, after
    which their blank nodes are named in the store.
    """

    number: int
    shapes: Shapes
    documents: tuple[str, ...]

    @cached_property
    def places(self) -> dict[Term, int]:
        """The target shapes, numbered."""
        from graphsvc.validation.setwise.reading import targeted

        return {node: place for place, (node, _) in enumerate(targeted(self.shapes))}

    def stem(self, shape: Term, focus: Term | None) -> str:
        """How the labels begin of all blank nodes that one cause led to."""
        begin = f"v{self.number}t{self.places[shape]}"
        return (
            begin if focus is None else f"{begin}f{blake2b(focus.n3().encode(), digest_size=16).hexdigest()}"
        )

    def quads(self, result: Result, node: ox.BlankNode) -> Iterator[ox.Quad]:
        """What says a result."""
        return result_quads(self._named(result), node)

    def _named(self, result: Result) -> Result:
        """The result with the blank nodes of the shapes as the store names them."""
        return replace(
            result,
            source_shape=self._label(result.source_shape),
            source_constraint=result.source_constraint and self._label(result.source_constraint),
            details=tuple(self._named(each) for each in result.details),
        )

    def _label(self, node: Term) -> Term:
        found = re.fullmatch(r"shapes(\d+)b(\d+)", node.value) if isinstance(node, BlankNode) else None
        if found is None:
            return node
        document = self.documents[int(found[1]) - 1]
        return BlankNode(f"{re.sub('[^A-Za-z0-9]+', '', document)}{int(found[2]) - 1}")


# The shapes of one guard, and the graphs that count beside the guarded one.
Bound = tuple[Rules, Sequence[Graph]]


class ReportGraph:
    """The report on the graph `guarded`, as the graph `name` of the engine of a draft."""

    def __init__(self, draft: Draft, guarded: Graph, name: str) -> None:
        self._draft = draft
        self._engine = draft.engine
        self._guarded = guarded
        self.name = ox.NamedNode(name)

    @property
    def exists(self) -> bool:
        """Whether there is such a report."""
        return self._engine.contains_named_graph(self.name)

    def make(self, bound: Sequence[Bound]) -> None:
        """Make the report whole, whatever it was. Raises as `validate_stored` does."""
        from graphsvc.validation.causes import review

        held = set(self._match(None, None))
        wanted: dict[ox.Quad, None] = {}
        notes: set[str] = set()
        for each, context in bound:
            found = review(self._engine, each.shapes, self._guarded, context)
            notes.update(found.notes)
            for (shape, focus), results in found.results.items():
                wanted |= self._said(each, each.stem(shape, focus), results)
        wanted |= dict.fromkeys(self._head(notes, conforms=not wanted))
        self._replace(held, wanted)

    def follow(self, bound: Sequence[Bound], changed: Sequence[ox.Quad]) -> None:
        """Replace what a change may have affected. Raises as `validate_change` does."""
        from graphsvc.validation.causes import review_change

        held: dict[ox.Quad, None] = {}
        wanted: dict[ox.Quad, None] = {}
        notes: set[str] = set()
        for each, context in bound:
            unknown = [node for node in each.places if self._has(f"{each.stem(node, None)}n0")]
            found = review_change(self._engine, each.shapes, changed, self._guarded, context, unknown)
            notes.update(found.notes)
            for stem in self._stems(each, found):
                held |= dict.fromkeys(self._held(stem))
            for (shape, focus), results in found.results.items():
                wanted |= self._said(each, each.stem(shape, focus), results)
        self._replace(held, wanted)
        conforms = next(self._match(self.name, _RESULT), None) is None
        head = [
            quad for name in (_TYPE, _CONFORMS, _SOURCE, _COMMENT) for quad in self._match(self.name, name)
        ]
        self._replace(head, dict.fromkeys(self._head(notes, conforms=conforms)))

    def drop(self) -> None:
        """Remove the report."""
        self._draft.drop(self.name)

    def _replace(self, held: Iterable[ox.Quad], wanted: Iterable[ox.Quad]) -> None:
        old, new = set(held), dict.fromkeys(wanted)
        self._draft.remove(quad for quad in old if quad not in new)
        self._draft.add(quad for quad in new if quad not in old)

    def _match(self, subject: Any, predicate: Any) -> Iterator[ox.Quad]:
        return self._engine.quads_for_pattern(subject, predicate, None, self.name)

    def _has(self, label: str) -> bool:
        return next(self._match(ox.BlankNode(label), _TYPE), None) is not None

    def _head(self, notes: Iterable[str], *, conforms: bool) -> Iterator[ox.Quad]:
        """What is said of the report itself."""
        yield self._quad(self.name, _TYPE, _REPORT)
        yield self._quad(self.name, _CONFORMS, ox.Literal("true" if conforms else "false", datatype=_BOOLEAN))
        if not isinstance(self._guarded, ox.DefaultGraph):
            yield self._quad(self.name, _SOURCE, self._guarded)
        for note in sorted(notes):
            yield self._quad(self.name, _COMMENT, ox.Literal(note, language="en"))

    def _quad(self, subject: Any, predicate: ox.NamedNode, value: Any) -> ox.Quad:
        return ox.Quad(subject, predicate, value, self.name)

    def _said(self, rules: Rules, stem: str, results: Sequence[Result]) -> dict[ox.Quad, None]:
        """The results of one cause."""
        found: dict[ox.Quad, None] = {}
        for number, result in enumerate(sorted(results, key=_order)):
            node = ox.BlankNode(f"{stem}n{number}")
            found[self._quad(self.name, _RESULT, node)] = None
            for quad in rules.quads(result, node):
                found[self._quad(quad.subject, quad.predicate, quad.object)] = None
        return found

    def _stems(self, rules: Rules, found: Review) -> Iterator[str]:
        """The stems of what was looked at, as far as the report may have results of them."""
        for shape in found.bounded:
            for focus in found.nodes:
                yield rules.stem(shape, focus)
        if found.wholly:
            begins = tuple(f"{rules.stem(shape, None)}{sign}" for shape in found.wholly for sign in "fn")
            nodes = (quad.object for quad in self._match(self.name, _RESULT))
            labels = [node.value for node in nodes if isinstance(node, ox.BlankNode)]
            yield from {label.rpartition("n")[0] for label in labels if label.startswith(begins)}

    def _held(self, stem: str) -> Iterator[ox.Quad]:
        """What the report has of one cause."""
        for number in count():
            label = f"{stem}n{number}"
            if not self._has(label):
                return
            node = ox.BlankNode(label)
            yield self._quad(self.name, _RESULT, node)
            yield from self._below(node, label)

    def _below(self, node: ox.BlankNode, label: str) -> Iterator[ox.Quad]:
        for quad in list(self._match(node, None)):
            yield quad
            value = quad.object
            if isinstance(value, ox.BlankNode) and value.value.startswith(label) and value != node:
                yield from self._below(value, label)


def _order(result: Result) -> tuple[object, ...]:
    return (*result.key(), result.source_constraint.n3() if result.source_constraint else "")


def reports_in(engine: ox.Store, base: str) -> Iterator[ox.NamedNode]:
    """The graphs of an engine that are reports, by their names and by what they say."""
    begin = report_name("", base)
    for graph in list(engine.named_graphs()):
        if str(graph.value).startswith(begin) and ox.Quad(graph, _TYPE, _REPORT, graph) in engine:
            assert isinstance(graph, ox.NamedNode)
            yield graph
