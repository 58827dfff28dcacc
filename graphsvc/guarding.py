"""Guarded graphs: a write that would leave one at odds with its shapes is refused, or its report is kept.

The cost of a write is that of the nodes near the change (`graphsvc.validation.validate_change`). The shapes are
those of the project's files, and each guarded graph is validated by itself.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

import pyoxigraph as ox

from graphsvc.annotating import ReportGraph, Rules, report_name, reports_in
from graphsvc.errors import BadRequest, ProjectError, ShapesError, ShapesViolated, SourceSyntaxError
from graphsvc.project import Project
from graphsvc.store.changes import Draft
from graphsvc.validation import Document, Report, Severity, validate_change
from graphsvc.validation.constraints import checked_queries
from graphsvc.validation.packet_report import told
from graphsvc.validation.report import merged
from graphsvc.validation.shapes import Shapes
from graphsvc.validation.statements import read

_Graph = ox.NamedNode | ox.BlankNode | ox.DefaultGraph


@dataclass(frozen=True)
class Guard:
    """The graphs whose names fit the pattern `graphs`, and the shapes that hold in each of them.

    Triples of graphs that fit `context` count when targets and values are looked up. A result as grave as
    `severity` refuses a write; a guard that `annotates` refuses none, and what it finds is kept in a graph. Such
    graphs have names that begin with `kept` (empty: there are none), and no pattern is for them.
    """

    graphs: str
    context: str
    severity: Severity
    documents: tuple[Document, ...]
    shapes: Shapes
    annotates: bool = False
    kept: str = ""

    def guards(self, name: str) -> bool:
        """Whether the graph of that name is guarded; the default graph has the empty name."""
        return fnmatchcase(name, self.graphs) and not self._is_report(name)

    def sees(self, name: str) -> bool:
        """Whether what that graph says counts in a guarded one."""
        return fnmatchcase(name, self.context) and not self._is_report(name)

    def _is_report(self, name: str) -> bool:
        return bool(self.kept) and name.startswith(self.kept)

    def context_in(self, there: Mapping[str, _Graph], changed: Sequence[ox.Quad]) -> list[_Graph]:
        """The graphs that count in guarded ones, also those that a change removed."""
        gone = {_name(quad.graph_name): quad.graph_name for quad in changed}
        return [graph for name, graph in (gone | dict(there)).items() if self.sees(name)]

    def reports(self, engine: ox.Store, changed: Sequence[ox.Quad]) -> Iterator[Report]:
        """The report on each guarded graph that changed, or that sees what changed.

        Raises ProjectError where the shapes cannot be evaluated.
        """
        touched = {_name(quad.graph_name) for quad in changed}
        if not any(self.guards(name) or self.sees(name) for name in touched):
            return
        there = _graphs(engine)
        context = self.context_in(there, changed)
        seen = any(self.sees(name) for name in touched)
        for name, graph in there.items():
            if self.guards(name) and (seen or name in touched):
                with _evaluated():
                    yield validate_change(
                        engine, self.shapes, changed, graphs=[graph], ontology=context, severity=self.severity
                    )


@contextmanager
def _evaluated() -> Iterator[None]:
    try:
        yield
    except ShapesError as error:
        raise ProjectError(f"The shapes of a guarded graph cannot be evaluated: {error}") from error


def _graphs(engine: ox.Store) -> dict[str, _Graph]:
    return {_name(graph): graph for graph in (*engine.named_graphs(), ox.DefaultGraph())}


def _name(graph: Any) -> str:
    """The name of a graph; one without an IRI has a name that no pattern but `*` is meant for."""
    return "" if isinstance(graph, ox.DefaultGraph) else str(graph.value)


class Guards:
    """All guards of a store. https://www.w3.org/TR/shacl/#validation"""

    def __init__(self, guards: Sequence[Guard], base: str = "") -> None:
        self._guards = guards
        self._base = base
        self._rejecting = [guard for guard in guards if not guard.annotates]
        self._rules = [
            (guard, Rules(number, guard.shapes, tuple(each.name for each in guard.documents)))
            for number, guard in enumerate(guards)
            if guard.annotates
        ]
        # Where a write is evaluated, no file can be read any more.
        for name in ("engine", "setwise.engine", "setwise.affected", "causes") if guards else ():
            importlib.import_module(f"graphsvc.validation.{name}")

    @property
    def annotate(self) -> bool:
        """Whether reports are kept."""
        return bool(self._rules)

    def check(self, draft: Draft) -> None:
        """Raises ShapesViolated where a guarded graph has a result that is grave enough, near the change.

        BadRequest where one would have what SHACL is not defined on.
        """
        found = self._found(draft, self._rejecting)
        refused = [report for report in found if not report.passes]
        if not refused:
            return
        report = _merged(refused)
        number = sum(report.fails(result) for result in report.results)
        shown = "is 1 result" if number == 1 else f"are {number:,} results"
        raise ShapesViolated(
            f"The write would break a guarded graph: there {shown} at what it changes. Nothing was written.",
            told(report),
        )

    def report(self, draft: Draft) -> dict[str, Any]:
        """The report on what the change may affect, with a note on its size."""
        found = self._found(draft, self._guards)
        graphs = ", ".join(f"<{name}>" if name else "the default graph" for name in sorted(draft.graphs()))
        note = f"The write would add {draft.added:,} triples and remove {draft.removed:,}"
        notes = [f"{note}, in {graphs}." if graphs else f"{note}."]
        if not found:
            notes.append("No guarded graph would change.")
        if self._rules:
            refused = any(not each.passes for each in self._found(draft, self._rejecting))
            notes.append("The write would be refused." if refused else "The write would not be refused.")
        report = _merged(found) if found else Report((), "graphsvc", threshold=Severity.VIOLATION)
        return told(replace(report, notes=(*report.notes, *notes)))

    def _found(self, draft: Draft, guards: Sequence[Guard]) -> list[Report]:
        changed = self._changed(draft)
        return [report for guard in guards for report in guard.reports(draft.engine, changed)]

    def concern(self, name: str) -> bool:
        """Whether a change of that graph may be refused."""
        return any(guard.guards(name) or guard.sees(name) for guard in self._guards)

    def _changed(self, draft: Draft) -> list[ox.Quad]:
        """The quads that were added or removed, without triple terms: SHACL is defined on RDF 1.1.

        Raises BadRequest where a graph that counts has such a term now.
        """
        changed = []
        for quad in draft.quads():
            name = _name(quad.graph_name)
            if not isinstance(quad.object, ox.Triple):
                changed.append(quad)
            elif quad in draft.engine and any(each.guards(name) or each.sees(name) for each in self._guards):
                raise BadRequest(
                    f"The graph <{name}> is held against shapes, and SHACL is not defined on triple terms."
                )
        return changed

    def follow(self, draft: Draft) -> None:
        """Add to a draft what it changes in the reports that are kept."""
        if not self._rules:
            return
        changed, touched = self._changed(draft), draft.graphs()
        there = _graphs(draft.engine)
        seen = any(guard.sees(name) for guard, _ in self._rules for name in touched)
        for name in sorted(there.keys() | touched if seen else touched):
            mine = [(guard, rules) for guard, rules in self._rules if guard.guards(name)]
            if not mine or isinstance(there.get(name), ox.BlankNode):
                continue
            report = ReportGraph(draft, there.get(name, ox.DefaultGraph()), report_name(name, self._base))
            if name not in there:
                report.drop()
                continue
            bound = [(rules, guard.context_in(there, changed)) for guard, rules in mine]
            with _evaluated():
                if report.exists:
                    report.follow(bound, changed)
                else:
                    report.make(bound)

    def make(self, draft: Draft) -> None:
        """Make all reports whole, and remove those of graphs that are not there or not guarded any more."""
        there = _graphs(draft.engine)
        current = set()
        for name, graph in sorted(there.items()):
            mine = [(guard, rules) for guard, rules in self._rules if guard.guards(name)]
            if not mine or isinstance(graph, ox.BlankNode):
                continue
            report = ReportGraph(draft, graph, report_name(name, self._base))
            with _evaluated():
                report.make([(rules, guard.context_in(there, ())) for guard, rules in mine])
            current.add(report.name)
        for graph in reports_in(draft.engine, self._base):
            if graph not in current:
                draft.drop(graph)

    def has_reports(self, engine: ox.Store) -> bool:
        """Whether there are reports to be kept, or some left by guards that are no more."""
        return bool(self._rules) or any(True for _ in reports_in(engine, self._base))

    def packed(self) -> dict[str, Any]:
        """The guards as an object of JSON, for another process."""
        guards = [
            {
                "graphs": guard.graphs,
                "context": guard.context,
                "severity": guard.severity.value,
                "annotates": guard.annotates,
                "kept": guard.kept,
                "documents": [
                    [each.name, each.content.decode("latin-1"), each.syntax, each.base]
                    for each in guard.documents
                ],
            }
            for guard in self._guards
        ]
        return {"guards": guards, "base": self._base}

    @classmethod
    def unpacked(cls, packed: Mapping[str, Any]) -> Guards:
        """The guards of `packed`, whose shapes have been checked."""
        made = []
        for each in packed["guards"]:
            documents = tuple(
                Document(name, content.encode("latin-1"), syntax, base)
                for name, content, syntax, base in each["documents"]
            )
            statements = read(documents, role="shapes")
            shapes = Shapes(statements, checked_queries(statements))
            made.append(
                Guard(
                    each["graphs"],
                    each["context"],
                    Severity(each["severity"]),
                    documents,
                    shapes,
                    each["annotates"],
                    each["kept"],
                )
            )
        return cls(made, packed["base"])


