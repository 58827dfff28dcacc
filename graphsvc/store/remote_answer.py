"""Answers of a remote store, handed on: as they are where their own syntax shows that they are whole.

JSON and XML have an end that can be seen; rows in them are handed on as the engine wrote them, and only their
nesting is looked at. Comma-separated values and triples end anywhere: they are parsed and written anew, rows from
another syntax.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import IO, Any, Protocol
from xml.parsers import expat

import pyoxigraph as ox

from graphsvc.errors import RemoteFailure, ResultTooLarge
from graphsvc.exchange import Reply
from graphsvc.formats import RESULTS_JSON, RESULTS_XML, Format
from graphsvc.store.dialects import Dialect
from graphsvc.store.evaluation import write_triples
from graphsvc.store.output_cap import OutputCap
from graphsvc.store.port import Answer

_CHUNK = 1 << 16
# What is written anew is whole before it is sent, and no larger than this.
_MOST = 1 << 30
# All that stands outside of strings, besides spaces; a quotation mark for each string.
_SIGNS = b'{}[]:,"0123456789truefalsn+-.E'
# Behind a closing bracket comes a comma, another, or the end.
_MISPLACED = re.compile(rb"[\]}][^,\]}]")
_OPENED = "The remote store answered with what is no result."
_UNFINISHED = "The remote store broke off its answer."


def asked_for(result: Format, dialect: Dialect) -> Format:
    """The format in which rows are asked for that are wanted in `result`."""
    as_they_are = result in (RESULTS_JSON, RESULTS_XML) and dialect.rows is RESULTS_JSON
    return result if as_they_are else dialect.rows


class _Source(Protocol):
    def read(self, size: int = -1) -> bytes: ...


class _Relabelled:
    """An answer in XML, with labels of blank nodes that a parser takes."""

    def __init__(self, reply: Reply, prefix: str) -> None:
        self._reply = reply
        # In the text of an element `<` is always escaped, so this stands nowhere else.
        self._wrong = b"<bnode>" + prefix.encode()
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        while True:
            chunk = self._reply.read(_CHUNK if size < 0 else size)
            text = (self._rest + chunk).replace(self._wrong, b"<bnode>")
            keep = next((n for n in range(len(self._wrong) - 1, 0, -1) if text.endswith(self._wrong[:n])), 0)
            keep = keep if chunk else 0
            self._rest, text = text[len(text) - keep :], text[: len(text) - keep]
            if text or not chunk:
                return text


def handed_on(
    stack: ExitStack,
    reply: Reply,
    result: Format,
    dialect: Dialect,
    cap: OutputCap,
    epoch: str,
    hold_back: int,
) -> Answer:
    """Rows in the asked-for format; `stack` is closed when the answer is read or let go of.

    Up to `hold_back` bytes they are whole before the first is sent. Raises RemoteFailure for an answer that is
    not whole or no result, ResultTooLarge past the cap.
    """
    given = {RESULTS_JSON.media_type: RESULTS_JSON, RESULTS_XML.media_type: RESULTS_XML}.get(reply.media_type)
    if given is None:
        raise RemoteFailure(f"The remote store answered a query in {reply.media_type!r}.")
    relabel = given is RESULTS_XML and dialect.blank_prefix
    source: _Source = _Relabelled(reply, dialect.blank_prefix) if relabel else reply
    if given is not result or cap.rows:
        return rewritten(reply, lambda out: _copy_rows(source, given, result, cap.file(out, result)), epoch)
    chunks = _checked(source, _JsonEnd() if given is RESULTS_JSON else _XmlEnd(), cap)
    held, size = [], 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size > hold_back:
            return Answer(_kept_open(stack.pop_all(), held, chunks), epoch)
    return Answer(iter(held), epoch, size)


def rewritten(reply: Reply, write: Callable[[IO[bytes]], None], epoch: str) -> Answer:
    """What `write` makes of an answer, whole; beyond some size it is in a temporary file."""
    # The answer closes it when it is read, or let go of.
    out: IO[bytes] = tempfile.SpooledTemporaryFile(16 << 20)  # noqa: SIM115
    reply.limit = _MOST
    try:
        write(_Bounded(out))  # type: ignore[arg-type]
    except (SyntaxError, OSError) as error:
        out.close()
        raise reply.failure or RemoteFailure(f"The remote store broke off its answer: {error}") from error
    except BaseException:
        out.close()
        raise
    length = out.tell()
    out.seek(0)
    return Answer(_file_chunks(out), epoch, length)


def copy_triples(
    reply: Reply, result: Format, out: IO[bytes], prefixes: Mapping[str, str], cap: OutputCap
) -> None:
    """Triples in the asked-for format; raises SyntaxError for what is no N-Triples."""
    triples = (quad.triple for quad in ox.parse(reply, ox.RdfFormat.N_TRIPLES))  # type: ignore[arg-type]
    try:
        write_triples(cap.counted(triples), result, cap.file(out, result), prefixes)
    finally:
        triples.close()


class _Bounded:
    """A file that takes no more than what may be held."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._size = 0

    def write(self, chunk: bytes) -> int:
        self._size += len(chunk)
        if self._size > _MOST:
            raise ResultTooLarge(f"The answer is longer than {_MOST:,} bytes in this format; ask for less.")
        return self._out.write(chunk)

    def flush(self) -> None:
        self._out.flush()


