"""Which parts a document has, as of the present state of the data as far as that can be had at once.

In a graph of few statements that is told exactly. In any other the index of the search is asked, which a process
of its own makes; until it has the present state, what it says is checked, and links of the document are followed.
"""

from __future__ import annotations

from contextlib import suppress

from graphsvc.describe import parts
from graphsvc.errors import Unavailable
from graphsvc.search.index import Index
from graphsvc.web.memory import remembered
from graphsvc.web.service import service


def has_parts(document: str) -> bool:
    """Whether some IRI continues the document's with a fragment."""
    return document in _documents() if _few() else bool(_known(document, 1))


def parts_of(document: str) -> list[str]:
    """The IRIs that continue the document's with a fragment, sorted, at most `parts.MAX_PARTS`.

    Those with statements; where there are none, those that are referred to.
    """
    return parts.parts(service().store, document) if _few() else _known(document, parts.MAX_PARTS)


def as_of() -> str:
    """What decides the parts besides the state of the data: empty where nothing does any more."""
    if _few():
        return ""
    epoch = service().store.epoch()
    index = service().indexes.present(epoch)
    if index is None:
        return "no parts"
    return "" if index.epoch == epoch else f"parts of {index.epoch}"


def catch_up() -> None:
    """Wait, as long as a search would, for the index of the present state. Raises as `Indexes.newest`."""
    service().indexes.newest(service().store.epoch())


def _few() -> bool:
    store = service().store
    return remembered("few statements", lambda: parts.are_few(store))


def _documents() -> frozenset[str]:
    store, base = service().store, service().settings.base
    return remembered("documents with parts", lambda: parts.documents_with_parts(store, base))


def _known(document: str, most: int) -> list[str]:
    store = service().store
    epoch = store.epoch()
    index = service().indexes.present(epoch)
    found = _indexed(index, document, most)
    if index is None or index.epoch != epoch:
        found = parts.still_there(store, {*found, *parts.linked_parts(store, document)})
    return found[:most]


def _indexed(index: Index | None, document: str, most: int) -> list[str]:
    found: list[str] = []
    if index is not None:
        # One that was replaced a moment ago tells nothing more.
        with suppress(Unavailable), index.open() as reading:
            found = reading.parts(document, most)
    return found
