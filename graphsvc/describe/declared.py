"""The order in which a project's files declare things, which no store keeps: that of the ontology and the shapes.

It only decides what a page shows first; a file that cannot be read or is very large gives no order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pyoxigraph as ox

from graphsvc.describe.names import SH
from graphsvc.errors import GraphsvcError
from graphsvc.project import Project

MAX_BYTES = 4_000_000


@dataclass
class Declared:
    """Places, counted from 0: of `terms` (subjects that have an IRI), and of the `paths` of each node shape."""

    terms: dict[str, int] = field(default_factory=dict)
    paths: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, quads: Iterable[ox.Quad]) -> None:
        """Learn the order of one document, after those that were added before."""
        listed: dict[str, list[object]] = {}
        path_of: dict[object, str] = {}
        for quad in quads:
            subject = quad.subject
            if isinstance(subject, ox.NamedNode):
                self.terms.setdefault(subject.value, len(self.terms))
            if quad.predicate.value == SH + "property" and isinstance(subject, ox.NamedNode):
                listed.setdefault(subject.value, []).append(quad.object)
            elif quad.predicate.value == SH + "path" and isinstance(quad.object, ox.NamedNode):
                path_of.setdefault(subject, quad.object.value)
        for shape, constraints in listed.items():
            places = self.paths.setdefault(shape, {})
            for each in constraints:
                if each in path_of:
                    places.setdefault(path_of[each], len(places))


def declared(project: Project) -> Declared:
    """The order of the files in `ontology/`, then of those in `shapes/`."""
    found = Declared()
    for folder in ("ontology", "shapes"):
        for file in project.files:
            try:
                if file.folder == folder and file.path.stat().st_size <= MAX_BYTES:
                    found.add(project.statements(file))
            except (GraphsvcError, OSError):
                continue  # it is no longer what it was at the start
    return found
