"""One validation as a job: all that it needs goes in as bytes, the report comes out as bytes.

The work can be long and large; a caller that serves others runs it where it can be stopped.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from enum import Enum
from itertools import chain
from typing import TYPE_CHECKING

from graphsvc.errors import BadRequest
from graphsvc.rdf import Iri, Term
from graphsvc.validation.json_report import read_json, write_json
from graphsvc.validation.paging import Page, page_of
from graphsvc.validation.placing import placed
from graphsvc.validation.remedy import with_remedies
from graphsvc.validation.report import Report, Result, Severity
from graphsvc.validation.scope import Scope
from graphsvc.validation.shapes import Shapes
from graphsvc.validation.statements import Document, Statements, read
from graphsvc.validation.structure import undescribed
from graphsvc.validation.surroundings import surroundings
from graphsvc.vocab import PREFIXES

if TYPE_CHECKING:
    from graphsvc.validation.setwise.data_graph import DataGraph, Triples

_IMPORTS = Iri(PREFIXES["owl"] + "imports")
_SHAPES_GRAPH = Iri(PREFIXES["sh"] + "shapesGraph")
_ROLES = ("data", "shapes", "ontology")


class Engine(Enum):
    """What judges: the set-based engine, with pyshacl for what it does not compute, or pyshacl alone."""

    SETWISE = "setwise"
    PYSHACL = "pyshacl"

    @classmethod
    def named(cls, name: str) -> Engine:
        """The engine of that name. Raises BadRequest for another."""
        try:
            return cls(name.strip().lower())
        except ValueError:
            names = ", ".join(each.value for each in cls)
            raise BadRequest(f"{name[:40]!r} is no engine; there are {names}.") from None


@dataclass(frozen=True)
class ValidationJob:
    """What to validate against what.

    `ontology` is what the data rely on: class hierarchies, concepts. Its triples count as the data's do when
    targets and values are looked up. `severity` is the least grave that keeps the data from passing. `prefixes`
    shorten the IRIs in what results say is to be done. `scope` restricts it to some focus nodes or shapes.
    """

    data: tuple[Document, ...]
    shapes: tuple[Document, ...]
    ontology: tuple[Document, ...] = ()
    severity: Severity = Severity.INFO
    prefixes: Mapping[str, str] = field(default_factory=lambda: PREFIXES)
    scope: Scope = field(default_factory=Scope)

    def to_bytes(self) -> bytes:
        """A line of JSON, and after it the documents one after the other."""
        documents = [*self.data, *self.shapes, *self.ontology]
        header = {
            "severity": self.severity.value,
            "prefixes": dict(self.prefixes),
            "scope": [self.scope.focus_nodes, self.scope.shapes],
            **{
                role: [[each.name, each.syntax, each.base, len(each.content)] for each in getattr(self, role)]
                for role in _ROLES
            },
        }
        return json.dumps(header).encode() + b"\n" + b"".join(each.content for each in documents)

    @classmethod
    def from_bytes(cls, packed: bytes) -> ValidationJob:
        """The job of `to_bytes`."""
        line, _, rest = packed.partition(b"\n")
        header = json.loads(line)
        taken = 0
        documents: dict[str, list[Document]] = {role: [] for role in _ROLES}
        for role in _ROLES:
            for name, syntax, base, size in header[role]:
                documents[role].append(Document(name, rest[taken : taken + size], syntax, base))
                taken += size
        data, shapes, ontology = (tuple(documents[role]) for role in _ROLES)
        scope = Scope(*map(tuple, header["scope"]))
        return cls(data, shapes, ontology, Severity(header["severity"]), header["prefixes"], scope)


def run(packed: bytes) -> bytes:
    """Do a packed job; the report is in JSON (`json_report.read_json` reads it).

    Raises the errors of `validate`.
    """
    return write_json(validate(ValidationJob.from_bytes(packed)), {})


def result(packed: bytes) -> Report:
    """The report that `run` gave."""
    return read_json(packed)


def validate(job: ValidationJob, engine: Engine = Engine.SETWISE, page: Page | None = None) -> Report:
    """Validate the merge of the data documents against the merge of the shapes documents.

    Each result says where in the data it is, and what to do about it. Of a report that is read by pages, only the
    results of the page that is asked for are given, as a ReportPage.

    Raises DataSyntaxError for a document that does not parse, ShapesError for shapes that cannot run,
    RemoteAccessRefused and TooComplex as `Shapes.load` does, and BadRequest for a scope that names what is not
    there, NotFound for a page beyond the last. Broken input never counts as a lack of conformance. pyshacl alone
    knows no scope.
    """
    shapes = Shapes.load(job.shapes)
    if engine is Engine.PYSHACL:
        given = read(job.data, role="data"), read(job.ontology, role="ontology")
        report = check(given[0], shapes, given[1], job.severity, engine)
    else:
        from graphsvc.validation.setwise import loaded

        triples = loaded.load(job.data, job.ontology)
        only = job.scope.only(shapes)
        report = judge(triples, shapes, job.severity, job.scope.nodes(triples), only)
    if page is not None:
        report = page_of(report, page)
    if not report.results:
        return report
    data = surroundings(report, job.data, role="data")
    ontology = surroundings(report, job.ontology, role="ontology")
    return with_remedies(placed(report, data, job.data), shapes.statements, data, ontology, job.prefixes)


def check(
    data: Statements,
    shapes: Shapes,
    ontology: Statements | None = None,
    severity: Severity = Severity.INFO,
    engine: Engine = Engine.SETWISE,
) -> Report:
    """The report on the data.

    A node that only the ontology mentions gets no result: it is not the data's fault.
    """
    ontology = ontology or Statements()
    if engine is Engine.SETWISE:
        from graphsvc.validation.setwise import loaded

        return judge(loaded.of_statements(data, ontology), shapes, severity)
    from graphsvc.validation import engine as pyshacl

    found = pyshacl.evaluate(Statements(chain(data.triples.items(), ontology.triples.items())), shapes)
    kept = tuple(
        each for each in found if data.mentions(each.focus_node) or not ontology.mentions(each.focus_node)
    )
    imports = {value for statements in (data, ontology) for _, value in statements.pairs(_IMPORTS)}
    named = {value for _, value in data.pairs(_SHAPES_GRAPH)}
    notes = _notes(shapes.statements, imports, named, has_data=bool(data.triples))
    return Report(kept, pyshacl.ENGINE, notes, severity)


def judge(
    triples: Triples,
    shapes: Shapes,
    severity: Severity = Severity.INFO,
    focus_nodes: Collection[Term] | None = None,
    only: Collection[Term] | None = None,
) -> Report:
    """The report on triples in a store; on some focus nodes alone, and by some target shapes alone, where given.

    What the set-based engine does not compute, pyshacl judges; the report says which shapes those are.
    """
    from graphsvc.validation.setwise.data_graph import DataGraph

    with closing(DataGraph(triples)) as data:
        return _judged(data, shapes, severity, focus_nodes, only)


def _judged(
    data: DataGraph,
    shapes: Shapes,
    severity: Severity,
    focus_nodes: Collection[Term] | None,
    only: Collection[Term] | None,
) -> Report:
    from graphsvc.validation.setwise import engine as setwise

    judgement = setwise.evaluate(data, shapes, focus_nodes, only)
    judged_by = {}
    found = judgement.results
    notes = []
    if judgement.left:
        from graphsvc.validation import engine as pyshacl

        wanted = None if focus_nodes is None else frozenset(focus_nodes)
        others = pyshacl.evaluate(data.statements(), shapes, judgement.left.keys(), wanted)
        found += others
        judged_by[pyshacl.ENGINE] = tuple(sorted(judgement.left, key=lambda each: each.n3()))
        notes = [
            f"The shape {shapes.statements.name(node)} was judged by {pyshacl.ENGINE}: it has {reason}."
            for node, reason in judgement.left.items()
        ]
    elif focus_nodes is not None:
        notes = [
            f"{node.n3()} is a focus node of none of the shapes: nothing was checked of it."
            for node in focus_nodes
            if node not in judgement.reached
        ]
    kept = (each for each in found if data.is_of_data(each.focus_node))
    notes = sorted({*notes, *notes_on(data, shapes)})
    return Report(tuple(sorted(kept, key=Result.key)), setwise.ENGINE, tuple(notes), severity, judged_by)


def notes_on(data: DataGraph, shapes: Shapes) -> tuple[str, ...]:
    """What a reader of a report must know of the data and the shapes, whatever the results are."""
    imports = {value for _, value in data.pairs(_IMPORTS.value)}
    named = {value for node, value in data.pairs(_SHAPES_GRAPH.value) if data.is_of_data(node)}
    return _notes(shapes.statements, imports, named, has_data=data.triples.has_data)


def _notes(
    shapes: Statements, imports: Collection[Term], shapes_graphs: Collection[Term], *, has_data: bool
) -> tuple[str, ...]:
    """What a reader of the report must know was left undone."""
    imported = {*imports, *(value for _, value in shapes.pairs(_IMPORTS))}
    notes = [f"owl:imports {each.n3()} was not followed." for each in imported]
    notes += [
        f"sh:shapesGraph {each.n3()} was not fetched; the shapes are those given." for each in shapes_graphs
    ]
    for shape in undescribed(shapes):
        notes.append(
            f"The shape {shape.n3()} is referred to, and nothing is said of it: it holds for everything."
        )
    if not shapes.triples:
        notes.append("There are no shapes, so everything conforms.")
    if not has_data:
        notes.append("There are no data.")
    return tuple(sorted(set(notes)))
