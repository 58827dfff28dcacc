"""Imports point one way, and each outside library stays in its room."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "graphsvc"
# Each room with the floor it stands on; a module may import from lower floors and from its own room.
FLOORS = {
    "errors": 0,
    "vocab": 1,
    "outcomes": 1,
    "figures": 1,
    "tracing": 1,
    "settings_values": 1,
    "settings_tables": 1.1,
    "formats": 1,
    "negotiation": 1,
    "settings": 1.2,
    "tokens": 1.2,
    "exchange": 1.2,
    "breaker": 1.2,
    "credentials": 1.2,
    "rdf": 1.5,
    "charts": 1.2,
    "positions": 2,
    "sparql": 2,
    "ingest": 2,
    "federation": 3,
    "workers": 2,
    "validation": 3,
    "store": 3,
    "columns": 3.5,
    "project": 4,
    "ontology_context": 4,
    "annotating": 4.1,
    "guarding": 4.2,
    "feed": 4.4,
    "loading": 4.5,
    "describe": 4.5,
    "dataset": 4.5,
    "stored_queries": 4.5,
    "emptiness": 4.5,
    "conformance": 4.5,
    "search": 4.7,
    "answering": 5,
    "doctor": 5,
    "starting": 5,
    "progress": 5,
    "web": 5,
    "serving": 5.5,
    "cli_store": 5.8,
    "cli": 6,
    "__main__": 7,
}
LIBRARIES = {
    "flask": {"web"},
    "werkzeug": {"web"},
    "jinja2": {"web"},
    "pyshacl": {"validation"},
    "pyoxigraph": {
        "rdf",
        "ingest",
        "store",
        "project",
        "annotating",
        "columns",
        "guarding",
        "loading",
        "validation",
        "describe",
        "dataset",
        "conformance",
        "federation",
        "ontology_context",
        "search",
        "feed",
    },
    "rdflib": {"validation", "store"},
    "oxrdflib": {"store"},
    "waitress": {"serving"},
    "prometheus_client": {"web"},
    "opentelemetry": {"serving"},
    "click": {"cli", "cli_store"},
    "brotli": {"web"},
    "zstandard": {"web"},
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Full names of what a module imports anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_from_lower_floors_only(path: Path) -> None:
    here = room(path)
    if here == "__init__":
        return
    assert here in FLOORS, f"{here} has no floor"
    for name in imported(path):
        if name.startswith("graphsvc."):
            there = name.split(".")[1]
            if there in FLOORS:
                assert there == here or FLOORS[there] < FLOORS[here], f"{here} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_an_outside_library_stays_in_its_rooms(path: Path) -> None:
    if room(path) == "__init__":
        return  # the package's own door names rdflib for type checkers alone
    for name in imported(path):
        library = name.partition(".")[0]
        if library in LIBRARIES:
            assert room(path) in LIBRARIES[library], f"{room(path)} imports {library}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_functions_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 330
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= 60, f"{node.name} has {length} lines"
