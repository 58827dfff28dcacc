"""Waits for connections by epoll, which is told of what changes alone.

waitress asks each connection before each wait what it waits for: with a thousand that are idle that takes longer
than all that the others want. https://man7.org/linux/man-pages/man7/epoll.7.html
"""

from __future__ import annotations

import select
from contextlib import suppress
from typing import Any

from waitress.wasyncore import readwrite

_READ, _WRITE = select.EPOLLIN | select.EPOLLPRI, select.EPOLLOUT


class Connections(dict[int, Any]):
    """The connections of waitress's loop by their descriptors; `changed` has those to look at again."""

    def __init__(self) -> None:
        super().__init__()
        self.changed: set[int] = set()

    def __setitem__(self, descriptor: int, connection: Any) -> None:
        super().__setitem__(descriptor, connection)
        self.changed.add(descriptor)

    def __delitem__(self, descriptor: int) -> None:
        super().__delitem__(descriptor)
        self.changed.add(descriptor)


class Polling:
    """Waits for `connections`, and has each do what it can.

    What one waits for is asked after it has done something, when it is said to have changed, before each wait as
    long as it has `requests` (threads answer these, and wake the loop up), and in `look_at_all`.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._epoll = select.epoll()
        # What is waited for, of whom.
        self._known: dict[int, tuple[Any, int]] = {}
        # What is to be asked before the next wait.
        self._again: set[int] = set()

    def wait(self, seconds: float) -> None:
        """Wait until there is something to do, or for so long, and do it."""
        changed = self._connections.changed
        while changed:
            # Threads may add to it meanwhile.
            self._look(changed.pop())
        for descriptor in [*self._again]:
            self._look(descriptor)
        for descriptor, events in self._epoll.poll(seconds):
            known = self._known.get(descriptor)
            if known is None or self._connections.get(descriptor) is not known[0]:
                continue
            connection, waited = known
            if events & _READ and not connection.readable():
                # It was not worth saying before that nothing is to be read from it for now.
                events &= ~_READ
                self._set(descriptor, connection, waited & ~_READ)
            if events:
                readwrite(connection, events)
            if self._connections.get(descriptor) is connection:
                self._look(descriptor)

    def look_at_all(self) -> None:
        """Ask each connection what it waits for."""
        for descriptor in [*self._connections]:
            self._look(descriptor)

    def close(self) -> None:
        """Wait for nothing any more."""
        self._epoll.close()

    def _look(self, descriptor: int) -> None:
        connection = self._connections.get(descriptor)
        known, waited = self._known.get(descriptor, (None, 0))
        if known is not connection and known is not None:
            # It was closed, and so is waited for no longer; or its descriptor is another's now.
            with suppress(OSError):
                self._epoll.unregister(descriptor)
            del self._known[descriptor]
            waited = 0
        if connection is None:
            self._again.discard(descriptor)
            return
        reads = bool(connection.readable())
        wanted = (_READ if reads else 0) | (
            _WRITE if connection.writable() and not connection.accepting else 0
        )
        if wanted != waited and wanted | _READ != waited:
            self._set(descriptor, connection, wanted)
        if getattr(connection, "requests", None) or (not reads and not wanted and not waited & _READ):
            self._again.add(descriptor)
        else:
            self._again.discard(descriptor)

    def _set(self, descriptor: int, connection: Any, wanted: int) -> None:
        _, waited = self._known.get(descriptor, (None, 0))
        try:
            if not wanted:
                self._epoll.unregister(descriptor)
            elif waited:
                self._epoll.modify(descriptor, wanted)
            else:
                self._epoll.register(descriptor, wanted)
        except OSError:
            # A thread has just closed it.
            wanted = 0
        self._known[descriptor] = connection, wanted
