"""Documents in parts that can be loaded one after another, however large a document is.

N-Triples and N-Quads are cut at ends of lines; a document in any other syntax is one part.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import pyoxigraph as ox

from graphsvc.errors import DataSyntaxError, ProjectError
from graphsvc.formats import N_QUADS, Format
from graphsvc.rdf import read_document
from graphsvc.rdf.filling import LINES
from graphsvc.rdf.reading import engine_format

# The last term of a line: a graph, or the object of what is in none.
_LAST = re.compile(rb"<([^<>]*)>[ \t]*\.[ \t]*\r?$", re.M)
# Lines are cut at the first end of a line after each so many unpacked bytes: the same pieces on every machine.
PIECE = 1 << 20
# About so many bytes of pieces make a part: half a million triples, which a processor loads in four seconds or so.
# Each part is a file more in each index, and every few of those the engine merges them all, which takes long.
PART = 64 << 20
# N-Triples packed with gzip are this many times smaller, or so.
_PACKED = 10


@dataclass(frozen=True)
class Source:
    """A file, its syntax, and the graph for what it puts into no graph (the default graph, if that is empty)."""

    path: Path
    syntax: Format
    graph: str

    @property
    def identity(self) -> list[str | int]:
        """By what it is told whether it is the same file, unchanged."""
        found = self.path.stat()
        return [str(self.path.resolve()), self.syntax.name, self.graph, found.st_size, found.st_mtime_ns]

    @property
    def packed(self) -> bool:
        """Whether it is packed with gzip."""
        return self.path.suffix == ".gz"

    @property
    def size(self) -> int:
        """Its bytes, as they are in the file."""
        return self.path.stat().st_size

    @property
    def unpacked(self) -> int:
        """About how many bytes are in it."""
        if not self.packed or self.size < 4:
            return self.size
        with open(self.path, "rb") as file:
            file.seek(-4, 2)
            # Of the last member alone, and no more than 32 bits of it.
            # https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1
            said = int.from_bytes(file.read(), "little")
        return said if said > self.size else self.size * _PACKED


@dataclass
class Part:
    """A part of a source: its content, or the file that has it; `end` is where the next part starts, unpacked.

    `before` and `read` are how many bytes of the file are behind its start and its end; `done` counts the bytes of
    a content in memory that the engine has taken.
    """

    source: Source
    content: bytes | Path
    start: int
    end: int
    before: int
    read: int
    done: int = 0

    def digests(self) -> list[bytes]:
        """The SHA-256 of each of its pieces."""
        if isinstance(self.content, Path):
            with open(self.content, "rb") as file:
                return [hashlib.file_digest(file, "sha256").digest()]
        view, found, begun = memoryview(self.content), [], 0
        while begun < len(view):
            after = _next_cut(self.start + begun) - self.start
            end = self.content.find(b"\n", after - 1) + 1 or len(view)
            found.append(hashlib.sha256(view[begun:end]).digest())
            begun = end
        return found

    def bytes(self) -> bytes:
        """What is in it."""
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()


class Reading:
    """Some lines of a part, as a file for the engine; the part is told of what is taken."""

    def __init__(self, part: Part, lines: bytes) -> None:
        self._part, self._lines, self._place = part, lines, 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        end = len(self._lines) if size < 0 else self._place + size
        found = self._lines[self._place : end]
        self._place += len(found)
        self._part.done += len(found)
        return found


def part_size(sources: Sequence[Source], workers: int) -> int:
    """The bytes of a part of lines, so that so many workers have the same to do: PART, and half more or less.

    Where there is little, each worker gets one part.
    """
    size = sum(source.unpacked for source in sources if source.syntax in LINES)
    rounds = max(1, round(size / PART / workers))
    return -(-size // (rounds * workers))


def parts(source: Source, start: int, folder: Path, size: int) -> Iterator[Part]:
    """The parts of a source from the unpacked byte `start` on, of about `size` bytes where it has lines.

    `folder` is for what has to be unpacked. Raises ProjectError for a file that cannot be read, DataSyntaxError
    for one that is no gzip.
    """
    try:
        with open(source.path, "rb") as raw:
            content = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if source.packed else raw
            if source.syntax in LINES:
                yield from _lines(source, content, raw, start, size)
            elif start == 0:
                yield _whole(source, content, folder)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataSyntaxError(f"{str(error).rstrip('.')}.", source=str(source.path)) from None
    except OSError as error:
        raise ProjectError(f"{source.path}: {error.strerror or error}") from error


def _next_cut(place: int) -> int:
    """Where a piece that begins at a place may end at the earliest."""
    return (place // PIECE + 1) * PIECE


def _lines(source: Source, content: IO[bytes], raw: IO[bytes], start: int, size: int) -> Iterator[Part]:
    content.seek(start)
    before = raw.tell()
    more = max(0, -(-size // PIECE) - 1) * PIECE
    while block := content.read(_next_cut(start) + more - start):
        block += b"" if block.endswith(b"\n") else content.readline()
        yield Part(source, block, start, start + len(block), before, raw.tell())
        start, before = start + len(block), raw.tell()


def _whole(source: Source, content: IO[bytes], folder: Path) -> Part:
    place = source.path
    if source.packed:
        # Several are loaded side by side.
        name = hashlib.sha256(str(source.path.resolve()).encode()).hexdigest()[:16]
        place = folder / f"unpacked-{name}"
        with open(place, "wb") as file:
            shutil.copyfileobj(content, file, 1 << 20)
    return Part(source, place, 0, place.stat().st_size, 0, source.size)


def quads_of(part: Part, base: str) -> Iterator[ox.Quad]:
    """The quads of a part that has no lines; a blank node is named after the document.

    Raises DataSyntaxError with the line.
    """
    source = part.source
    yield from read_document(
        part.bytes(),
        source.syntax,
        source=source.path.name,
        base=base,
        graph=source.graph or None,
        label_blank_nodes=True,
    )


def quads_of_lines(part: Part, lines: bytes) -> Iterator[ox.Quad]:
    """The quads of some lines of a part; a blank node is named after the document and its label there.

    Raises DataSyntaxError with the line of the document.
    """
    source = part.source
    stem = hashlib.sha256(source.path.name.encode()).hexdigest()[:8]
    where = ox.NamedNode(source.graph) if source.graph else ox.DefaultGraph()

    def named(term: object) -> object:
        if isinstance(term, ox.BlankNode):
            return ox.BlankNode(f"b{stem}{term.value}")
        if isinstance(term, ox.Triple):
            return ox.Triple(named(term.subject), term.predicate, named(term.object))  # type: ignore[arg-type]
        return term

    try:
        reading = cast("IO[bytes]", Reading(part, lines))
        for quad in ox.parse(reading, engine_format(source.syntax), rename_blank_nodes=False):
            graph = where if isinstance(quad.graph_name, ox.DefaultGraph) else named(quad.graph_name)
            yield ox.Quad(named(quad.subject), quad.predicate, named(quad.object), graph)  # type: ignore[arg-type]
    except (SyntaxError, ValueError, MemoryError) as error:
        raise fault_of_lines(part, error) from None


def fault_of_lines(part: Part, error: Exception) -> DataSyntaxError:
    """What the engine found in lines of a part, with the line of the document."""
    try:
        for _ in read_document(part.bytes(), part.source.syntax, source=part.source.path.name):
            pass
    except DataSyntaxError as found:
        if found.line is not None:
            found.line += _lines_before(part)
        return found
    return DataSyntaxError(str(error), source=part.source.path.name)


def _lines_before(part: Part) -> int:
    with open(part.source.path, "rb") as raw:
        content = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if part.source.packed else raw
        left, found = part.start, 0
        while left and (block := content.read(min(left, 1 << 20))):
            left -= len(block)
            found += block.count(b"\n")
    return found


def graph_names(part: Part) -> set[str]:
    """The names of the graphs that a part may be about; in N-Quads also some objects, which are none."""
    source = part.source
    if source.syntax is not N_QUADS:
        return {source.graph}
    names = {name.decode(errors="replace") for name in set(_LAST.findall(part.bytes()))}
    return names | {source.graph}


def position(part: Part) -> int:
    """How many bytes of the file the engine has read of a part."""
    if isinstance(part.content, bytes):
        return (part.read - part.before) * part.done // max(1, len(part.content))
    if part.content != part.source.path:
        return 0  # it is the unpacked copy
    for link in Path("/proc/self/fd").iterdir():
        try:
            if link.readlink() == part.content.resolve():
                return int(Path(f"/proc/self/fdinfo/{link.name}").read_text(encoding="ascii").split()[1])
        except (OSError, ValueError):
            continue  # it was closed meanwhile
    return 0
