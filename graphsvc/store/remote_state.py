"""The name of the state of a remote store, as far as it can be known.

With a graph of its own (`epoch_graph`) every write that is made here leaves a new mark in it, an update in the
same request, and so does every other graphsvc in front of that store: the mark is the state. Who writes in another
way and leaves no mark is not noticed. Without such a graph nobody tells, so each name holds for `freshness`
seconds.
"""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections.abc import Callable

from graphsvc.errors import GraphsvcError
from graphsvc.store.remote_link import Remote

_MARK = "urn:x-graphsvc:state"


class RemoteState:
    """What is known of the changes of a remote store; `look` asks it for the mark. Safe to use from threads."""

    def __init__(self, remote: Remote, look: Callable[[str], str]) -> None:
        self._graph = remote.epoch_graph
        self._freshness = remote.freshness
        self._look = look
        self._start = uuid.uuid4().hex
        self._own = 0
        self._mark = ""
        self._seen: float | None = None
        self._lock = threading.Lock()

    def changed(self) -> None:
        """A write may have been done."""
        with self._lock:
            self._own += 1
            self._seen = None

    def name(self) -> str:
        """Another after each write of ours; see above for those of others."""
        now = time.monotonic()
        with self._lock:
            own, fresh = self._own, self._seen is not None and now < self._seen + self._freshness
        if self._graph and not fresh:
            self._observe(own, now)
        with self._lock:
            window = "" if self._graph and self._mark else int(now / self._freshness)
            state = self._mark if self._graph and self._mark else f"{self._start} {self._own}"
        return hashlib.sha256(f"{state} {window}".encode()).hexdigest()[:16]

    def _observe(self, own: int, now: float) -> None:
        try:
            mark = self._look(
                f"SELECT ?m {{ GRAPH <{self._graph}> {{ <{self._graph}> <{_MARK}> ?m }} }} ORDER BY ?m"
            )
        except GraphsvcError:
            return  # the last that was seen, until it answers again
        with self._lock:
            self._mark = mark
            # A write that was done meanwhile may be newer than what was seen.
            self._seen = now if own == self._own else None

    def marked(self, update: str) -> str:
        """An update that leaves a new mark too, where there is a graph for it."""
        return f"{update} ;\n{self.mark()}" if self._graph else update

    def mark(self) -> str:
        """The update that leaves a new mark, empty where there is no graph for it."""
        if not self._graph:
            return ""
        thing = f"<{self._graph}> <{_MARK}>"
        return (
            f"DELETE WHERE {{ GRAPH <{self._graph}> {{ {thing} ?m }} }} ;\n"
            f'INSERT DATA {{ GRAPH <{self._graph}> {{ {thing} "{uuid.uuid4().hex}" }} }}'
        )
