"""Between a connection and the cache: which requests may be answered from it, and which answers go into it.

What decides an answer is the request itself: its target, its body, and every header but those that the
application never reads. So the key has all of those, and no list of what an answer varies by can be incomplete.
"""

from __future__ import annotations

import re
import time
from collections.abc import Hashable
from dataclasses import replace
from typing import Any

from waitress.task import WSGITask
from waitress.utilities import build_http_date

from graphsvc.serving.direct_queries import DirectQueries
from graphsvc.serving.response_cache import Entry, Reply, ResponseCache
from graphsvc.web.caching import ENVIRON, OF_THE_BODY, Caching, Scope
from graphsvc.web.given_again import TOLD_APART
from graphsvc.web.observation import of as record_of
from graphsvc.workers.board import EpochPage
from graphsvc.workers.changed_graphs import digest
from graphsvc.workers.direct import LONGEST

# Bodies of queries that are longer, and requests with more in their headers, are not looked up.
MAX_BODY = 64 << 10
MAX_HEADERS = 8 << 10
# What is longer is not joined with its header, which would copy it.
SMALL = 64 << 10
_METHODS = {"GET": "GET", "HEAD": "GET", "POST": "POST", "QUERY": "QUERY"}
# The application reads none of these; If-None-Match is compared here.
_IGNORED = frozenset(
    {"CACHE_CONTROL", "CONNECTION", "CONTENT_LENGTH", "COOKIE", "DNT", "FORWARDED", "IF_NONE_MATCH"}
    | {"KEEP_ALIVE", "ORIGIN", "PRAGMA", "PRIORITY", "REFERER", "TE", "UPGRADE_INSECURE_REQUESTS"}
    | {"USER_AGENT", "VIA"}
    | TOLD_APART
)
_IGNORED_PREFIXES = ("SEC_", "X_FORWARDED_")
# Not in a 304, as `caching` says, and what goes with the body.
_OF_THE_BODY = (b"content-", b"transfer-encoding:", *(f"{name.lower()}:".encode() for name in OF_THE_BODY))
# What is said of one request alone.
_OF_ONE = (b"date:", b"x-request-id:", b"ratelimit:", b"ratelimit-policy:")
_KEPT_OF_CONTENT = (b"content-location:",)
# What an entity tag has behind the one of the representation that is not packed.
_CODED = re.compile(r"(?:-[a-z]+)?")
_TAG = re.compile(r'(?:W/)?"([^"]*)"')


def key_of(request: Any) -> Hashable | None:
    """What a request is remembered by; None where its answer is nobody else's affair, or may not be the same."""
    if request.error or request.version != "1.1":
        return None
    method, headers = _METHODS.get(request.command), request.headers
    if method is None:
        return None
    if "AUTHORIZATION" in headers or "EXPECT" in headers:
        return None
    body = b""
    if method in ("POST", "QUERY"):
        # Else a body would be read here that may be an upload.
        if not request.path.endswith("/sparql") or "IF_NONE_MATCH" in headers:
            return None
        if request.body_rcv is None or len(request.body_rcv) > MAX_BODY:
            return None
        stream = request.get_body_stream()
        body = stream.read()
        stream.seek(0)
    elif request.body_rcv is not None:
        return None
    told = tuple(
        sorted(
            (name, value)
            for name, value in headers.items()
            if name not in _IGNORED and not name.startswith(_IGNORED_PREFIXES)
        )
    )
    if sum(len(name) + len(value) for name, value in told) + len(request.request_uri) > MAX_HEADERS:
        return None
    return (method, request.request_uri, told, body)


def reply_of(entry: Entry, request: Any) -> Reply:
    """What a request gets of an entry: all, the header alone, or the word that it has it already."""
    held = request.headers.get("IF_NONE_MATCH", "")
    if held and request.command != "POST" and (held.strip() == "*" or entry.tag in _TAG.findall(held)):
        return Reply(entry, request.command, 304, entry.unmodified, b"")
    return Reply(entry, request.command, 200, entry.head, b"" if request.command == "HEAD" else entry.body)


