"""One HTTP request to another server: within a time, without redirects, and its answer whole or an error.

The standard library's HTTP is used rather than a client with a pool of its own, because a deadline of the whole
exchange has to end the connection itself, whatever it is waiting for.
"""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from graphsvc import __version__
from graphsvc.errors import GraphsvcError, OutOfTime, RemoteFailure
from graphsvc.tracing import outgoing

# How often it is asked whether anybody still waits for the answer, in seconds.
_LOOK = 0.2
# Servers close what has been idle for longer than this, most of them much later.
_IDLE = 15.0


@dataclass(frozen=True)
class Message:
    """A request: `url` is an http or https URL, and names the host also where `addresses` are given.

    `addresses` are the only ones that are connected to, in their order; None: whatever the name resolves to.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    addresses: Sequence[str] | None = None


class Connections:
    """Connections that are kept open between requests, `most` to each server; safe to use from several threads."""

    def __init__(self, most: int = 16) -> None:
        self._most = most
        self._idle: dict[str, list[tuple[http.client.HTTPConnection, float]]] = {}
        self._lock = threading.Lock()

    def take(self, server: str) -> http.client.HTTPConnection | None:
        """An idle connection to a server that its other end has not closed, if there is one."""
        while True:
            with self._lock:
                waiting = self._idle.get(server)
                if not waiting:
                    return None
                connection, since = waiting.pop()
            # Nothing was asked, so whatever can be read is its end.
            if time.monotonic() - since < _IDLE and not select.select([connection.sock], [], [], 0)[0]:
                return connection
            connection.close()

    def give(self, server: str, connection: http.client.HTTPConnection) -> None:
        """Keep a connection on which everything that was asked has been answered."""
        with self._lock:
            waiting = self._idle.setdefault(server, [])
            if len(waiting) < self._most:
                waiting.append((connection, time.monotonic()))
                return
        connection.close()

    def close(self) -> None:
        """Close all that are idle."""
        with self._lock:
            found = [connection for waiting in self._idle.values() for connection, _ in waiting]
            self._idle.clear()
        for connection in found:
            connection.close()


class _Watch:
    """Ends a connection by `deadline`, or when the asker goes away, and then knows why it ended."""

    def __init__(self, host: str, deadline: float, cancelled: Callable[[], bool]) -> None:
        self._host = host
        self._deadline = deadline
        self._cancelled = cancelled
        self._done = threading.Event()
        self._ending = threading.Lock()
        self._why = ""

    def begin(self, channel: socket.socket) -> None:
        def watch() -> None:
            while not self._done.wait(max(0.0, min(_LOOK, self.left()))):
                if self._cancelled():
                    self._why = "The client went away."
                elif self.left() <= 0:
                    self._why = f"{self._host} did not answer in time."
                if self._why:
                    # One that was given back meanwhile is another request's.
                    with self._ending, suppress(OSError):
                        if not self._done.is_set():
                            channel.shutdown(socket.SHUT_RDWR)
                    return

        threading.Thread(target=watch, daemon=True).start()

    def end(self) -> None:
        with self._ending:
            self._done.set()

    def left(self) -> float:
        return self._deadline - time.monotonic()

    def error(self, error: Exception | None = None) -> GraphsvcError | None:
        """What `error` is to the asker; without one, whether the end that was seen was made here."""
        if self._why or isinstance(error, TimeoutError):
            return OutOfTime(self._why or f"{self._host} did not answer in time.")
        if error is None:
            return None
        return RemoteFailure(f"{self._host} could not be asked: {error or type(error).__name__}")


class Reply:
    """An answer under way: its status and media type are there, its body is read like a file.

    `limit` is the most bytes that the body may have.
    """

    def __init__(self, response: http.client.HTTPResponse, watch: _Watch) -> None:
        self.status = response.status
        self.media_type = response.headers.get_content_type()
        self.headers: Mapping[str, str] = dict(response.headers.items())
        self.challenges: Sequence[str] = response.headers.get_all("WWW-Authenticate") or []
        self.limit: int | None = None
        # Why the body ended early; a parser that reads it may tell of this in its own way.
        self.failure: GraphsvcError | None = None
        self._response = response
        self._watch = watch
        self._size = 0

    @property
    def reusable(self) -> bool:
        """Whether the answer was read to its end, on a connection that stays open."""
        return self._response.isclosed() and not self._response.will_close and self.failure is None

    def close(self) -> None:
        """Let go of the answer."""
        self._response.close()

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes of the body, none at its end; all of it for -1.

        Raises RemoteFailure for a body that is cut short or larger than allowed, OutOfTime.
        """
        try:
            found = self._response.read(None if size < 0 else size)
            if not found and size != 0 and self._response.length:
                raise http.client.IncompleteRead(b"", self._response.length)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.failure = self._watch.error(error)
        else:
            self._size += len(found)
            self.failure = self._watch.error()
            if self.limit is not None and self._size > self.limit:
                self.failure = RemoteFailure(f"The remote answer is larger than {self.limit:,} bytes.")
        if self.failure:
            raise self.failure
        return found


@contextmanager
def exchange(
    message: Message,
    deadline: float,
    cancelled: Callable[[], bool] = lambda: False,
    connections: Connections | None = None,
) -> Iterator[Reply]:
    """Send a request; its answer, until the end of the block.

    By `deadline` (of time.monotonic), or when the asker goes away (`cancelled`), the connection is ended whatever
    the other side does. With `connections` one that is idle is used, and kept afterwards: only for requests that
    may be sent again, as its other end may be closing it. Raises RemoteFailure where there is no answer,
    OutOfTime.
    """
    url = urlsplit(message.url)
    watch = _Watch(url.hostname or "", deadline, cancelled)
    server = f"{url.scheme}://{url.netloc}"
    kept = connections.take(server) if connections else None
    connection = kept or http.client.HTTPConnection(url.hostname or "")
    try:
        if kept is None:
            connection.sock = _connect(message, watch)
        watch.begin(connection.sock)
        connection.sock.settimeout(max(0.001, watch.left()))
        reply = _ask(connection, message, watch)
    except (OSError, http.client.HTTPException, ValueError) as error:
        watch.end()
        connection.close()
        raise watch.error(error) or error from error
    try:
        yield reply
    finally:
        watch.end()
        if connections and reply.reusable and watch.error() is None:
            connections.give(server, connection)
        else:
            reply.close()
            connection.close()


def _ask(connection: http.client.HTTPConnection, message: Message, watch: _Watch) -> Reply:
    url = urlsplit(message.url)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    standing = {"Host": url.netloc.rpartition("@")[2], "User-Agent": f"graphsvc/{__version__}"}
    sent = standing | outgoing() | dict(message.headers)
    connection.request(message.method, target, message.body, sent)
    response = connection.getresponse()
    if watch.error():
        response.close()
        # Headers that end because the connection was ended look like whole ones.
        raise TimeoutError
    return Reply(response, watch)


def _connect(message: Message, watch: _Watch) -> socket.socket:
    url = urlsplit(message.url)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError(f"{message.url!r} is no http or https URL")
    port = url.port or (443 if url.scheme == "https" else 80)
    failure: OSError = OSError("there is no address")
    for address in [url.hostname] if message.addresses is None else message.addresses:
        try:
            channel = socket.create_connection((address, port), max(0.001, watch.left()))
            if url.scheme == "https":
                return ssl.create_default_context().wrap_socket(channel, server_hostname=url.hostname)
        except OSError as error:
            failure = error
        else:
            return channel
    raise failure
