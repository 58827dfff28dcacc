"""Queries that a reader is asked directly by the loop that reads the connections: no thread, framework or pool.

The application answers the first query of a shape, and says if it is a plain one; what it made of that request, it
would make of every other that differs only in the things that its query is about. Such a request is not taken
apart any more: the query goes to a direct reader, and its answer back under the same headers. Whatever is out of
the ordinary goes the long way: a query that was not quick, an empty answer, an error, a reader that is lost.
"""

from __future__ import annotations

import re
import threading
import time
from binascii import a2b_qp
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from graphsvc.figures import Figure
from graphsvc.formats import Format
from graphsvc.serving.direct_link import Links
from graphsvc.serving.response_cache import Entry, Reply, ResponseCache
from graphsvc.sparql.search_clause import SEARCH
from graphsvc.sparql.shape import shape
from graphsvc.web.caching import Plain
from graphsvc.web.compression import choose_coding, is_worth_it, packed
from graphsvc.web.given_again import TOLD_APART, GivenAgain
from graphsvc.web.notices import is_empty
from graphsvc.web.observation import Record
from graphsvc.web.state import tag_of
from graphsvc.workers.board import EpochPage

# A query is quick that takes the store no more than so many seconds. What was not, or went the long way so often,
# is left alone for a while, and what a reader was lost at for longer.
QUICK = 0.05
DETOURS = 3
PAUSE, LONG_PAUSE = 10.0, 60.0
# Longer texts, more kinds of requests, and more shapes of each are not remembered.
MAX_TEXT = 2_000
MAX_KINDS = 100
MAX_SHAPES = 50
# More is not packed by the loop, which others wait for.
MAX_PACKED = 32 << 10
_METHOD, _VERSION, _QUERY = b"GET ", b" HTTP/1.1", b"?query="
# What stands in a query's value as it is, and escaped; anything else is the application's to refuse.
_VALUE = re.compile(rb"(?:[!$'()*+,\-./0-9:;=?@A-Z_a-z~]++|%[0-9A-Fa-f]{2})++")
_SEARCH = SEARCH.encode()
_TAG, _LENGTH, _EPOCH = b"\1", b"\2", b"\3"


class Asker(Protocol):
    """A connection that a query came over."""

    addr: tuple[str, int]

    def answered(self, reply: Reply, named: str) -> None:
        """Send the answer."""

    def go_the_long_way(self, request: bytes) -> None:
        """Have the application answer."""


@dataclass
class Plan:
    """How a query of one shape is answered: what the reader is asked for, and the headers of a 200 and a 304 with
    marks for what differs."""

    kind: str
    chosen: Format
    head: bytes
    unmodified: bytes
    first: Record
    seconds: float
    until: float = 0.0
    detours: int = 0


@dataclass
class Kind:
    """Requests that have the same target but for the query, and the same headers."""

    headers: Mapping[str, str]
    coding: str
    plain: bool
    told: object
    plans: OrderedDict[str, Plan] = field(default_factory=OrderedDict)


@dataclass(slots=True)
class Asked:
    """A query that a reader was asked."""

    asker: Asker
    request: bytes
    kind: Kind
    plan: Plan
    key: Hashable
    text: str
    client: str
    epoch: bytes
    began: float


class DirectQueries:
    """Answers plain queries of shapes that were seen, of up to `longest` bytes, on `links` to direct readers.

    `learn` may be called by any thread, everything else by the loop alone.
    """

    def __init__(
        self,
        links: Links,
        page: EpochPage,
        cache: ResponseCache,
        given_again: GivenAgain,
        settings_tag: str,
        longest: int = MAX_TEXT,
    ) -> None:
        self._links = links
        self._page = page
        self._cache = cache
        self._given_again = given_again
        self._settings_tag = settings_tag
        self._longest = min(longest, MAX_TEXT)
        self._kinds: OrderedDict[tuple[bytes, bytes], Kind] = OrderedDict()
        self._lock = threading.Lock()
        self.answers = 0
        self.detours = 0

    def ask(self, asker: Asker, request: bytes, began: float) -> bool:
        """Have a reader answer a request, if it is one of those; whether it was asked."""
        found = self._planned(request)
        if found is None:
            return False
        kind, plan, text = found
        epoch = self._page.read()
        link = self._links.free(epoch, plan.seconds)
        if link is None:
            return False
        target = request[len(_METHOD) : request.index(_VERSION)].decode("latin-1")
        key = ("GET", target, kind.told, b"")
        if self._cache.find(key, epoch) is not None:
            return False
        client = self._given_again.admitted(kind.headers, asker.addr[0])
        if client is None:
            return False
        asked = Asked(asker, request, kind, plan, key, text, client, epoch, began)
        return link.ask(plan.kind, text.encode(), plan.seconds, partial(self._settle, asked))

    def learn(
        self, request: bytes, headers: Mapping[str, str], told: object, entry: Entry, plain: Plain
    ) -> None:
        """Take note of how the application answered a request of these bytes, and under which key it is kept."""
        parts = _taken_apart(request)
        if parts is None or len(plain.text) > MAX_TEXT or plain.seconds > QUICK:
            return
        if {"IF_NONE_MATCH", *(TOLD_APART - {"X_FORWARDED_FOR"})} & headers.keys():
            return
        path, rest, _ = parts
        coding, as_it_is = choose_coding(headers.get("ACCEPT_ENCODING"))
        plan = Plan(
            f"{plain.form} {plain.chosen.media_type}",
            plain.chosen,
            _marked(entry.head),
            _marked(entry.unmodified),
            entry.first,
            plain.seconds,
        )
        with self._lock:
            made = Kind(dict(headers), coding, as_it_is, told)
            kind = self._kinds.setdefault((path, rest), made)
            form = shape(plain.text)
            before = kind.plans.get(form)
            if before is not None:
                # It went the long way for a reason that may still hold.
                plan.until = before.until
            kind.plans[form] = plan
            if len(kind.plans) > MAX_SHAPES:
                kind.plans.popitem(last=False)
            if len(self._kinds) > MAX_KINDS:
                self._kinds.popitem(last=False)

    def check(self, now: float) -> None:
        """To be called from time to time."""
        if self._kinds:
            self._links.check(self._page.read(), now)

    def figures(self) -> Iterator[Figure]:
        """How many queries a reader answered directly, and how many had to go the long way after all."""
        yield Figure("direct_answers", "Queries answered by a direct reader.", self.answers, counter=True)
        yield Figure("direct_detours", "Queries it was asked in vain.", self.detours, counter=True)

    def _planned(self, request: bytes) -> tuple[Kind, Plan, str] | None:
        parts = _taken_apart(request)
        if parts is None:
            return None
        path, rest, value = parts
        with self._lock:
            kind = self._kinds.get((path, rest))
            if kind is None:
                return None
            self._kinds.move_to_end((path, rest))
        content = _unescaped(value)
        if len(content) > self._longest or _SEARCH in content:
            return None
        try:
            text = content.decode()
        except UnicodeDecodeError:
            return None
        plan = kind.plans.get(shape(text))
        if plan is None or plan.seconds > QUICK or plan.until > time.monotonic():
            return None
        return kind, plan, text

    def _settle(self, asked: Asked, answer: tuple[bytes, float] | None, lost: bool) -> None:
        """A reader has answered, or has not."""
        plan, now = asked.plan, time.monotonic()
        if answer is not None:
            body, seconds = answer
            plan.seconds = 0.8 * plan.seconds + 0.2 * seconds
            coding = asked.kind.coding
            coded = is_worth_it(coding, len(body), plain=asked.kind.plain)
            if not is_empty(body, plan.chosen) and not (coded and len(body) > MAX_PACKED):
                if plan.seconds > QUICK:
                    plan.until, plan.seconds = now + PAUSE, QUICK
                plan.detours = 0
                self._answer(asked, body, coding if coded else "")
                return
        self.detours += 1
        plan.detours += 1
        if lost and self._page.read() == asked.epoch:
            plan.until = now + LONG_PAUSE
        elif plan.detours >= DETOURS:
            plan.until, plan.detours = now + PAUSE, 0
        asked.asker.go_the_long_way(asked.request)

    def _answer(self, asked: Asked, body: bytes, coding: str) -> None:
        plan, epoch = asked.plan, asked.epoch
        tag = tag_of(
            self._settings_tag, epoch.decode(), plan.chosen.media_type, asked.text, repr((None, None))
        )
        length = b""
        if coding:
            body, tag = packed(coding, body), f"{tag}-{coding}"
            length = f"Content-Encoding: {coding}\r\n".encode()
        length += b"Content-Length: %d" % len(body)
        marked = f'Etag: "{tag}"'.encode()
        head = plan.head.replace(_TAG, marked, 1).replace(_LENGTH, length, 1).replace(_EPOCH, epoch, 1)
        first = plan.first.of_query(asked.text, epoch.decode())
        unmodified = plan.unmodified.replace(_TAG, marked, 1)
        entry = Entry(epoch, head, unmodified, body, tag, first)
        if self._page.read() == epoch:
            self._cache.keep(asked.key, entry)
        reply = Reply(entry, "GET", 200, head, body)
        self._cache.spell(asked.request, reply)
        self.answers += 1
        named = self._given_again.tell(
            first, "GET", asked.kind.headers, asked.client, 200, len(body), asked.began
        )
        asked.asker.answered(reply, named)


def _taken_apart(request: bytes) -> tuple[bytes, bytes, bytes] | None:
    """The path, what follows the target, and the value of the query, of a GET that has no other parameter."""
    if not request.startswith(_METHOD):
        return None
    end = request.find(b"\r\n")
    mark = request.find(_QUERY, 0, end)
    if mark < 0 or not request.endswith(_VERSION, 0, end):
        return None
    value = request[mark + len(_QUERY) : end - len(_VERSION)]
    if not _VALUE.fullmatch(value):
        return None
    return request[len(_METHOD) : mark], request[end:], value


def _unescaped(value: bytes) -> bytes:
    """A value of `_VALUE`, in which each `%` is followed by two digits.

    That is how quoted-printable escapes but for the sign, and to decode it takes a tenth of the time that decoding
    piece by piece does. https://www.rfc-editor.org/rfc/rfc2045#section-6.7
    """
    return a2b_qp(value.replace(b"+", b" ").replace(b"=", b"%3D").replace(b"%", b"="))


def _marked(head: bytes) -> bytes:
    """A header with marks in place of what differs from answer to answer."""
    lines = []
    for line in head.split(b"\r\n"):
        name = line.partition(b":")[0].lower()
        if name == b"etag":
            lines.append(_TAG)
        elif name == b"content-length":
            lines.append(_LENGTH)
        elif name == b"graph-epoch":
            lines.append(line[: len(name)] + b": " + _EPOCH)
        elif name != b"content-encoding":
            lines.append(line)
    return b"\r\n".join(lines)
