"""What a write changes, exactly: made on one engine, told as a patch, made again on another.

A patch is text in UTF-8, one change a line: `A` adds and `D` deletes the quad that follows in N-Quads, `C`
creates and `X` drops the named graph that follows, in the manner of RDF Patch. Each line changes something:
what was there is not added again, what was not is not deleted. Blank nodes keep their labels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import groupby

import pyoxigraph as ox

from graphsvc.errors import StoreError, TooComplex, TooLarge

GraphName = ox.NamedNode | ox.BlankNode | ox.DefaultGraph
_BATCH = 10_000
# The datatypes of literals that an engine keeps to the letter.
_AS_GIVEN = frozenset(
    {
        "http://www.w3.org/2001/XMLSchema#string",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#dirLangString",
    }
)
# How deep triple terms may nest, and how long a statement may be in a patch, in bytes. Who reads the patch has an
# ordinary stack, and a parser that takes tokens of 16 MiB.
MAX_DEPTH = 64
MAX_STATEMENT = 8 << 20


class Draft:
    """Changes to `engine` that are made at once, and can be undone as long as nobody else writes to it.

    Graphs whose names begin with `kept` are left out where all graphs are meant.
    """

    def __init__(self, engine: ox.Store, kept: str | None = None) -> None:
        self.engine = engine
        self._kept = kept
        self.added = 0
        self.removed = 0
        self._lines: list[tuple[str, ox.Quad | GraphName]] = []

    def add(self, quads: Iterable[ox.Quad]) -> None:
        """Add what is not there yet. Raises TooComplex for triple terms that nest deeper than MAX_DEPTH."""
        given = list(quads)
        for quad in given:
            if isinstance(quad.object, ox.Triple):
                _check_depth(quad.object)
        fresh = list(dict.fromkeys(quad for quad in given if quad not in self.engine))
        for graph in dict.fromkeys(quad.graph_name for quad in fresh):
            if not isinstance(graph, ox.DefaultGraph):
                self.create(graph)
        self.engine.extend(fresh)
        # Whoever keeps a copy by the patches alone must know it again when it is deleted.
        kept = list(dict.fromkeys(self._as_kept(quad) for quad in fresh))
        self.added += len(kept)
        self._lines += [("A", quad) for quad in kept]

    def _as_kept(self, quad: ox.Quad) -> ox.Quad:
        """A quad that is there, spelled as the engine spells it: it writes numbers in its own way."""
        if isinstance(quad.object, ox.Literal) and quad.object.datatype.value in _AS_GIVEN:
            return quad
        if not isinstance(quad.object, ox.Literal | ox.Triple):
            return quad
        pattern = (quad.subject, quad.predicate, quad.object, quad.graph_name)
        return next(self.engine.quads_for_pattern(*pattern), quad)

    def remove(self, quads: Iterable[ox.Quad]) -> None:
        """Remove what is there."""
        there = list(dict.fromkeys(quad for quad in quads if quad in self.engine))
        for quad in there:
            self.engine.remove(quad)
        self.removed += len(there)
        self._lines += [("D", quad) for quad in there]

    def create(self, graph: ox.NamedNode | ox.BlankNode) -> None:
        """Create a named graph where there is none."""
        if not self.engine.contains_named_graph(graph):
            self.engine.add_graph(graph)
            self._lines.append(("C", graph))

    def drop(self, graph: GraphName) -> None:
        """Remove a graph with all that is in it; the default graph only becomes empty."""
        self.clear(graph)
        if not isinstance(graph, ox.DefaultGraph) and self.engine.contains_named_graph(graph):
            self.engine.remove_graph(graph)
            self._lines.append(("X", graph))

    def clear(self, graph: GraphName) -> None:
        """Remove all that is in a graph."""
        self.remove(list(self.engine.quads_for_pattern(None, None, None, graph)))

    def named_graphs(self) -> list[ox.NamedNode | ox.BlankNode]:
        """All named graphs but those that are kept."""
        graphs = list(self.engine.named_graphs())
        return [graph for graph in graphs if self._kept is None or not graph.value.startswith(self._kept)]

    def graphs(self) -> set[str]:
        """The names of the graphs that are changed, the default graph as the empty string."""
        names = {thing.graph_name if isinstance(thing, ox.Quad) else thing for _, thing in self._lines}
        return {"" if isinstance(name, ox.DefaultGraph) else str(name.value) for name in names}

    def quads(self) -> list[ox.Quad]:
        """The quads that were added or removed; one that was both may be as it was."""
        return [thing for _, thing in self._lines if isinstance(thing, ox.Quad)]

    def undo(self) -> None:
        """Make the engine what it was."""
        for sign, thing in reversed(self._lines):
            _make(self.engine, {"A": "D", "D": "A", "C": "X", "X": "C"}[sign], [thing])
        self._lines.clear()
        self.added = self.removed = 0

    def patch(self) -> bytes:
        """The changes as a patch, in the order in which they were made; empty where nothing changed.

        Raises TooLarge for a statement that is longer than MAX_STATEMENT.
        """
        lines = [
            f"{sign} {thing} .\n".encode()
            if not isinstance(thing, ox.Quad)
            else f"{sign} {thing.triple} {_graph(thing)}.\n".encode()
            for sign, thing in self._lines
        ]
        if any(len(line) > MAX_STATEMENT for line in lines):
            raise TooLarge(f"A statement is longer than {MAX_STATEMENT:,} bytes.")
        return b"".join(lines)


def _check_depth(term: object) -> None:
    depth = 0
    while isinstance(term, ox.Triple):
        depth += 1
        if depth > MAX_DEPTH:
            raise TooComplex(f"A triple term nests more than {MAX_DEPTH} deep.")
        term = term.object


def _graph(quad: ox.Quad) -> str:
    return "" if isinstance(quad.graph_name, ox.DefaultGraph) else f"{quad.graph_name} "


def epoch_after(epoch: str, patch: bytes) -> str:
    """The name of the state to which a patch leads from the state `epoch`; an empty patch leads nowhere else."""
    return hashlib.sha256(epoch.encode() + b"\0" + patch).hexdigest()[:16] if patch else epoch


def apply_patch(engine: ox.Store, patch: bytes) -> set[str]:
    """Make the changes of a patch on an engine in the state that it starts from; the graphs it changes.

    Raises StoreError for what is no patch; then some of it may have been made.
    """
    graphs: set[str] = set()
    for sign, run in groupby(_lines(patch), key=lambda line: line[0]):
        while batch := [thing for _, (_, thing) in zip(range(_BATCH), run, strict=False)]:
            _make(engine, sign, batch)
            for thing in batch:
                name = thing.graph_name if isinstance(thing, ox.Quad) else thing
                graphs.add("" if isinstance(name, ox.DefaultGraph) else str(name.value))
    return graphs


def _lines(patch: bytes) -> Iterator[tuple[str, ox.Quad | GraphName]]:
    for sign, run in groupby(patch.splitlines(), key=lambda line: line[:2]):
        if sign in (b"A ", b"D "):
            text = b"\n".join(line[2:] for line in run)
            for quad in ox.parse(text, ox.RdfFormat.N_QUADS, rename_blank_nodes=False):
                yield sign[:1].decode(), quad
        elif sign in (b"C ", b"X "):
            for line in run:
                yield sign[:1].decode(), _graph_name(line[2:].removesuffix(b" .").decode())
        else:
            raise StoreError(f"A patch has a line that starts with {sign!r}.")


def _graph_name(text: str) -> GraphName:
    return ox.BlankNode(text[2:]) if text.startswith("_:") else ox.NamedNode(text[1:-1])


def _make(engine: ox.Store, sign: str, things: list[ox.Quad | GraphName]) -> None:
    if sign == "A":
        engine.extend([thing for thing in things if isinstance(thing, ox.Quad)])
        return
    for thing in things:
        if isinstance(thing, ox.Quad):
            engine.remove(thing)
        elif not isinstance(thing, ox.DefaultGraph):
            (engine.add_graph if sign == "C" else engine.remove_graph)(thing)


def copied(engine: ox.Store) -> ox.Store:
    """An engine in memory with the same quads and named graphs, and nothing of what was removed before."""
    fresh = ox.Store()
    for graph in engine.named_graphs():
        fresh.add_graph(graph)
    fresh.extend(engine)
    return fresh
