"""One write on one engine: conditions, rights, the change itself, and the patch that tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyoxigraph as ox

from graphsvc.errors import BadRequest, Forbidden, NotFound, NotSupported, PreconditionFailed
from graphsvc.formats import DATA_FORMATS, by_media_type
from graphsvc.rdf import read_document
from graphsvc.sparql import Dataset, Update
from graphsvc.store.changes import Draft, GraphName, apply_patch, epoch_after
from graphsvc.store.port import Receipt, Write
from graphsvc.store.updating import perform


@dataclass
class State:
    """An engine and the name of the state that it is in; `graphs` has the epoch of each graph that changed.

    An epoch is the hash of the one before it and of the patch between them, so that the same changes to the same
    data have the same name, and no others do.
    """

    engine: ox.Store
    epoch: str
    graphs: dict[str, str] = field(default_factory=dict)
    first: str = ""

    def __post_init__(self) -> None:
        self.first = self.first or self.epoch

    def graph_epoch(self, name: str) -> str:
        """The epoch in which a graph last changed."""
        return self.graphs.get(name, self.first)

    def holds(self, name: str) -> bool:
        """Whether there is a graph of that name; the default graph always is."""
        return not name or self.engine.contains_named_graph(ox.NamedNode(name))

    def advance(self, patch: bytes, graphs: set[str]) -> str:
        """Name the state after a patch that changed `graphs`; an empty patch changes nothing."""
        if patch:
            self.epoch = epoch_after(self.epoch, patch)
            self.graphs |= dict.fromkeys(graphs, self.epoch)
        return self.epoch

    def follow(self, patch: bytes, graphs: Iterable[str]) -> str:
        """Make the changes of a patch that was made on an engine in this same state, and that wrote to
        `graphs`.
        """
        apply_patch(self.engine, patch)
        return self.advance(patch, set(graphs))


@dataclass(frozen=True)
class Setting:
    """What a write is read by: the base of relative IRIs, known prefixes, whether the default graph is the union
    of all, and which graphs nobody may write to: a name begins with `reserved`, or with `reports` where a guard
    keeps reports."""

    base: str | None = None
    prefixes: Mapping[str, str] = field(default_factory=dict)
    union: bool = True
    reserved: str | None = None
    reports: str | None = None


class Guard(Protocol):
    """What has a say in whether a change may stay."""

    def check(self, draft: Draft) -> None:
        """Raises ShapesViolated for a draft that may not stay."""

    def follow(self, draft: Draft) -> None:
        """Add to a draft that may stay what is to change with it."""

    def report(self, draft: Draft) -> dict[str, Any]:
        """The validation report on a draft, as an object of JSON."""


class Unguarded:
    """Lets everything stay."""

    def check(self, draft: Draft) -> None:
        """See `Guard.check`."""

    def follow(self, draft: Draft) -> None:
        """See `Guard.follow`."""

    def report(self, draft: Draft) -> dict[str, Any]:  # noqa: ARG002
        """There are no shapes to hold a change against."""
        raise NotSupported("This store was opened without guards, and has no dry run.")


def carry_out(
    state: State,
    write: Write,
    setting: Setting,
    guard: Guard = Unguarded(),  # noqa: B008
) -> tuple[Receipt, bytes]:
    """Make a write; what it did, and the patch. Raises as `Store.write` does, and then the state is unchanged.

    The patch of a dry run is empty.
    """
    if write.kind != "update":
        # Also where nothing would change: who may not write learns nothing of the graph.
        _check_rights({write.graph}, write, setting)
    _check_conditions(state, write)
    existed = state.holds(write.graph)
    draft = Draft(state.engine, setting.reports)
    try:
        _ACTIONS[write.kind](state, draft, write, setting)
        _check_rights(draft.graphs(), write, setting)
        if write.dry_run:
            draft.patch()  # Raises what the write itself would.
            receipt = _tried(state, write, draft, guard, existed)
            draft.undo()
            return receipt, b""
        guard.check(draft)
        # What the client changed is told, and not what followed from it.
        added, removed = draft.added, draft.removed
        guard.follow(draft)
        patch = draft.patch()
    except BaseException:
        draft.undo()
        raise
    graphs = draft.graphs()
    epoch = state.advance(patch, graphs)
    created = not existed and state.holds(write.graph)
    return Receipt(epoch, added, removed, created, tuple(sorted(graphs))), patch


def _tried(state: State, write: Write, draft: Draft, guard: Guard, existed: bool) -> Receipt:
    """What a draft that is about to be undone would have done."""
    created = not existed and state.holds(write.graph)
    graphs = tuple(sorted(draft.graphs()))
    return Receipt(state.epoch, draft.added, draft.removed, created, graphs, guard.report(draft))


def _check_conditions(state: State, write: Write) -> None:
    """https://www.rfc-editor.org/rfc/rfc9110#section-13.1"""
    present = {"*", state.graph_epoch(write.graph)} if state.holds(write.graph) else set()
    if write.if_epochs is not None and present.isdisjoint(write.if_epochs):
        raise PreconditionFailed("The graph is not as If-Match says; get it again, and decide again.")
    if write.unless_epochs is not None and not present.isdisjoint(write.unless_epochs):
        raise PreconditionFailed("The graph is as If-None-Match says that it must not be.")


