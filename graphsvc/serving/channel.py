"""One client's connection: what cannot be read as a request is refused, and a client that dawdles is left."""

from __future__ import annotations

import io
import json
import logging
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any

from waitress.buffers import OverflowableBuffer, ReadOnlyFileBasedBuffer
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask, ThreadedTaskDispatcher
from waitress.utilities import Error

from graphsvc.errors import GraphsvcError
from graphsvc.serving.direct_queries import DirectQueries
from graphsvc.serving.kept_answers import SMALL, Task, date_line, key_of, reply_of
from graphsvc.serving.response_cache import Reply, ResponseCache
from graphsvc.web.given_again import TOLD_APART, GivenAgain
from graphsvc.workers.board import EpochPage

# A client has its patience, and beyond it the time that its bytes need at so many a second.
RATE = 64 << 10
# What is as long as this is not copied on its way out.
LARGE = 16 << 10
_PLAIN = {
    "Internal Server Error": "The service failed on this request. The fault is ours, and it has been logged.",
    "exceeds max_header of N": "The headers are longer than the limit of N bytes",
    "exceeds max_body of N": "The body is longer than the limit of N bytes",
}


class RequestTimeout(Error):  # type: ignore[misc]
    """https://www.rfc-editor.org/rfc/rfc9110#section-15.5.9"""

    code = 408
    reason = "Request Timeout"


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """A request whose end two parties could see in different places is refused.

    https://www.rfc-editor.org/rfc/rfc9112#section-6.3
    """

    def parse_header(self, header_plus: bytes) -> None:
        """Take the request line and the headers apart. Raises ParsingError."""
        super().parse_header(header_plus)
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("The request has both a Content-Length and a Transfer-Encoding")
        if "TRANSFER_ENCODING" in self.headers:
            raise ParsingError("HTTP/1.0 has no Transfer-Encoding")


