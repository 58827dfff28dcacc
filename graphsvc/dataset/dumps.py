"""The whole dataset as one file: written once, held in a file without a name, sent from there.

So a download is whole or an error, and it does not keep a reader busy while a slow client takes it.
"""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import IO

import pyoxigraph as ox

from graphsvc.formats import N_TRIPLES, Format, Kind
from graphsvc.rdf import Iri
from graphsvc.rdf.reading import engine_format
from graphsvc.sparql import read
from graphsvc.store import Store

_CHUNK = 1 << 16


class Dump:
    """A written file of `length` bytes; it is gone from the disk when the last user lets go of it."""

    def __init__(self, file: IO[bytes]) -> None:
        """Take over what was written to `file`, which may then be closed."""
        file.flush()
        self._descriptor = os.dup(file.fileno())
        self.length = os.fstat(self._descriptor).st_size
        weakref.finalize(self, os.close, self._descriptor)

    def chunks(self) -> Iterator[bytes]:
        """The bytes from the start; any number of threads may read at once."""
        place = 0
        while chunk := os.pread(self._descriptor, _CHUNK, place):
            place += len(chunk)
            yield chunk


def dump(
    store: Store, graphs: Iterable[str], syntax: Format, prefixes: Mapping[str, str], *, packed: bool = False
) -> Dump:
    """The whole dataset in one syntax, packed with gzip if wanted.

    TriG, N-Quads and JSON-LD keep the named graphs, which come in the order of `graphs`; the other syntaxes
    hold the merge of all graphs, each triple once. A graph that is not too large to sort is sorted, so the
    same data give the same bytes; a larger one comes in the order of the store, which depends on the files
    alone. Raises as `Store.query` does.
    """
    with tempfile.TemporaryFile() as plain:
        write(store, graphs, syntax, prefixes, plain)
        if not packed:
            return Dump(plain)
        plain.seek(0)
        with tempfile.TemporaryFile() as zipped:
            # Without name and time the same content packs to the same bytes.
            with gzip.GzipFile("", "wb", 6, zipped, mtime=0) as packer:
                shutil.copyfileobj(plain, packer, _CHUNK)
            return Dump(zipped)


def write(
    store: Store, graphs: Iterable[str], syntax: Format, prefixes: Mapping[str, str], out: IO[bytes]
) -> None:
    """Write the whole dataset to `out` as `dump` does, in memory that does not grow with it."""
    if syntax.kind is Kind.DATASET:
        ox.serialize(_quads(store, graphs), out, engine_format(syntax), prefixes=dict(prefixes))
        return
    for chunk in store.query(read("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }"), syntax).chunks:
        out.write(chunk)


def _quads(store: Store, graphs: Iterable[str]) -> Iterator[ox.Quad]:
    for name in graphs:
        graph = ox.NamedNode(name)
        query = read(f"CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH {Iri(name).n3()} {{ ?s ?p ?o }} }}")
        triples = _Source(store.query(query, N_TRIPLES).chunks)
        for quad in ox.parse(triples, ox.RdfFormat.N_TRIPLES):  # type: ignore[arg-type]
            yield ox.Quad(quad.subject, quad.predicate, quad.object, graph)


class _Source:
    """Chunks as a file to read from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, all that is left for a negative size; none at the end."""
        if size < 0:
            self._rest += b"".join(self._chunks)
            size = len(self._rest)
        while not self._rest and (chunk := next(self._chunks, None)) is not None:
            self._rest = chunk
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece
