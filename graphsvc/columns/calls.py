"""Asks for columns where a reader says that they are wanted."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from graphsvc.columns.answering import USED, WANTED
from graphsvc.figures import Figure

# Where the tabulator listens, beside the keeper.
SOCKET = "tabulator"


class Calls:
    """What a client of the keeper at an address hears of columns: has them made where a reader says that they are
    wanted, and counts.

    A reader says so beside its answer, for it has no way to anybody but whom it answers.
    """

    def __init__(self, keeper: str) -> None:
        self._address = str(Path(keeper).with_name(SOCKET))
        self._used = self._wanted = 0

    def hear(self, fields: Mapping[str, Any]) -> None:
        """Take note of what is said beside an answer."""
        self._used += USED.items() <= fields.items()
        if WANTED.items() <= fields.items():
            self._wanted += 1
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as channel:
                channel.setblocking(False)
                channel.connect(self._address)

    def figures(self) -> Iterator[Figure]:
        """How many answers of the pool of readers came from columns, and how many would have."""
        yield Figure("column_answers", "Answers that columns gave or helped with.", self._used, counter=True)
        yield Figure(
            "column_calls",
            "Answers that would have been better had from columns.",
            self._wanted,
            counter=True,
        )
