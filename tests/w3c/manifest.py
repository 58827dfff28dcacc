"""The manifests of the W3C's SPARQL 1.1 tests, read into cases.

https://www.w3.org/2001/sw/DataAccess/tests/README
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
UT = "http://www.w3.org/2009/sparql/tests/test-update#"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
BASE = "http://www.w3.org/2009/sparql/docs/tests/data-sparql11/"
# What needs other endpoints.
LEFT_OUT = frozenset({"service", "syntax-fed"})


@dataclass(frozen=True)
class Documents:
    """A dataset in files: those of the default graph, and one for each named graph."""

    default: tuple[Path, ...] = ()
    named: dict[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One test: its kind is the last part of its type."""

    iri: str
    kind: str
    text: Path
    data: Documents
    result: Path | None = None
    after: Documents | None = None

    @property
    def group(self) -> str:
        return self.text.parent.name

    @property
    def id(self) -> str:
        return f"{self.group}/{self.iri.rpartition('#')[2]}"

    @property
    def base(self) -> str:
        return f"{BASE}{self.group}/{self.text.name}"


def iri_of(path: Path) -> str:
    """The W3C's name of a file of the suite."""
    return f"{BASE}{path.parent.name}/{path.name}"


def read_suite(folder: Path) -> list[Case]:
    """Every case of the suite that a single endpoint can be asked."""
    found = [
        case
        for manifest in sorted(folder.glob("*/manifest.ttl"))
        if manifest.parent.name not in LEFT_OUT
        for case in _read(manifest)
    ]
    return sorted(found, key=lambda case: case.id)


def _read(manifest: Path) -> Iterator[Case]:
    store = ox.Store()
    store.load(manifest.read_bytes(), ox.RdfFormat.TURTLE, base_iri=iri_of(manifest))
    here = manifest.parent

    def objects(subject: object, predicate: str) -> list[ox.NamedNode]:
        found = store.quads_for_pattern(subject, ox.NamedNode(predicate), None)  # type: ignore[arg-type]
        return [quad.object for quad in found]  # type: ignore[misc]

    def file(iri: ox.NamedNode) -> Path:
        return here / iri.value.rpartition("/")[2]

    def documents(node: object, namespace: str) -> Documents:
        named = {}
        for graph in objects(node, f"{namespace}graphData"):
            inner = objects(graph, f"{namespace}graph")
            label = objects(graph, LABEL)
            named[label[0].value if label else graph.value] = file(inner[0] if inner else graph)
        return Documents(tuple(file(iri) for iri in objects(node, f"{namespace}data")), named)

    for quad in store.quads_for_pattern(None, ox.NamedNode(TYPE), None):
        kind = str(quad.object.value).rpartition("#")[2]  # type: ignore[union-attr]
        if not kind.endswith(("Test", "Test11", "TestUpdate11")):
            continue
        action = objects(quad.subject, f"{MF}action")[0]
        iri = str(quad.subject.value)  # type: ignore[union-attr]
        result = objects(quad.subject, f"{MF}result")
        if kind == "UpdateEvaluationTest":
            request = objects(action, f"{UT}request")[0]
            after = documents(result[0], UT)
            yield Case(iri, kind, file(request), documents(action, UT), None, after)
        elif kind.endswith("Test") and result:
            query = objects(action, f"{QT}query")[0]
            yield Case(iri, kind, file(query), documents(action, QT), file(result[0]))
        else:
            yield Case(iri, kind, file(action), Documents())
