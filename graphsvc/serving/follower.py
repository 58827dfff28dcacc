"""The follower of a replica as a process: the network on one side, the keeper on the other."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from graphsvc.errors import StoreError
from graphsvc.feed.copies import Copy, write_down
from graphsvc.feed.follower import Follower
from graphsvc.feed.primary import News, Primary
from graphsvc.serving.logs import begin_log
from graphsvc.store.keeping import Place
from graphsvc.workers import wire
from graphsvc.workers.sandbox import die_with_parent


class Keeper:
    """The keeper at the other end of `channel`; with a `folder` its store is on disk.

    A store on disk is changed here, on a copy, and the keeper goes over to the state that this leaves.
    """

    def __init__(self, channel: socket.socket, snapshot: Path, folder: Path | None, epoch: str) -> None:
        self._channel = channel
        self._snapshot = snapshot
        self._folder = folder
        self._copy = None if folder is None else Copy(folder, epoch)

    def take(self, news: News) -> Place:
        """See `Hands.take`."""
        if self._copy is not None:
            self._copy.follow(news)
        content = wire.memory_file(news.text)
        try:
            return self._ask({"kind": "entries"}, content)
        except StoreError:
            # The keeper may have ended with half of it; the next follower begins where it then is.
            sys.exit(1)
        finally:
            os.close(content)

    def begin_anew(self, primary: Primary) -> Place:
        """See `Hands.begin_anew`."""
        head = primary.snapshot(self._snapshot)
        if self._folder is not None:
            write_down(self._folder, self._snapshot)
        place = self._ask({"kind": "snapshot", "path": str(self._snapshot)})
        if self._copy is not None:
            self._snapshot.unlink(missing_ok=True)
            self._copy.forget(head.epoch)
        return place

    def _ask(self, message: dict[str, Any], *descriptors: int) -> Place:
        packet = b""
        with suppress(OSError):
            wire.send(self._channel, json.dumps(message).encode(), descriptors)
            packet, _ = wire.receive(self._channel)
        if not packet:
            sys.exit(1)
        status = wire.read_status(packet)
        if status.error is not None:
            raise status.error
        return Place(status.fields["epoch"], status.fields["number"], status.fields["id"])


def _run(told: dict[str, Any]) -> None:
    die_with_parent()
    # Control-C is the supervisor's affair.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    begin_log(told["log_format"])
    place = Place(told["place"]["epoch"], told["place"]["number"], told["place"]["id"])
    folder = None if told["folder"] is None else Path(told["folder"])
    keeper = Keeper(socket.socket(fileno=told["channel"]), Path(told["snapshot"]), folder, place.epoch)
    Follower(Primary(told["primary"], told["authorization"]), place, keeper, Path(told["board"])).run()


if __name__ == "__main__":
    _run(json.load(sys.stdin))
