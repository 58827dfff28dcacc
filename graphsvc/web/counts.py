"""What is counted of the whole graph, beside the requests: counting takes the longer the larger the graph is.

Each is counted once for each state of the data, one after another, so that it never takes all readers. Who asks
waits until it is PATIENCE seconds since that began, and then gets what was counted of a state before, if anything.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from flask import Blueprint, current_app
from flask.blueprints import BlueprintSetupState

from graphsvc.dataset.statistics import Statistics, count, graph_names, graph_sizes
from graphsvc.describe.overview import Overview, overview
from graphsvc.errors import GraphsvcError
from graphsvc.web.caching import incomplete
from graphsvc.web.memory import remembered
from graphsvc.web.service import service

blueprint = Blueprint("counts", __name__)
PATIENCE = 3.0
# After so many seconds what could not be counted is tried again.
_AGAIN = 300.0
_EXTENSION = "graphsvc.counts"
_one_at_a_time = threading.Lock()
_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Counted(Generic[T]):
    """What was counted; `value` is None where nothing was yet, or not in the time that a query has.

    If it is not `current`, it is of a state before, and the present one is being counted or cannot be.
    """

    value: T | None
    current: bool

    @property
    def mark(self) -> str:
        """What tells an answer with these numbers from one with others, besides the state of the data."""
        return "" if self.current else "none" if self.value is None else "before"


class Counts:
    """One thing that is counted, of the state that was last asked for."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._made = threading.Event()
        self._made.set()
        self._begun = 0.0
        self._epoch, self._value = "", cast(object, None)
        self._failed: float | None = None

    def get(self, epoch: str, make: Callable[[], object], patience: float) -> Counted[object]:
        """What `make` gives, as of `epoch` if it is there in time."""
        with self._guard:
            late = self._failed is not None and time.monotonic() > self._failed + _AGAIN
            if self._made.is_set() and (self._epoch != epoch or late):
                self._made, self._begun = threading.Event(), time.monotonic()
                threading.Thread(target=self._make, args=(epoch, make, self._made), daemon=True).start()
            made, left = self._made, self._begun + patience - time.monotonic()
        made.wait(max(0.0, left))
        with self._guard:
            return Counted(self._value, self._epoch == epoch and self._failed is None)

    def _make(self, epoch: str, make: Callable[[], object], made: threading.Event) -> None:
        value: object = None
        try:
            with _one_at_a_time:
                value = make()
        except GraphsvcError as error:
            _log.warning("The graph could not be counted: %s", error)
        except Exception:
            _log.exception("Counting the graph failed.")
        with self._guard:
            self._epoch, self._value = epoch, self._value if value is None else value
            self._failed = None if value is not None else time.monotonic()
        made.set()


@blueprint.record
def _hold(state: BlueprintSetupState) -> None:
    names = ("statistics", "overview", "graph sizes")
    state.app.extensions[_EXTENSION] = {name: Counts() for name in names}


def statistics(patience: float = PATIENCE) -> Counted[Statistics]:
    """The counts that describe the dataset."""
    store, base = service().store, service().settings.base
    return _counted("statistics", lambda: count(store, base), patience)


def at_a_glance(patience: float = PATIENCE) -> Counted[Overview]:
    """The counts that the home page shows."""
    store, base = service().store, service().settings.base
    return _counted("overview", lambda: overview(store, base), patience)


def named_graphs(patience: float = PATIENCE) -> Counted[dict[str, int | None]]:
    """The named graphs, with their numbers of triples as far as those are counted."""
    store = service().store
    sizes = _counted("graph sizes", lambda: graph_sizes(store), patience)
    if sizes.current and sizes.value is not None:
        return Counted(dict(sizes.value), True)
    remote = service().settings.store.startswith("remote:")
    names = remembered("graph names", lambda: graph_names(store, remote=remote))
    return Counted(dict.fromkeys(names), sizes.current)


def _counted(name: str, make: Callable[[], T], patience: float) -> Counted[T]:
    held: dict[str, Counts] = current_app.extensions[_EXTENSION]
    found = cast(Counted[T], held[name].get(service().store.epoch(), make, patience))
    if not found.current:
        incomplete()
    return found
