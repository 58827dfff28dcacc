"""The folder of query files as it stands at each moment: a file that is new or changed counts at once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from graphsvc.charts import KINDS
from graphsvc.errors import GraphsvcError, ProjectError
from graphsvc.rdf import Term
from graphsvc.sparql import Form, Query, read
from graphsvc.stored_queries.head import read_head
from graphsvc.stored_queries.parameters import Parameter, parameter

_NAME = re.compile(r"[\w-]+\Z")
_Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class StoredQuery:
    """A query of the library: its name is that of its file; `chart` is one of graphsvc.charts.KINDS, or empty."""

    name: str
    summary: str
    description: str
    tags: tuple[str, ...]
    query: Query
    parameters: tuple[Parameter, ...] = ()
    chart: str = ""

    @property
    def text(self) -> str:
        """The query as it stands in its file."""
        return self.query.text

    def bound(self, values: Mapping[str, Term]) -> Query:
        """The query with values for some of its parameters. Raises BadRequest for a term that cannot be bound."""
        return read(self.text, bindings=values) if values else self.query


@dataclass(frozen=True)
class BrokenQuery:
    """A file of the library that is no query: why not, with file and line."""

    name: str
    error: str


class Library:
    """The queries of a project that are for everybody: those in `public/`, and those directly in the folder.

    Safe to use from several threads. To ask it costs a look at each file's date and length; a file is read when
    those have changed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[Path, tuple[_Stamp, StoredQuery | BrokenQuery]] = {}

    def entries(self) -> tuple[StoredQuery | BrokenQuery, ...]:
        """Every file that ends in `.rq`, sorted by name; none where there is no folder."""
        held: dict[Path, tuple[_Stamp, StoredQuery | BrokenQuery]] = {}
        found: dict[str, StoredQuery | BrokenQuery] = {}
        for path in sorted(self._files(), key=lambda one: (one.stem, one)):
            try:
                status = path.stat()
            except OSError:
                continue  # it was taken away in between
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            known = self._held.get(path)
            held[path] = known if known and known[0] == stamp else (stamp, self._read(path))
            if path.stem in found:
                found[path.stem] = BrokenQuery(
                    path.stem, f"{self._shown(path)}: there is another query of this name"
                )
            else:
                found[path.stem] = held[path][1]
        self._held = held
        return tuple(found.values())

    def queries(self) -> tuple[StoredQuery, ...]:
        """Those that can be run."""
        return tuple(entry for entry in self.entries() if isinstance(entry, StoredQuery))

    def broken(self) -> tuple[BrokenQuery, ...]:
        """Those that cannot."""
        return tuple(entry for entry in self.entries() if isinstance(entry, BrokenQuery))

    def _files(self) -> list[Path]:
        return [
            folder / name
            for folder in (self._folder, self._folder / "public")
            if folder.is_dir()
            for name in os.listdir(folder)
            if name.endswith(".rq") and not name.startswith(".")
        ]

    def _shown(self, path: Path) -> str:
        """The file as the public may read of it: below the project's folder."""
        return path.relative_to(self._folder.parent).as_posix()

    def _read(self, path: Path) -> StoredQuery | BrokenQuery:
        try:
            return read_query(path)
        except ProjectError as error:
            return BrokenQuery(path.stem, str(error).replace(str(path), self._shown(path)))


def without_head(text: str) -> str:
    """The text of a query without its head, as a person goes on with it."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#+")).lstrip()


def read_query(path: Path) -> StoredQuery:
    """One query file. Raises ProjectError with file and line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path}: {error}") from None
    if not _NAME.match(path.stem):
        raise ProjectError(f"{path}: the name of a query has letters, digits, - and _ only")
    head = read_head(path, text)
    try:
        query = read(text)
    except GraphsvcError as error:
        raise ProjectError(f"{path}: {error}") from None
    summary = " ".join(head.values["summary"])
    if not summary:
        raise ProjectError(f"{path}:1: the query has no line `#+ summary: …`")
    parameters: dict[str, Parameter] = {}
    for line, said in head.parameters:
        try:
            made = parameter(said, text)
        except GraphsvcError as error:
            raise ProjectError(f"{path}:{line}: {error}") from None
        if made.name in parameters:
            raise ProjectError(f"{path}:{line}: the parameter {made.name} stands twice")
        parameters[made.name] = made
    return StoredQuery(
        path.stem,
        summary,
        " ".join(head.values["description"]),
        tuple(head.values["tags"]),
        query,
        tuple(parameters.values()),
        _chart(path, " ".join(head.values["chart"]), query),
    )


def _chart(path: Path, kind: str, query: Query) -> str:
    if kind and (kind not in KINDS or query.form is not Form.SELECT):
        raise ProjectError(
            f"{path}: a chart is one of {', '.join(KINDS)}, and of a SELECT query; not {kind!r}"
        )
    return kind
