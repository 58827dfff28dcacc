"""Guarded graphs: a write that would leave one at odds with its shapes is refused.

The cost of a write is that of the nodes near the change (`graphsvc.validation.validate_change`). The shapes are
those of the project's files, and each guarded graph is validated by itself.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

import pyoxigraph as ox

from graphsvc.errors import ProjectError, ShapesError, ShapesViolated, SourceSyntaxError
from graphsvc.project import Project
from graphsvc.store.changes import Draft
from graphsvc.validation import Document, Report, Severity, validate_change
from graphsvc.validation.constraints import checked_queries
from graphsvc.validation.json_report import write_json
from graphsvc.validation.report import Result, merged
from graphsvc.validation.shapes import Shapes
from graphsvc.validation.statements import read

# How long a report may be that is told of a write, as JSON in ASCII; it has to fit into a packet of 64 kB.
MAX_REPORT = 40_000
_Graph = ox.NamedNode | ox.DefaultGraph


@dataclass(frozen=True)
class Guard:
    """The graphs whose names fit the pattern `graphs`, and the shapes that hold in each of them.

    Triples of graphs that fit `context` count when targets and values are looked up. A result as grave as
    `severity` refuses a write.
    """

    graphs: str
    context: str
    severity: Severity
    documents: tuple[Document, ...]
    shapes: Shapes

    def guards(self, name: str) -> bool:
        """Whether the graph of that name is guarded; the default graph has the empty name."""
        return fnmatchcase(name, self.graphs)

    def sees(self, name: str) -> bool:
        """Whether what that graph says counts in a guarded one."""
        return fnmatchcase(name, self.context)

    def reports(self, engine: ox.Store, changed: Sequence[ox.Quad]) -> Iterator[Report]:
        """The report on each guarded graph that changed, or that sees what changed.

        Raises ProjectError where the shapes cannot be evaluated.
        """
        touched = {_name(quad.graph_name) for quad in changed}
        if not any(self.guards(name) or self.sees(name) for name in touched):
            return
        there = {_name(graph): graph for graph in (*engine.named_graphs(), ox.DefaultGraph())}
        context = [graph for name, graph in there.items() if self.sees(name)]
        seen = any(self.sees(name) for name in touched)
        for name, graph in there.items():
            if self.guards(name) and (seen or name in touched):
                try:
                    yield validate_change(
                        engine, self.shapes, changed, graphs=[graph], ontology=context, severity=self.severity
                    )
                except ShapesError as error:
                    raise ProjectError(
                        f"The shapes of a guarded graph cannot be evaluated: {error}"
                    ) from error


def _name(graph: Any) -> str:
    """The name of a graph; one without an IRI has a name that no pattern but `*` is meant for."""
    return "" if isinstance(graph, ox.DefaultGraph) else str(graph.value)


class Guards:
    """All guards of a store. https://www.w3.org/TR/shacl/#validation"""

    def __init__(self, guards: Sequence[Guard]) -> None:
        self._guards = guards
        # Where a write is evaluated, no file can be read any more.
        for name in ("engine", "setwise.engine", "setwise.affected") if guards else ():
            importlib.import_module(f"graphsvc.validation.{name}")

    def check(self, draft: Draft) -> None:
        """Raises ShapesViolated where a guarded graph has a result that is grave enough, near the change."""
        found = self._found(draft)
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
        found = self._found(draft)
        graphs = ", ".join(f"<{name}>" if name else "the default graph" for name in sorted(draft.graphs()))
        note = f"The write would add {draft.added:,} triples and remove {draft.removed:,}"
        notes = [f"{note}, in {graphs}." if graphs else f"{note}."]
        if not found:
            notes.append("No guarded graph would change.")
        report = _merged(found) if found else Report((), "graphsvc", threshold=Severity.VIOLATION)
        return told(replace(report, notes=(*report.notes, *notes)))

    def _found(self, draft: Draft) -> list[Report]:
        changed = draft.quads()
        return [report for guard in self._guards for report in guard.reports(draft.engine, changed)]

    def concern(self, name: str) -> bool:
        """Whether a change of that graph may have to be validated."""
        return any(guard.guards(name) or guard.sees(name) for guard in self._guards)

    def packed(self) -> list[dict[str, Any]]:
        """The guards as objects of JSON, for another process."""
        return [
            {
                "graphs": guard.graphs,
                "context": guard.context,
                "severity": guard.severity.value,
                "documents": [
                    [each.name, each.content.decode("latin-1"), each.syntax, each.base]
                    for each in guard.documents
                ],
            }
            for guard in self._guards
        ]

    @classmethod
    def unpacked(cls, packed: Sequence[dict[str, Any]]) -> Guards:
        """The guards of `packed`, whose shapes have been checked."""
        made = []
        for each in packed:
            documents = tuple(
                Document(name, content.encode("latin-1"), syntax, base)
                for name, content, syntax, base in each["documents"]
            )
            statements = read(documents, role="shapes")
            shapes = Shapes(statements, checked_queries(statements))
            made.append(Guard(each["graphs"], each["context"], Severity(each["severity"]), documents, shapes))
        return cls(made)


def guards_of(project: Project) -> Guards:
    """The guards that a project's settings name, which may be none.

    Raises ProjectError where there are no such shapes, or where they are broken.
    """
    settings = project.settings
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
        made.append(Guard(each["graphs"], context, Severity(each["severity"]), documents, shapes))
    return Guards(made)


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


def told(report: Report) -> dict[str, Any]:
    """A report as an object of JSON, with so many of its results that it is no longer than MAX_REPORT.

    The gravest come first. Counts are those of all results, and a note says how many are told.
    """
    whole: dict[str, Any] = json.loads(write_json(replace(report, results=()), {}))
    room = MAX_REPORT - len(json.dumps(whole)) - 500
    kept: list[Result] = []
    for result in report.results:
        size = len(json.dumps(json.loads(write_json(Report((result,), ""), {}))))
        if size > room:
            continue
        room -= size
        kept.append(result)
        if room < 500:
            break
    notes = report.notes
    if len(kept) < len(report.results):
        notes = (*notes, f"Of {len(report.results):,} results, {len(kept):,} are told.")
    shown: dict[str, Any] = json.loads(write_json(replace(report, results=tuple(kept), notes=notes), {}))
    counts = {severity.value: number for severity, number in report.counts.items()}
    return shown | {"conforms": report.conforms, "passes": report.passes, "counts": counts}
