"""The tables of `graphsvc.toml` that only the file can give: prefixes, types of validation, guards."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphsvc.errors import ProjectError

# What a table [[guard]] may say, each with its default.
_GUARD = {"graphs": "", "shapes": "shapes", "context": "", "severity": "violation", "action": "reject"}
_ACTIONS = ("reject", "annotate")
_SEVERITIES = ("violation", "warning", "info")


@dataclass(frozen=True)
class ValidationType:
    """Shapes that data may be validated against by name: `shapes` are paths in the project, with `*` and `**`."""

    label: str
    shapes: tuple[str, ...]


def prefixes(path: Path, entries: Any) -> dict[str, str]:
    """The prefixes of the table [prefixes]. Raises ProjectError."""
    if not isinstance(entries, dict) or not all(isinstance(iri, str) for iri in entries.values()):
        raise ProjectError(f'{path}: [prefixes] holds lines of the form: name = "namespace IRI"')
    return dict(entries)


def validation_types(path: Path, tables: Any) -> Iterator[tuple[str, ValidationType]]:
    """The types of validation by name, or by name and version. Raises ProjectError."""
    for name, entries in tables.items() if isinstance(tables, dict) else [("", None)]:
        where = f"{path}: [validation.{name}]"
        if not name or not isinstance(entries, dict) or not entries.keys() <= {"label", "shapes", "versions"}:
            raise ProjectError(f"{where} holds label, and shapes or versions")
        label, versions = entries.get("label", name), entries.get("versions", {})
        if not isinstance(label, str) or not isinstance(versions, dict):
            raise ProjectError(f"{where}: label is a text, versions is a table")
        if ("shapes" in entries) == bool(versions):
            raise ProjectError(f"{where} has either shapes or versions")
        for version, shapes in versions.items() or [("", entries.get("shapes"))]:
            if (
                not isinstance(shapes, list)
                or not shapes
                or not all(isinstance(each, str) for each in shapes)
            ):
                raise ProjectError(f"{where}: shapes are a list of paths in the project")
            if version:
                yield f"{name}.{version}", ValidationType(f"{label} {version}", tuple(shapes))
            else:
                yield name, ValidationType(label, tuple(shapes))


def guards(path: Path, entries: Any) -> list[dict[str, str]]:
    """The guards, each with all its keys. Raises ProjectError."""
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise ProjectError(f"{path}: a guard is a table of its own, [[guard]]")
    for key, value in (pair for each in entries for pair in each.items()):
        if key not in _GUARD:
            raise ProjectError(f"{path}: in [[guard]]: {unknown(key, list(_GUARD))}")
        if not isinstance(value, str):
            raise ProjectError(f"{path}: in [[guard]]: {key} is a text, not {value!r}")
    for each in entries:
        if each.get("action", "reject") not in _ACTIONS:
            raise ProjectError(f"{path}: the action of a guard is one of {', '.join(_ACTIONS)}")
        if "severity" in each and each.get("action") == "annotate":
            raise ProjectError(
                f"{path}: a guard that annotates refuses nothing and tells everything: leave out severity"
            )
    found = [_GUARD | each for each in entries]
    for each in found:
        if not each["graphs"]:
            raise ProjectError(f"{path}: a [[guard]] names the graphs that it is for: graphs = 'PATTERN'")
        if each["severity"] not in _SEVERITIES:
            raise ProjectError(f"{path}: the severity of a guard is one of {', '.join(_SEVERITIES)}")
    return found


def unknown(name: str, known: list[str]) -> str:
    """What to say of a name that is not known, with the nearest that is."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"unknown setting {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")
