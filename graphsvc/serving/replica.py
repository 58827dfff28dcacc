"""What changes the store of a replica: the follower, a process of its own, and nobody else.

It takes the place of the writing lane of a pool. What the follower brings is checked once more, kept as one, and
only then do readers of the new state begin; a follower that is lost is started again.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Protocol

from graphsvc.errors import GraphsvcError, ReadOnly
from graphsvc.feed.primary import check_chain
from graphsvc.settings import Settings
from graphsvc.store.entries import read_entries
from graphsvc.store.journal import Record
from graphsvc.workers import wire
from graphsvc.workers.crew import Task
from graphsvc.workers.lane import Host

# How long a follower that was lost is not there, in seconds.
_PAUSE = 0.5


class Kept(Protocol):
    """The store of a replica with its journal."""

    @property
    def about(self) -> dict[str, Any]:
        """Its place in the chain of changes."""

    def commit(self, records: list[Record]) -> dict[str, Any]:
        """Keep changes; the place since."""

    def begin_anew(self, snapshot: Path) -> dict[str, Any]:
        """Go over to the state of a snapshot; the place since."""


class Following:
    """Has what the follower brings kept by `kept`; `told` is what a follower is told, `primary` whom it
    follows.
    """

    def __init__(self, kept: Kept, told: dict[str, Any], primary: str) -> None:
        self._kept = kept
        self._told = told
        self._primary = primary
        self._pid = 0
        self._channel: socket.socket | None = None
        self._again: float | None = None

    def attach(self, host: Host) -> None:
        """Begin to follow, for a pool."""
        self._host = host
        self._start()

    def submit(self, task: Task) -> None:
        """Refuse a write: only the primary makes any."""
        error = ReadOnly(f"This is a replica; writes are for the primary at {self._primary}.")
        self._host.finish(task, wire.Status(error))

    def forget(self, task: Task) -> bool:  # noqa: ARG002
        """No job is ever here."""
        return False

    def busy(self) -> bool:
        """What is not kept yet can be had again."""
        return False

    def waiting(self) -> int:
        """Nothing ever waits here."""
        return 0

    def next_event(self) -> float | None:
        """When a follower is started again."""
        return self._again

    def tick(self, now: float) -> None:
        """Start a follower again that was lost."""
        if self._again is not None and now >= self._again:
            self._again = None
            self._start()

    def end(self) -> None:
        """Stop the follower for good."""
        if self._channel is not None:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)

    def close_descriptors(self) -> None:
        """In a forked child: let go of the follower's channel."""
        if self._channel is not None:
            self._channel.close()

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        told = self._told | {"channel": theirs.fileno(), "place": self._kept.about}
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "graphsvc.serving.follower"],
                stdin=subprocess.PIPE,
                pass_fds=(theirs.fileno(),),
            )
        assert process.stdin is not None
        process.stdin.write(json.dumps(told).encode())
        process.stdin.close()
        # It is waited for here.
        process.returncode = 0
        self._pid, self._channel = process.pid, ours
        self._host.watch(ours, self._hear)

    def _hear(self) -> None:
        assert self._channel is not None
        packet, descriptors = wire.receive(self._channel)
        if not packet:
            self._bury()
            return
        message = json.loads(packet)
        try:
            if message["kind"] == "snapshot":
                about = self._kept.begin_anew(Path(message["path"]))
            else:
                with open(descriptors.pop(), "rb") as file:
                    file.seek(0)
                    about = self._keep(file.read())
            self._host.renew(about)
            answer = wire.Status(None, about)
        except GraphsvcError as error:
            answer = wire.Status(error)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        try:
            wire.send(self._channel, answer.packet())
        except OSError:
            self._bury()

    def _keep(self, text: bytes) -> dict[str, Any]:
        entries = list(read_entries(text))
        place = self._kept.about
        check_chain(entries, place["epoch"], place["id"])
        return self._kept.commit([(entry.fields(), entry.patch) for entry in entries])

    def _bury(self) -> None:
        assert self._channel is not None
        self._host.unwatch(self._channel)
        self._channel = None
        os.waitpid(self._pid, 0)
        self._again = time.monotonic() + _PAUSE


def told_of(settings: Settings, folder: Path | None, snapshot: Path, board: Path) -> dict[str, Any]:
    """What a follower is told besides its place; `folder` is that of a store on disk."""
    return {
        "primary": settings.follow,
        "authorization": settings.follow_authorization,
        "folder": None if folder is None else str(folder),
        "snapshot": str(snapshot),
        "board": str(board),
        "log_format": settings.log_format,
    }
