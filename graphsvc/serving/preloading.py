"""The project's shapes for all readers: checked once, beside the readers, and not in the way of the first queries.

To check shapes takes a third of a second. A keeper that did it before it answers would start later, and one that
did it afterwards would let queries wait; so a child of it does, and tells what it found.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable

from graphsvc.project import Project
from graphsvc.validation import Document
from graphsvc.validation.shapes import Shapes, remember
from graphsvc.workers.pool import Pool
from graphsvc.workers.sandbox import die_with_parent


def shapes_of(project: Project) -> tuple[Document, ...]:
    """The project's shapes, as `/validate` has them."""
    root, base = project.root, project.settings.base
    return tuple(
        Document(str(file.path.relative_to(root)), file.read(), file.syntax.name, f"{base}/")
        for file in project.files
        if file.folder == "shapes"
    )


def preload(pool: Pool, documents: tuple[Document, ...], done: Callable[[], None]) -> None:
    """Have a child of this process check shapes, and remember them here; then call `done`.

    Of shapes that are broken nothing is remembered: who validates by them is told what is wrong.
    """
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        ours.close()
        die_with_parent()
        # What answers comes first.
        os.nice(10)
        try:
            queries = Shapes.load(documents).queries.values()
            theirs.sendall(json.dumps([query.value for query in queries]).encode())
        finally:
            os._exit(0)
    theirs.close()
    told: list[bytes] = []

    def hear() -> None:
        part = ours.recv(1 << 16)
        if part:
            told.append(part)
            return
        pool.unwatch(ours)
        os.waitpid(child, 0)
        if told:
            remember(documents, json.loads(b"".join(told)))
            done()

    pool.watch(ours, hear)
