"""The four folders of a project, read into quads: which file goes to which named graph.

| folder | file | named graph |
| --- | --- | --- |
| data/ | `a/b.ttl` | `{base}/graph/a/b` |
| ontology/ | `x.ttl` | `{base}/graph/vocabulary/x` |
| shapes/ | `x.ttl` | `{base}/graph/shapes/x` |

A TriG, N-Quads or JSON-LD file keeps the named graphs that it names itself.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox

from graphsvc.errors import ProjectError
from graphsvc.formats import DATA_FORMATS, Format, by_suffix
from graphsvc.rdf import read_document
from graphsvc.rdf.filling import fill
from graphsvc.settings import Settings

FOLDERS = {"data": "", "ontology": "vocabulary/", "shapes": "shapes/"}
# A JSON-LD context beside the ontology is there to be referred to; it holds no statements.
NOT_DATA = frozenset({"context.jsonld"})


@dataclass(frozen=True)
class GraphFile:
    """One RDF file of a project: its path, folder, syntax, and the named graph for its triples."""

    path: Path
    folder: str
    syntax: Format
    graph: str

    def read(self) -> bytes:
        """The document, unpacked."""
        raw = self.path.read_bytes()
        return gzip.decompress(raw) if self.path.suffix == ".gz" else raw


class Project:
    """A project folder as it stands on disk.

    Raises ProjectError where there is no such folder, or no RDF file in any of the three that hold some.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.root = settings.project
        if not self.root.is_dir():
            raise ProjectError(f"{self.root}: no such folder")
        if not self.files:
            raise ProjectError(
                f"{self.root}: there is no RDF file in data/, ontology/ or shapes/. "
                "`graphsvc new DIR` makes a small project to start from."
            )
        # What is wrong with them is to be known at once.
        _ = self.validation_types

    @cached_property
    def files(self) -> tuple[GraphFile, ...]:
        """Every RDF file, sorted by folder and path."""
        return tuple(
            GraphFile(path, folder, syntax, self._graph(folder, path))
            for folder in FOLDERS
            for path in sorted((self.root / folder).rglob("*"))
            if path.is_file() and path.name not in NOT_DATA and (syntax := by_suffix(path.name, DATA_FORMATS))
        )

    @cached_property
    def validation_types(self) -> Mapping[str, tuple[GraphFile, ...]]:
        """The files of shapes of each validation type that is set.

        Raises ProjectError where a type has none, or one outside the project.
        """
        return {name: self._named(name, each.shapes) for name, each in self.settings.validation_types.items()}

    def _named(self, name: str, patterns: Iterable[str]) -> tuple[GraphFile, ...]:
        found = []
        for pattern in patterns:
            outside = Path(pattern).is_absolute() or ".." in Path(pattern).parts
            paths = [] if outside or not pattern else sorted(self.root.glob(pattern))
            files = [(path, by_suffix(path.name, DATA_FORMATS)) for path in paths if path.is_file()]
            if not any(syntax for _, syntax in files):
                raise ProjectError(f"validation type {name!r}: {pattern!r} names no RDF file of the project")
            found += [GraphFile(path, "shapes", syntax, "") for path, syntax in files if syntax]
        return tuple(found)

    def _graph(self, folder: str, path: Path) -> str:
        relative = path.relative_to(self.root / folder)
        stem = relative.name.removesuffix(".gz").rpartition(".")[0]
        return f"{self.settings.base}/graph/{FOLDERS[folder]}{quote(relative.with_name(stem).as_posix())}"

    @cached_property
    def version(self) -> str:
        """A short name for the content: the same files under the same base have the same version."""
        digest = hashlib.sha256(self.settings.base.encode())
        for file in self.files:
            digest.update(f"\0{file.folder}/{file.path.relative_to(self.root).as_posix()}\0".encode())
            with open(file.path, "rb") as content:
                digest.update(hashlib.file_digest(content, "sha256").digest())
        return digest.hexdigest()[:16]

    def quads(self, folder: str | None = None) -> Iterator[ox.Quad]:
        """All quads of one folder, or of all. Raises DataSyntaxError with file, line and column."""
        for file in self.files:
            if folder in (None, file.folder):
                yield from self.statements(file)

    def fill(self, engine: ox.Store) -> None:
        """Add all quads to an engine, at its own speed where a file has no blank nodes.

        Raises DataSyntaxError with file, line and column; then some were added.
        """
        for file in self.files:
            fill(
                engine,
                file.read() if file.path.suffix == ".gz" else file.path,
                file.syntax,
                base=f"{self.settings.base}/",
                graph=file.graph,
                quads=partial(self.statements, file),
            )

    def statements(self, file: GraphFile) -> Iterator[ox.Quad]:
        """The quads of one file. Raises DataSyntaxError with file, line and column."""
        return read_document(
            file.read(),
            file.syntax,
            source=str(file.path.relative_to(self.root)),
            base=f"{self.settings.base}/",
            graph=file.graph,
            label_blank_nodes=True,
        )