def guards_of(project: Project) -> Guards:
    """The guards that a project's settings name, which may be none.

    Raises ProjectError where there are no such shapes, or where they are broken.
    """
    settings = project.settings
    for file in project.files:
        if settings.kept_reports is not None and file.graph.startswith(settings.kept_reports):
            raise ProjectError(f"{file.path}: the graph <{file.graph}> is for the report of a guarded graph")
    made = []
    for each in settings.guards:
        documents = tuple(_documents(project, each["shapes"]))
        if not documents:
            raise ProjectError(f"{project.root}: a guard needs shapes, and {each['shapes']!r} has none")
        try:
            shapes = Shapes.load(documents)
        except SourceSyntaxError as error:
            raise ProjectError(f"{project.root}: the shapes of a guard are broken: {error}") from error
        context = each["context"] or f"{settings.base}/graph/vocabulary/*"
        made.append(
            Guard(
                each["graphs"],
                context,
                Severity(each["severity"]),
                documents,
                shapes,
                each["action"] == "annotate",
                settings.kept_reports or "",
            )
        )
    return Guards(made, settings.base)


def _documents(project: Project, place: str) -> Iterator[Document]:
    """The RDF files of the project at a path or in a folder of it."""
    wanted = project.root / place
    for file in project.files:
        if wanted in (file.path, *file.path.parents):
            name = str(file.path.relative_to(project.root))
            yield Document(name, file.read(), file.syntax.name, f"{project.settings.base}/")


def _merged(reports: Sequence[Report]) -> Report:
    """The reports as one, with a threshold by which it passes where they all do, and else does not."""
    failed = [report.threshold for report in reports if not report.passes]
    ranked = sorted(failed or [report.threshold for report in reports], key=lambda each: each.rank)
    return merged(reports, ranked[-1 if failed else 0])