def _check_rights(graphs: set[str], write: Write, setting: Setting) -> None:
    for name in sorted(graphs):
        if setting.reserved is not None and name.startswith(setting.reserved):
            raise Forbidden(f"The graph <{name}> is kept by the service itself.")
        if setting.reports is not None and name.startswith(setting.reports):
            raise Forbidden(
                f"The graph <{name}> is for the validation report of a guarded graph, and is kept by the service "
                "itself: write to the guarded graph, and it follows."
            )
        if write.allowed is not None and not name.startswith(write.allowed):
            shown = f"the graph <{name}>" if name else "the default graph"
            raise Forbidden(f"This token may not write to {shown}.")


def _graph(write: Write) -> GraphName:
    return ox.NamedNode(write.graph) if write.graph else ox.DefaultGraph()


def _update(state: State, draft: Draft, write: Write, setting: Setting) -> None:  # noqa: ARG001
    update = Update(write.content.decode(), Dataset(write.using, write.using_named))
    perform(draft, update, base=setting.base, prefixes=setting.prefixes, union=setting.union)


def _patch(state: State, draft: Draft, write: Write, setting: Setting) -> None:
    """PATCH with an update: it may name no other graph."""
    if not state.holds(write.graph):
        raise NotFound(f"There is no graph <{write.graph}>.")
    update = Update(write.content.decode(), Dataset((write.graph,), ()) if write.graph else Dataset())
    base = write.base or setting.base
    perform(draft, update, base=base, prefixes=setting.prefixes, union=False, default=_graph(write))
    if draft.graphs() - {write.graph}:
        raise BadRequest("The update changes another graph than the one that the request names.")


def _put(state: State, draft: Draft, write: Write, setting: Setting) -> None:
    """Replace a graph: what is in both the old and the new is left alone."""
    quads = dict.fromkeys(read_content(write, setting.base))
    _post_quads(draft, write, quads)
    old = list(state.engine.quads_for_pattern(None, None, None, _graph(write)))
    kept = ox.Store()
    kept.extend(quads)
    draft.remove(quad for quad in old if quad not in kept)


def _post(state: State, draft: Draft, write: Write, setting: Setting) -> None:  # noqa: ARG001
    _post_quads(draft, write, dict.fromkeys(read_content(write, setting.base)))


def _post_quads(draft: Draft, write: Write, quads: Mapping[ox.Quad, None]) -> None:
    if write.graph:
        draft.create(ox.NamedNode(write.graph))
    draft.add(quads)


def read_content(write: Write, base: str | None) -> list[ox.Quad]:
    """The quads of a write's documents, in the graph that it names. Raises DataSyntaxError, BadRequest."""
    graph = _graph(write)
    found: list[ox.Quad] = []
    place = 0
    for media_type, length in write.parts or ((write.syntax, len(write.content)),):
        content = write.content[place : place + length]
        place += length
        found += _read_part(content, media_type, write.base or base)
    if any(not isinstance(quad.graph_name, ox.DefaultGraph) for quad in found):
        raise BadRequest("The document has named graphs, and the request names one graph to put it in.")
    return [ox.Quad(quad.subject, quad.predicate, quad.object, graph) for quad in found]


def _read_part(content: bytes, media_type: str, base: str | None) -> Iterator[ox.Quad]:
    syntax = by_media_type(media_type, DATA_FORMATS)
    if syntax is None:
        raise BadRequest(f"{media_type!r} is no RDF syntax.")
    return read_document(content, syntax, source="body", base=base, fresh_blank_nodes=True)


def _delete(state: State, draft: Draft, write: Write, setting: Setting) -> None:  # noqa: ARG001
    if not state.holds(write.graph):
        raise NotFound(f"There is no graph <{write.graph}>.")
    draft.drop(_graph(write))


_ACTIONS: dict[str, Callable[[State, Draft, Write, Setting], None]] = {
    "update": _update,
    "patch": _patch,
    "put": _put,
    "post": _post,
    "delete": _delete,
}
