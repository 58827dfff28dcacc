"""A bell that a signal rings, so that a loop that waits for channels wakes up for signals too."""

from __future__ import annotations

import contextlib
import signal
import socket


class Bell:
    """Rings whenever this process gets a signal that it handles. https://docs.python.org/3/library/signal.html"""

    def __init__(self) -> None:
        self.channel, self._rung = socket.socketpair()

    def hang(self) -> None:
        """Have signals ring it from now on; only in the main thread."""
        self.channel.setblocking(False)
        self._rung.setblocking(False)
        signal.set_wakeup_fd(self._rung.fileno())

    def hush(self) -> None:
        """Take note that it has rung."""
        with contextlib.suppress(BlockingIOError):
            self.channel.recv(4096)

    def close(self) -> None:
        """In a forked child: let go of it."""
        self.channel.close()
        self._rung.close()
