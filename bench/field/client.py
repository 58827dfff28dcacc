"""Clients of a server: so many connections that stay open, each of which asks again as soon as it has its answer.

One thread that waits for all sockets, and does no more with an answer than to see its status and its end, so that
little of the machine is the client's. A request may hold marks: `@U@` becomes a number that never came before,
`@N@` and `@K@` the number of an instrument and of an organisation after it. `@` alone is left as it is.
"""

from __future__ import annotations

import re
import select
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, cycle
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.I)
_READ = 1 << 18
# The organisations of rank 20 to 59 have some hundredths of a per cent of the instruments each.
_RANKS = 40
UNIQUE = count(1)


@dataclass(frozen=True)
class Request:
    """What is sent: method, target, headers and body, in which marks may stand."""

    target: str
    accept: str = "*/*"
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def raw(self, host: str) -> bytes:
        """The bytes of the request."""
        method = "POST" if self.body else "GET"
        lines = [f"{method} {self.target} HTTP/1.1", f"Host: {host}", f"Accept: {self.accept}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body:
            lines.append("Content-Length: @L@")
        return ("\r\n".join(lines) + "\r\n\r\n" + self.body).encode()


def filled(raw: bytes, size: int, things: Iterator[int] | None = None) -> bytes:
    """A request with its marks replaced; `size` is the number of instruments.

    `things` has the numbers of those that are asked about, if they are not to be others each time.
    """
    if b"@U@" in raw or b"@N@" in raw or b"@K@" in raw:
        number = next(UNIQUE)
        about = number if things is None else next(things)
        # Step by step through all of them, and never two neighbours one after the other.
        thing = about * 7919 % size
        raw = raw.replace(b"@U@", b"%d" % number).replace(b"@N@", b"%d" % thing)
        raw = raw.replace(b"@K@", b"%d" % (60 - _RANKS + about % _RANKS))
    if b"@L@" in raw:
        body = raw[raw.index(b"\r\n\r\n") + 4 :]
        raw = raw.replace(b"@L@", b"%d" % len(body), 1)
    return raw


@dataclass
class Load:
    """What came of a load: answers that were good, those that were not, seconds, and how long each took."""

    good: int = 0
    bad: int = 0
    seconds: float = 0.0
    bytes: int = 0
    times: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Good answers in a second."""
        return self.good / self.seconds if self.seconds else 0.0

    def add(self, other: Load) -> None:
        """Take in what came of another one."""
        self.good, self.bad = self.good + other.good, self.bad + other.bad
        self.seconds, self.bytes = self.seconds + other.seconds, self.bytes + other.bytes
        self.times += other.times

    @property
    def median(self) -> float:
        """The median seconds of a good answer; infinite where there is none."""
        return statistics.median(self.times) if self.times else float("inf")


class _Connection:
    """One client: it has sent a request, and reads its answer."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self.socket = socket.create_connection(address, 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent = 0.0
        self._left = -1
        self._tail = b""
        self._status = 0
        self._close = False
        self._skip, self._last = 0, False
        self.received = 0

    def ask(self, request: bytes) -> None:
        self._left, self._tail, self._status = -1, b"", 0
        self._skip, self._last = 0, False
        self.sent = time.perf_counter()
        self.socket.sendall(request)

    def read(self) -> int:
        """Read what is there; the status of the answer once it is at its end, and 0 before."""
        data = self.socket.recv(_READ)
        self.received += len(data)
        if not data:
            # Who says no length ends an answer by ending the connection.
            return self._status if self._close and self._status else -1
        if not self._status:
            data = self._tail + data
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._tail = data
                return 0
            head = data[: end + 2]
            self._status = int(head[9:12])
            length = _LENGTH.search(head)
            self._left = int(length[1]) if length else -1
            self._close = not length and not _CHUNKED.search(head)
            if self._status in (204, 304):
                self._left = 0
            data = data[end + 4 :]
            self._tail = b""
        if self._left >= 0:
            self._left -= len(data)
            return self._status if self._left <= 0 else 0
        return self._status if not self._close and self._last_chunk(data) else 0

    def _last_chunk(self, data: bytes) -> bool:
        """Go through chunks; whether the last has ended. https://www.rfc-editor.org/rfc/rfc9112#section-7.1"""
        place = self._skip
        data = self._tail + data
        while place < len(data):
            end = data.find(b"\r\n", place)
            if end < 0:
                break
            size = int(data[place:end].partition(b";")[0], 16)
            place = end + 2 + size + 2
            if size == 0:
                self._last = True
                break
        # What is left is the beginning of a size, or nothing and so many bytes to pass over.
        self._tail, self._skip = data[place:], max(0, place - len(data))
        return self._last and not self._skip


def load(
    url: str,
    requests: list[Request],
    *,
    clients: int,
    seconds: float,
    size: int,
    limit: float = 8.0,
    things: Iterator[int] | None = None,
) -> Load:
    """Ask for `seconds`, and wait for what is under way until `limit` seconds are over.

    `things` is as for `filled`.
    """
    parts = urlsplit(url)
    address = (parts.hostname or "", parts.port or 80)
    following = cycle([request.raw(parts.netloc) for request in requests])
    done = Load()
    poll = select.epoll()
    open_ = {}
    begun = time.perf_counter()
    try:
        for _ in range(clients):
            _connect(address, poll, open_, filled(next(following), size, things))
        last = begun
        while open_ and (now := time.perf_counter()) - begun < limit:
            for descriptor, _ in poll.poll(max(0.0, limit - (now - begun))):
                each = open_[descriptor]
                try:
                    status = each.read()
                except OSError:
                    status = -1
                if status == 0:
                    continue
                last = time.perf_counter()
                if 200 <= status < 300:
                    done.good += 1
                    done.times.append(last - each.sent)
                else:
                    done.bad += 1
                going = last - begun < seconds
                if 0 < status < 300 and going and not each._close:
                    each.ask(filled(next(following), size, things))
                    continue
                poll.unregister(descriptor)
                del open_[descriptor]
                done.bytes += each.received
                each.socket.close()
                if going and status < 300:
                    # Who is told to come back later does not within these few moments.
                    _connect(address, poll, open_, filled(next(following), size, things))
        done.seconds = (last if done.good else time.perf_counter()) - begun
    finally:
        for each in open_.values():
            each.socket.close()
        poll.close()
    return done


def _connect(
    address: tuple[str, int], poll: select.epoll, open_: dict[int, _Connection], request: bytes
) -> None:
    each = _Connection(address)
    open_[each.socket.fileno()] = each
    poll.register(each.socket, select.EPOLLIN)
    each.ask(request)


def ask(url: str, request: Request, *, size: int, timeout: float = 60.0) -> tuple[int, bytes, float]:
    """One request on a connection of its own: status, body, seconds. Raises OSError."""
    import http.client

    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    head, _, body = filled(request.raw(parts.netloc), size).partition(b"\r\n\r\n")
    method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
    headers = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n")[1:])
    begun = time.perf_counter()
    try:
        connection.request(method, target, body=body or None, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), time.perf_counter() - begun
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()


def until(ready: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so, looking every few milliseconds; whether it became so in time."""
    return any(ready() for _ in _ticks(seconds))


def _ticks(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.005)
