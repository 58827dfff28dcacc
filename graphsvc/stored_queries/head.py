"""The head of a query file: lines `#+ key: value`, as grlc reads them. The file stays valid SPARQL.

`summary` and `description` are one line each, `tags` is a list of lines `#+   - tag`. `chart` asks that the
answer of a SELECT query be drawn, on the query's page and on the home page. `parameters` is a list of
which each item begins with `#+   - name: NAME` and goes on with lines of the keys below, indented further:

    #+ parameters:
    #+   - name: stage
    #+     type: iri
    #+     description: The stage that the instrument is listed at.
    #+     values: scheme https://example.org/id/scheme/stage

`type` is `iri` or `literal` (which may have `datatype` or `language`). `values` says what is allowed: `class IRI`,
`scheme IRI` (its concepts), or a SELECT query of a value and, if it likes, a label; the PREFIX lines of the file
hold for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from graphsvc.errors import ProjectError

KEYS = ("summary", "description", "tags", "chart", "parameters")
PARAMETER_KEYS = ("name", "type", "datatype", "language", "default", "description", "values")


@dataclass
class Head:
    """What a head says: the lines of each key, and for each parameter its keys with the line it begins at."""

    values: dict[str, list[str]] = field(default_factory=lambda: {key: [] for key in KEYS})
    parameters: list[tuple[int, dict[str, str]]] = field(default_factory=list)


def read_head(path: Path, text: str) -> Head:
    """The head of a query file. Raises ProjectError with file and line for a line that is not of the form."""
    head = Head()
    key = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("#+"):
            continue
        content = line[2:].strip()
        name, colon, value = content.partition(":")
        if key == "parameters" and line[2:4].isspace():
            _parameter_line(head, content, f"{path}:{number}", number)
        elif content.startswith("- ") and key == "tags":
            head.values[key].append(content[2:].strip())
        elif colon and name in KEYS:
            key = name
            head.values[key] += [value.strip()] if value.strip() else []
        else:
            raise ProjectError(f"{path}:{number}: a head has the keys {', '.join(KEYS)}, not {content!r}")
    return head


def _parameter_line(head: Head, content: str, place: str, number: int) -> None:
    """One line below `parameters`."""
    if content.startswith("- "):
        head.parameters.append((number, {}))
        content = content[2:].strip()
    name, colon, value = content.partition(":")
    if not colon or name not in PARAMETER_KEYS or not head.parameters:
        raise ProjectError(f"{place}: a parameter has the keys {', '.join(PARAMETER_KEYS)}, not {content!r}")
    if name in head.parameters[-1][1]:
        raise ProjectError(f"{place}: the key {name} stands twice")
    head.parameters[-1][1][name] = value.strip()
