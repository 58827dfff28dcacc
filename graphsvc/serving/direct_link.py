"""Links of the web process to direct readers: questions go out and answers come in, in the loop of connections."""

from __future__ import annotations

import logging
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from waitress import wasyncore

from graphsvc.workers.direct import Reply, path, question, read_state
from graphsvc.workers.wire import MAX_PACKET

_LOG = logging.getLogger("graphsvc")
# How many questions may be under way to one reader. One that would have to wait for more than so many seconds, and
# for more than so many times as long as it takes itself, goes the long way instead.
MOST = 16
PROMPT, TIMES = 0.005, 4
# So many seconds of work go to one reader even where another has none: to wake up another takes longer.
TOGETHER = 0.0002
# How long a state must have lasted before a reader of it is asked for, and how long a link waits for an answer.
CALM = 0.3
PATIENCE = 2.0
# How long after one was lost another is asked for, in seconds: at first, and at most.
_AGAIN, _AT_MOST = 0.2, 10.0
# Where every packet is taken in: to have room made for each anew would cost a fifth of what a short answer does.
_ROOM = memoryview(bytearray(4 * MAX_PACKET))
# Takes the answer and how many seconds it took, None where there is none, and whether the reader was lost at it.
Settle = Callable[[tuple[bytes, float] | None, bool], None]


class Link(wasyncore.dispatcher):  # type: ignore[misc]
    """A connection to one direct reader; `lost` is called once it is over."""

    def __init__(self, channel: socket.socket, map_: Any, lost: Callable[[Link], None]) -> None:
        super().__init__(channel, map=map_)
        self._lost = lost
        self.born = time.monotonic()
        # When each was asked, how long it will take the reader, and who waits for it.
        self._under_way: deque[tuple[float, float, Settle]] = deque()
        self._over = False
        # The reply of which something is missing.
        self._reply: Reply | None = None
        # The state of the reader; empty as long as it has not said it.
        self.epoch = b""

    def __len__(self) -> int:
        return len(self._under_way)

    def backlog(self) -> float:
        """How many seconds of work the reader has."""
        return sum(seconds for _, seconds, _ in self._under_way)

    def has_time(self, seconds: float) -> bool:
        """Whether a question that takes so many seconds would not have to wait for long."""
        return len(self._under_way) < MOST and self.backlog() <= max(PROMPT, TIMES * seconds)

    def ask(self, kind: str, content: bytes, seconds: float, settle: Settle) -> bool:
        """Ask the reader what will take it so many seconds; whether it was possible.

        `settle` is told of the answer, or that there is none.
        """
        try:
            self.socket.send(question(kind, content))
        except BlockingIOError:
            return False
        except OSError:
            self.handle_close()
            return False
        self._under_way.append((time.monotonic(), seconds, settle))
        return True

    def writable(self) -> bool:
        """Never: what cannot be sent at once goes another way."""
        return False

    def handle_read(self) -> None:
        """Take in what the reader says."""
        while not self._over:
            try:
                packet = bytes(_ROOM[: self.socket.recv_into(_ROOM)])
            except BlockingIOError:
                return
            except OSError:
                packet = b""
            if not packet:
                self.handle_close()
                return
            if not self.epoch:
                self.epoch = str(read_state(packet)["epoch"]).encode()
            elif self._under_way:
                self._take(packet)
            if not self._under_way:
                # Another look is only worth it where more may have come.
                return

    def _take(self, packet: bytes) -> None:
        """One packet of the reply to the first question."""
        if self._reply is None:
            self._reply = Reply(packet)
        else:
            self._reply.add(packet)
        if self._reply.whole:
            reply, self._reply = self._reply, None
            answer = (reply.body, reply.seconds) if reply.is_answer else None
            self._under_way.popleft()[2](answer, False)

    def check(self, now: float) -> None:
        """Let go of a reader that does not answer."""
        if self._under_way and now > self._under_way[0][0] + PATIENCE:
            self.handle_close()

    def handle_close(self) -> None:
        """The link is over, and whatever was asked over it goes another way."""
        if self._over:
            return
        self._over = True
        self.close()
        under_way, self._under_way = self._under_way, deque()
        self._lost(self)
        for number, (_, _, settle) in enumerate(under_way):
            settle(None, number == 0)

    def handle_error(self) -> None:
        """A link over which something came that cannot be understood is lost."""
        _LOG.exception("a direct reader is left")
        self.handle_close()


class Links:
    """Up to `most` links to the direct readers of the pool at `address`, in the loop that has `map_`."""

    def __init__(self, address: str, most: int, map_: Any) -> None:
        self._path = path(address)
        self._most = most
        self._map = map_
        self._links: list[Link] = []
        self._epoch = b""
        self._since = 0.0
        self._next = 0.0
        self._pause = _AGAIN

    def free(self, epoch: bytes, seconds: float) -> Link | None:
        """The link to ask: one with next to nothing to do, or the one with least; None where no reader of this
        state has time for a question that takes so many seconds."""
        self._keep_up(epoch, time.monotonic())
        found, least = None, float("inf")
        for link in self._links:
            if link.epoch == epoch:
                backlog = link.backlog()
                if backlog + seconds <= TOGETHER and len(link) < MOST:
                    return link
                if backlog < least:
                    found, least = link, backlog
        return found if found is not None and found.has_time(seconds) else None

    def check(self, epoch: bytes, now: float) -> None:
        """To be called from time to time, once there is something to ask."""
        for link in list(self._links):
            link.check(now)
        self._keep_up(epoch, now)

    def _keep_up(self, epoch: bytes, now: float) -> None:
        """Let go of readers of another state, and ask for some of this one once it has lasted a little."""
        if epoch != self._epoch:
            self._epoch, self._since, self._pause = epoch, now, _AGAIN
            for link in list(self._links):
                link.handle_close()
        if len(self._links) < self._most and now >= max(self._next, self._since + CALM):
            self._connect(now)

    def _connect(self, now: float) -> None:
        self._next = now + self._pause
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        channel.setblocking(False)
        try:
            channel.connect(self._path)
        except OSError:
            channel.close()
            return
        self._links.append(Link(channel, self._map, self._forget))

    def _forget(self, link: Link) -> None:
        self._links.remove(link)
        now = time.monotonic()
        self._pause = min(_AT_MOST, 2 * self._pause) if now - link.born < _AT_MOST else _AGAIN
        self._next = now + self._pause
