"""Documents into an engine at the engine's own speed.

The engine's loader makes up new labels for blank nodes, and no two runs make the same. So only a document that
surely has none goes to it; any other is read quad by quad, and its blank nodes are named after their document.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox

from graphsvc.errors import DataSyntaxError
from graphsvc.formats import N_QUADS, N_TRIPLES, TRIG, TURTLE, Format
from graphsvc.rdf.reading import engine_format

# How a blank node begins in lines; within a text or an IRI it is a false alarm that costs speed alone.
_LABEL = b"_:"
# As much of a document as surely has no blank node: up to a label, a collection, a bracket, or a reifier.
# https://www.w3.org/TR/rdf12-turtle/#sec-grammar-grammar
_WITHOUT = re.compile(
    rb"""(?: [^"'<\#\[(_~{]++
    | \"{3} (?:[^"\\]++|\\.|"{1,2}(?!"))*+ \"{3}
    | '{3} (?:[^'\\]++|\\.|'{1,2}(?!'))*+ '{3}
    | " (?:[^"\\\n]++|\\.)*+ " | ' (?:[^'\\\n]++|\\.)*+ '
    | <(?!<) [^>\n]*+ > | \#[^\n]*+ | _(?!:) | \{(?!\|)
    )*+""",
    re.X | re.S,
)
LINES = (N_TRIPLES, N_QUADS)


def may_have_blank_nodes(document: bytes | mmap.mmap, syntax: Format) -> bool:
    """Whether there may be a blank node in a document; False is certain."""
    if syntax in LINES:
        return document.find(_LABEL) >= 0
    if syntax not in (TURTLE, TRIG):
        return True
    found = _WITHOUT.match(document)
    return found is None or found.end() < len(document)


def lines_apart(document: bytes) -> tuple[bytes, bytes]:
    """The lines of N-Triples or N-Quads that surely have no blank node, and those in which there may be one."""
    without, within, end = [], [], 0
    while (found := document.find(_LABEL, end)) >= 0:
        start = document.rfind(b"\n", end, found) + 1 or end
        without.append(document[end:start])
        end = document.find(b"\n", found) + 1 or len(document)
        within.append(document[start:end])
    return b"".join((*without, document[end:])) if within else document, b"".join(within)


def fill(
    engine: ox.Store,
    document: bytes | Path,
    syntax: Format,
    *,
    base: str,
    graph: str,
    quads: Callable[[], Iterator[ox.Quad]],
) -> None:
    """Add a document to an engine: natively where it has no blank nodes, and else the `quads` of it.

    What the document puts into no graph goes to `graph` (the default graph, if that is empty). Raises what `quads`
    raises; a document that is not well-formed may have been added in part.
    """
    if _has_blank_nodes(document, syntax):
        engine.bulk_extend(quads())
        return
    where = ox.NamedNode(graph) if graph else ox.DefaultGraph()
    told = {"path": document} if isinstance(document, Path) else {"input": document}
    try:
        engine.bulk_load(**told, format=engine_format(syntax), base_iri=base, to_graph=where)
    except (SyntaxError, ValueError, MemoryError) as error:
        for _ in quads():
            pass  # which says where the fault is
        raise DataSyntaxError(str(error)) from None


def _has_blank_nodes(document: bytes | Path, syntax: Format) -> bool:
    if isinstance(document, bytes):
        return may_have_blank_nodes(document, syntax)
    if document.stat().st_size == 0:
        return False
    with open(document, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        return may_have_blank_nodes(mapped, syntax)