class Refusal(ErrorTask):  # type: ignore[misc]
    """The answer to what is no HTTP request, as problem details, after which the connection is closed.

    https://www.rfc-editor.org/rfc/rfc9457#section-3
    """

    def execute(self) -> None:
        """Send the answer."""
        error = self.request.error
        problem = {
            "type": "about:blank",
            "title": HTTPStatus(error.code).phrase,
            "status": error.code,
            "detail": _sentence(str(error.body)),
        }
        body = (json.dumps(problem, indent=2) + "\n").encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [
            ("Content-Type", "application/problem+json"),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


def _sentence(text: str) -> str:
    """What waitress says of the fault, as a sentence."""
    plain = _PLAIN.get(re.sub(r"\d+", "N", text), text).strip() or "The request cannot be read"
    number = re.search(r"\d+", text)
    plain = plain.replace("N bytes", f"{int(number[0]):,} bytes" if number else "the limit")
    return plain[0].upper() + plain[1:] + ("" if plain.endswith(".") else ".")


class Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Hands a request to a thread, unless it can be answered without one."""

    def add_task(self, task: Channel) -> None:
        """See waitress."""
        if not task.answer_at_once():
            super().add_task(task)


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection of waitress's that knows how long its client has taken to send, or to take what is sent.

    What is in the cache is sent by the loop itself; a request of the very same bytes is not even taken apart.
    """

    task_class = Task
    error_task_class = Refusal
    parser_class = Parser
    patience = 30.0
    cache: ResponseCache | None = None
    page: EpochPage | None = None
    given_again: GivenAgain | None = None
    direct: DirectQueries | None = None
    request: Any
    # Whether a direct reader is being asked for this client.
    asking = False
    _since: float | None = None
    _moved = 0
    # What came in one piece, and the thread that is reading it.
    _piece = b""
    _reading = 0

    def received(self, data: bytes) -> bool:
        """Take in what the client sends, and count it."""
        self._moved += len(data)
        if self.cache is None or self.page is None:
            return bool(super().received(data))
        if self.request is None and not self.requests and not self._is_sending():
            began = time.perf_counter()
            reply = self.cache.spelled(data, self.page.read())
            if reply is not None and self._give(reply, {}, began):
                return True
            if self.direct is not None and self.direct.ask(self, data, began):
                self.asking = True
                return True
            self._piece = data
        return self._take_apart(data)

    def readable(self) -> bool:
        """See waitress; what follows a query that a reader is being asked waits in the connection."""
        return not self.asking and bool(super().readable())

    def answered(self, reply: Reply, named: str) -> None:
        """Send what a direct reader answered."""
        self.asking = False
        if self.connected:
            self._send_reply(reply, named)

    def go_the_long_way(self, request: bytes) -> None:
        """Have the application answer what no direct reader did."""
        self.asking = False
        if self.connected:
            self._piece = request
            self._take_apart(request)

    def _take_apart(self, data: bytes) -> bool:
        self._reading = threading.get_ident()
        try:
            return bool(super().received(data))
        finally:
            self._piece, self._reading = b"", 0

    def answer_at_once(self) -> bool:
        """Answer the first request from the cache if that can be done; a thread that answers others leaves it."""
        cache, page = self.cache, self.page
        if cache is None or page is None or self._reading != threading.get_ident():
            return False
        if len(self.requests) != 1 or self._is_sending():
            return False
        began = time.perf_counter()
        request = self.requests[0]
        # By these bytes a reader may be asked directly, once it is known what the application makes of them.
        request.piece = self._piece if _is_one_request(self._piece, request.content_length) else b""
        key = key_of(request)
        entry = cache.find(key, page.read()) if key is not None else None
        if entry is None:
            return False
        reply = reply_of(entry, request)
        closing = replace(reply, head=reply.head + b"Connection: close\r\n")
        if not self._give(closing if request.connection_close else reply, request.headers, began):
            return False
        self.requests.pop()
        if request.connection_close:
            self.close_when_flushed = True
        elif not TOLD_APART & request.headers.keys() and _is_one_request(self._piece, request.content_length):
            cache.spell(self._piece, reply)
        request.close()
        return True

    def _is_sending(self) -> bool:
        return bool(self.total_outbufs_len or self.will_close or self.close_when_flushed)

    def _give(self, reply: Reply, headers: Mapping[str, str], began: float) -> bool:
        """Send as much as the connection takes, and leave the rest to the loop; nothing if the client may not."""
        if self.given_again is None:
            return False
        named = self.given_again.note(
            reply.entry.first, reply.method, headers, self.addr[0], reply.status, len(reply.body), began
        )
        if named is None:
            return False
        self._send_reply(reply, named)
        return True

    def _send_reply(self, reply: Reply, named: str) -> None:
        head, body = reply.head + f"X-Request-ID: {named}\r\n".encode() + date_line(), reply.body
        if len(body) <= SMALL:
            head, body = head + body, b""
        sent = self.send(head)
        if sent == len(head) and not body:
            return
        with self.outbuf_lock:
            for rest in (head[sent:], body):
                if rest and self.connected:
                    self._line_up(rest)
            self._flush_exception(self._flush_some)

    def write_soon(self, data: Any) -> int:
        """See waitress, which would copy a large part twice: it is sent, or waits to be sent, as it is."""
        if not isinstance(data, bytes) or len(data) < LARGE:
            return int(super().write_soon(data))
        with self.outbuf_lock:
            self._flush_outbufs_below_high_watermark()
            if not self.connected:
                raise ClientDisconnected
            if self.total_outbufs_len:
                self._flush_exception(self._flush_some, do_close=False)
            sent = 0
            if not self.total_outbufs_len:
                sent, _ = self._flush_exception(partial(self.send, data), do_close=False)
            if sent < len(data):
                self._line_up(data, sent)
                self.server.pull_trigger()
        return len(data)

    def _line_up(self, data: bytes, sent: int = 0) -> None:
        """Let what is left after so many bytes wait to be sent, as it is; under the lock of the buffers."""
        rest = io.BytesIO(data)
        rest.seek(sent)
        buffer = ReadOnlyFileBasedBuffer(rest)
        self.total_outbufs_len += buffer.prepare()
        # The last is always one that can be appended to.
        last = OverflowableBuffer(self.adj.outbuf_overflow) if self.outbufs[-1] else self.outbufs.pop()
        self.outbufs += [buffer, last]
        self.current_outbuf_count = 0

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Send, and count what the client takes."""
        sent = int(super().send(data, do_close=do_close))
        self._moved += sent
        return sent

    def check(self, now: float) -> None:
        """Let go of a client that has half a request, or half an answer, for too long."""
        if self.request is None and not self.total_outbufs_len:
            self._since = None
        elif self._since is None:
            self._since, self._moved = now, 0
        elif now - self._since > self.patience + self._moved / RATE:
            self._leave()

    def _leave(self) -> None:
        self._since = None
        with self.requests_lock:
            late = self.request
            if late is not None and not self.total_outbufs_len:
                late.error = RequestTimeout("The request did not arrive in time")
                late.completed = True
                self.request = None
                self.requests.append(late)
                if len(self.requests) == 1:
                    self.server.add_task(self)
                return
        self.handle_close()


def _is_one_request(piece: bytes, body: int) -> bool:
    """Whether the bytes are one request and nothing else."""
    end = piece.find(b"\r\n\r\n") + 4
    return not piece.startswith(b"\r") and end > 4 and end + body == len(piece)


class Brevity(logging.Filter):
    """An answer that was broken off is told in a line: why is known, and it is nobody's fault."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, shortened."""
        error: Any = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if isinstance(error, GraphsvcError):
            record.msg, record.args = "an answer was broken off: %s", (str(error),)
            record.exc_info, record.levelno, record.levelname = None, logging.WARNING, "WARNING"
        return True


def check_all(channels: list[Channel]) -> None:
    """Let go of the clients that are late."""
    now = time.monotonic()
    for channel in channels:
        channel.check(now)
