"""Query files as a library: each with a name, a summary and a description, ready to run.

A file's head is of lines `#+ key: value`, as grlc reads them: `summary` and `description` are one line each,
`tags` is a list of lines `#+   - tag`, and `chart` asks that the answer of a SELECT query be drawn, on the query's
page and on the home page. The file stays valid SPARQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graphsvc.charts import KINDS
from graphsvc.errors import GraphsvcError, ProjectError
from graphsvc.sparql import Form, Query, read

KEYS = ("summary", "description", "tags", "chart")


@dataclass(frozen=True)
class StoredQuery:
    """A query of the library: its name is that of its file; `chart` is one of graphsvc.charts.KINDS, or empty."""

    name: str
    summary: str
    description: str
    tags: tuple[str, ...]
    query: Query
    chart: str = ""

    @property
    def text(self) -> str:
        """The query as it stands in its file."""
        return self.query.text


def read_library(folder: Path) -> tuple[StoredQuery, ...]:
    """The queries of a project that are for everybody: those in `public/`, and those directly in the folder.

    Sorted by name; none where there is no folder. Raises ProjectError with file and line for a head that is not
    of the form, a query that the gate refuses, or a name that stands twice.
    """
    found: dict[str, StoredQuery] = {}
    for path in sorted([*folder.glob("*.rq"), *folder.glob("public/*.rq")], key=lambda one: one.stem):
        if path.stem in found:
            raise ProjectError(f"{path}: there is another query of this name")
        found[path.stem] = read_query(path)
    return tuple(found.values())


def read_query(path: Path) -> StoredQuery:
    """One query file. Raises ProjectError with file and line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path}: {error}") from None
    head = _head(path, text)
    try:
        query = read(text)
    except GraphsvcError as error:
        raise ProjectError(f"{path}: {error}") from None
    summary = " ".join(head["summary"])
    if not summary:
        raise ProjectError(f"{path}:1: the query has no line `#+ summary: …`")
    chart = " ".join(head["chart"])
    if chart and (chart not in KINDS or query.form is not Form.SELECT):
        raise ProjectError(
            f"{path}: a chart is one of {', '.join(KINDS)}, and of a SELECT query; not {chart!r}"
        )
    return StoredQuery(path.stem, summary, " ".join(head["description"]), tuple(head["tags"]), query, chart)


def _head(path: Path, text: str) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {key: [] for key in KEYS}
    key = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("#+"):
            continue
        content = line[2:].strip()
        name, colon, value = content.partition(":")
        if content.startswith("- ") and key == "tags":
            values[key].append(content[2:].strip())
        elif colon and name in KEYS:
            key = name
            values[key] += [value.strip()] if value.strip() else []
        else:
            raise ProjectError(f"{path}:{number}: a head has the keys {', '.join(KEYS)}, not {content!r}")
    return values