def _copy_rows(source: _Source, given: Format, result: Format, out: IO[bytes]) -> None:
    wanted = ox.QueryResultsFormat.from_media_type(result.media_type)
    parsed = ox.QueryResultsFormat.from_media_type(given.media_type)
    if wanted is None or parsed is None:
        raise ValueError(f"{result.label} cannot carry solutions")
    found: Any = None
    try:
        found = ox.parse_query_results(source, parsed)  # type: ignore[arg-type]
        found.serialize(out, wanted)
    finally:
        # The engine's object must end in the thread that made it, and a traceback would keep it.
        found = None


class _End(Protocol):
    def feed(self, chunk: bytes) -> None: ...

    def finish(self) -> None: ...


class _JsonEnd:
    """Follows the nesting of a JSON document of results. Raises RemoteFailure where it is none."""

    def __init__(self) -> None:
        self._start: bytes | None = b""
        self._in_string = False
        self._escape = b""
        self._tail = b""
        self._depth = 0

    def feed(self, chunk: bytes) -> None:
        if self._start is not None:
            chunk = self._start + chunk
            if not _begins(chunk):
                self._start = chunk
                return
            self._start = None
        bare = self._without_strings(chunk).translate(None, b" \t\r\n")
        if not bare:
            return
        self._depth += bare.count(b"{") + bare.count(b"[") - bare.count(b"}") - bare.count(b"]")
        if self._depth < 0 or bare.translate(None, _SIGNS) or _MISPLACED.search(self._tail + bare):
            raise RemoteFailure(_UNFINISHED)
        self._tail = bare[-1:]

    def _without_strings(self, chunk: bytes) -> bytes:
        """What of a chunk is outside of strings, one of which may have begun before, and one may go on after."""
        text = self._escape + chunk
        self._escape = b"\\" if (len(text) - len(text.rstrip(b"\\"))) % 2 else b""
        if self._escape:
            text = text[:-1]
        # Outside of strings there are no backslashes, so nothing else is lost with these.
        parts = text.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')
        outside = parts[1 if self._in_string else 0 :: 2]
        self._in_string ^= len(parts) % 2 == 0
        # Each string leaves a sign where it begins.
        goes_on = self._in_string and len(parts) > 1
        return b'"'.join(outside) + (b'"' if goes_on else b"")

    def finish(self) -> None:
        if self._start is not None or self._depth or self._in_string or self._tail != b"}":
            raise RemoteFailure(_UNFINISHED)


def _begins(text: bytes) -> bool:
    """Whether the beginning of a document is that of results; not, as long as it cannot be told."""
    head = text.lstrip()
    if head and not head.startswith(b"{"):
        raise RemoteFailure(_OPENED)
    if any(name in head for name in (b'"head"', b'"results"', b'"boolean"')):
        return True
    if len(text) > 1_000:
        raise RemoteFailure(_OPENED)
    return False


class _XmlEnd:
    """Follows the nesting of an XML document of results. Raises RemoteFailure where it is none."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._started
        self._parser.StartDoctypeDeclHandler = self._declared

    def _started(self, name: str, _: object) -> None:
        self._parser.StartElementHandler = None
        if name != "http://www.w3.org/2005/sparql-results# sparql":
            raise RemoteFailure(_OPENED)

    def _declared(self, *_: object) -> None:
        raise RemoteFailure("The remote store answered with a document type, which results have not.")

    def feed(self, chunk: bytes) -> None:
        self._parse(chunk, False)

    def finish(self) -> None:
        self._parse(b"", True)

    def _parse(self, chunk: bytes, last: bool) -> None:
        try:
            self._parser.Parse(chunk, last)
        except expat.ExpatError as error:
            raise RemoteFailure(f"The remote store broke off its answer: {error}") from error


def _checked(source: _Source, end: _End, cap: OutputCap) -> Iterator[bytes]:
    size = 0
    while chunk := source.read(_CHUNK):
        end.feed(chunk)
        size += len(chunk)
        cap.check(0, size)
        yield chunk
    end.finish()


def _kept_open(
    opened: AbstractContextManager[Any], held: list[bytes], rest: Iterator[bytes]
) -> Iterator[bytes]:
    with opened:
        while held:
            yield held.pop(0)
        yield from rest


def _file_chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
