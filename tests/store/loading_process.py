"""Loads files into a store in parts of so many bytes, as a process that can be killed: see test_bulk.py.

`python -m tests.store.loading_process STORE PART DIE FILE …`: DIE names the step before which it kills itself.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from graphsvc.loading import load_documents
from graphsvc.project import Project
from graphsvc.settings import load
from graphsvc.store import bulk, parts
from graphsvc.store.generations import Generations
from graphsvc.store.journal import Journal
from tests.conftest import LIBRARY

GRAPH = "urn:x:loaded"


def killing(function: Callable[..., Any], at: int) -> Callable[..., Any]:
    """The function, which at its call number `at` ends this process as nothing else does."""
    calls = 0

    def called(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*given, **named)

    return called


def dying(step: str) -> None:
    """Have this process end at a step."""
    if step == "part":
        bulk._Load._add = killing(bulk._Load._add, 5)  # type: ignore[method-assign]
    elif step == "keep":
        bulk._Load._keep = killing(bulk._Load._keep, 2)  # type: ignore[method-assign]
    elif step == "note":
        Path.replace = killing(Path.replace, 2)  # type: ignore[method-assign]
    elif step == "journal":
        Journal.append = killing(Journal.append, 1)  # type: ignore[method-assign]
    elif step == "commit":
        Generations.commit = killing(Generations.commit, 1)  # type: ignore[method-assign]


def main(store: str, part: str, step: str, *files: str) -> None:
    """Load, and print what it came to."""
    parts.PIECE = parts.PART = int(part)
    settings = load(LIBRARY, {}, store=f"disk:{store}")
    dying(step)
    done = load_documents(Project(settings), settings, [Path(name) for name in files], GRAPH, lambda _: None)
    sys.stdout.write(f"{done.epoch} {done.number} {done.quads} {done.added} {done.resumed}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