class Task(WSGITask):  # type: ignore[misc]
    """One request that the application answers; the answer is kept if it may be.

    It may be if the application says so, it is whole, and no write was acknowledged from before the application
    was asked until after it had answered: then it is of that epoch, whatever parts it was made of.
    """

    cache: ResponseCache | None = None
    page: EpochPage | None = None
    direct: DirectQueries | None = None
    wrote_header: bool
    close_on_finish: bool
    _caching: Caching | None = None
    _header = b""
    _parts: list[bytes] | None = None
    _size = 0

    def execute(self) -> None:
        """Have the application answer."""
        cache, page = self.cache, self.page
        key = key_of(self.request) if cache is not None and page is not None else None
        if cache is None or page is None or key is None:
            super().execute()
            return
        epoch = page.read()
        self._caching = caching = Caching()
        self.get_environment()[ENVIRON] = caching
        self._parts = []
        super().execute()
        whole = caching.allowed and caching.complete and epoch and page.read() == epoch
        if whole and self._parts is not None and cache.is_wanted(key, self._size):
            entry = self._entry(epoch, caching)
            if entry is not None:
                cache.keep(key, entry)
                self._learn(key, entry, caching)

    def _learn(self, key: Hashable, entry: Entry, caching: Caching) -> None:
        """Tell what may ask a reader directly the next time."""
        request, told = self.request, key[2] if isinstance(key, tuple) else ()
        piece = getattr(request, "piece", b"")
        if self.direct is not None and caching.plain is not None and piece and not request.connection_close:
            self.direct.learn(piece, request.headers, told, entry, caching.plain)

    def build_response_header(self) -> bytes:
        """The header as it is sent.

        A stream in chunks shows its own end, so the connection stays open, which waitress would close.
        """
        self._header = super().build_response_header()
        closing = self.request.connection_close or self.request.command == "HEAD"
        if self.chunked_response and not closing:
            self.close_on_finish = False
            self._header = self._header.replace(b"\r\nConnection: close\r\n", b"\r\n", 1)
        return self._header

    def write(self, data: bytes) -> None:
        """Send a part of the body, and remember it as long as it is not too much."""
        if self._parts is not None and data and self.cache is not None and self._caching is not None:
            self._size += len(data)
            if self._size > max(self.cache.largest, LONGEST) or not self._caching.allowed:
                self._parts = None
            else:
                self._parts.append(bytes(data))
        if not self.wrote_header and 0 < len(data) <= SMALL and self.content_length == len(data):
            # One packet to send, and one less to wait for.
            header = self.build_response_header()
            if self.has_body:
                self.wrote_header = True
                self.content_bytes_written = len(data)
                self.channel.write_soon(header + data)
                return
        super().write(data)

    def _entry(self, epoch: bytes, caching: Caching) -> Entry | None:
        """The answer as an entry; None where it is not whole, or not of this epoch."""
        if self._parts is None or self.request.command == "HEAD" or self.close_on_finish:
            return None
        if self.status != "200 OK" or self.content_length not in (None, self._size):
            return None
        lines = [
            line for line in self._header.split(b"\r\n") if line and not line.lower().startswith(_OF_ONE)
        ]
        if self.content_length is None:
            # A stream that came to its end is known to be whole.
            lines = [line for line in lines if not line.lower().startswith(b"transfer-encoding:")]
            lines.append(b"Content-Length: %d" % self._size)
        told = dict(line.lower().split(b": ", 1) for line in lines[1:])
        tag = self._header_value("ETag").strip('"')
        if not tag or told.get(b"cache-control") != b"no-cache" or b"set-cookie" in told:
            return None
        if told.get(b"graph-epoch", epoch) != epoch:
            return None
        kept = [line for line in lines[1:] if _is_kept(line.lower())]
        return Entry(
            epoch,
            b"\r\n".join(lines) + b"\r\n",
            b"\r\n".join([b"HTTP/1.1 304 Not Modified", *kept]) + b"\r\n",
            b"".join(self._parts),
            tag,
            record_of(self.get_environment()),
            _scope(caching.scope, tag, epoch),
            caching.files,
        )

    def _header_value(self, name: str) -> str:
        return next((str(value) for one, value in self.response_headers if one.lower() == name.lower()), "")


def _scope(scope: Scope | None, tag: str, epoch: bytes) -> Scope | None:
    """What an answer depends on, with digests of the graphs; None where its tag is not the one that was said."""
    if scope is None or not _CODED.fullmatch(tag.removeprefix(scope.tag_at(epoch.decode()))):
        return None
    return replace(scope, graphs=frozenset(map(digest, scope.graphs)))


def _is_kept(line: bytes) -> bool:
    return line.startswith(_KEPT_OF_CONTENT) or not line.startswith(_OF_THE_BODY)


_date: tuple[int, bytes] = (0, b"")


def date_line() -> bytes:
    """The Date header of now, and the empty line that ends a header."""
    global _date
    now = int(time.time())
    if _date[0] != now:
        _date = (now, f"Date: {build_http_date(now)}\r\n\r\n".encode())
    return _date[1]
