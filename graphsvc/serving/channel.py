"""One client's connection: what cannot be read as a request is refused, and a client that dawdles is left."""

from __future__ import annotations

import json
import logging
import re
import time
from http import HTTPStatus
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask
from waitress.utilities import Error

from graphsvc.errors import GraphsvcError

# A client has its patience, and beyond it the time that its bytes need at so many a second.
RATE = 64 << 10
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


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection of waitress's that knows how long its client has taken to send, or to take what is sent."""

    error_task_class = Refusal
    parser_class = Parser
    patience = 30.0
    request: Any
    _since: float | None = None
    _moved = 0

    def received(self, data: bytes) -> bool:
        """Take in what the client sends, and count it."""
        self._moved += len(data)
        return bool(super().received(data))

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
