"""Documents in parts that can be loaded one after another, however large a document is.

N-Triples and N-Quads are cut at ends of lines, into parts that are the same on every machine; a document in any
other syntax is one part.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import zlib
from collections.abc import Iterator
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
# Unpacked bytes of lines in a part: some hundred thousand triples, which a processor loads in a second or so.
PART = 16 << 20
# A small file is cut into several parts as well, so that all processors have something to do; not into tiny ones.
_SEVERAL, _LEAST = 4, 16


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


@dataclass(frozen=True)
class Part:
    """A part of a source: its content, or the file that has it; `end` is where the next part starts, unpacked.

    `read` is how many bytes of the file are behind it.
    """

    source: Source
    content: bytes | Path
    start: int
    end: int
    read: int

    def digest(self) -> bytes:
        """The SHA-256 of what is in it."""
        if isinstance(self.content, bytes):
            return hashlib.sha256(self.content).digest()
        with open(self.content, "rb") as file:
            return hashlib.file_digest(file, "sha256").digest()

    def bytes(self) -> bytes:
        """What is in it."""
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()


def parts(source: Source, start: int, folder: Path) -> Iterator[Part]:
    """The parts of a source from the unpacked byte `start` on; `folder` is for what has to be unpacked.

    Raises ProjectError for a file that cannot be read, DataSyntaxError for one that is no gzip.
    """
    try:
        with open(source.path, "rb") as raw:
            content = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if source.packed else raw
            if source.syntax in LINES:
                yield from _lines(source, content, raw, start)
            elif start == 0:
                yield _whole(source, content, folder)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataSyntaxError(f"{str(error).rstrip('.')}.", source=str(source.path)) from None
    except OSError as error:
        raise ProjectError(f"{source.path}: {error.strerror or error}") from error


def _lines(source: Source, content: IO[bytes], raw: IO[bytes], start: int) -> Iterator[Part]:
    content.seek(start)
    size = min(PART, max(PART // _LEAST, source.size // _SEVERAL))
    while block := content.read(size):
        block += b"" if block.endswith(b"\n") else content.readline()
        yield Part(source, block, start, start + len(block), raw.tell())
        start += len(block)


def _whole(source: Source, content: IO[bytes], folder: Path) -> Part:
    place = source.path
    if source.packed:
        place = folder / "unpacked"
        with open(place, "wb") as file:
            shutil.copyfileobj(content, file, 1 << 20)
    return Part(source, place, 0, place.stat().st_size, source.size)


def quads_of(part: Part, base: str) -> Iterator[ox.Quad]:
    """The quads of a part. A blank node is named after the document and, in lines, its label there.

    Raises DataSyntaxError with the line of the document.
    """
    source = part.source
    if source.syntax in LINES:
        yield from _quads_of_lines(part)
        return
    yield from read_document(
        part.bytes(),
        source.syntax,
        source=source.path.name,
        base=base,
        graph=source.graph or None,
        label_blank_nodes=True,
    )


def _quads_of_lines(part: Part) -> Iterator[ox.Quad]:
    source, document = part.source, part.bytes()
    stem = hashlib.sha256(source.path.name.encode()).hexdigest()[:8]
    where = ox.NamedNode(source.graph) if source.graph else ox.DefaultGraph()

    def named(term: object) -> object:
        if isinstance(term, ox.BlankNode):
            return ox.BlankNode(f"b{stem}{term.value}")
        if isinstance(term, ox.Triple):
            return ox.Triple(named(term.subject), term.predicate, named(term.object))  # type: ignore[arg-type]
        return term

    try:
        for quad in ox.parse(document, engine_format(source.syntax), rename_blank_nodes=False):
            graph = where if isinstance(quad.graph_name, ox.DefaultGraph) else named(quad.graph_name)
            yield ox.Quad(named(quad.subject), quad.predicate, named(quad.object), graph)  # type: ignore[arg-type]
    except (SyntaxError, ValueError, MemoryError):
        try:
            for _ in read_document(document, source.syntax, source=source.path.name):
                pass
        except DataSyntaxError as error:
            if error.line is not None:
                error.line += _lines_before(part)
            raise error from None
        raise


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
    content = part.bytes()
    names = {name.decode(errors="replace") for name in set(_LAST.findall(content))}
    return names | {source.graph}


def position(part: Part) -> int:
    """How far the engine has read the file of a part, in bytes; 0 for a part in memory, of which nobody knows."""
    if isinstance(part.content, bytes) or part.content != part.source.path:
        return 0
    for link in Path("/proc/self/fd").iterdir():
        try:
            if link.readlink() == part.content.resolve():
                return int(Path(f"/proc/self/fdinfo/{link.name}").read_text(encoding="ascii").split()[1])
        except (OSError, ValueError):
            continue  # it was closed meanwhile
    return 0
