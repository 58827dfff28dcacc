"""What is worth keeping: as long as the data stay as they are, or as long as the service runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar, cast

from flask import current_app

from graphsvc.web.service import service

_EXTENSION = "graphsvc.memory"
T = TypeVar("T")


def remembered(name: str, make: Callable[[], T]) -> T:
    """The value that `make` gives, made once for each epoch of the store: who asks meanwhile waits for it.

    `make` may remember values of other names, but none by which it is asked for itself.
    """
    held: dict[str, tuple[str, object]] = current_app.extensions.setdefault(_EXTENSION, {})
    epoch = service().store.epoch()
    found = held.get(name)
    if found is None or found[0] != epoch:
        locks: dict[str, threading.Lock] = current_app.extensions.setdefault(f"{_EXTENSION}.locks", {})
        with locks.setdefault(name, threading.Lock()):
            found = held.get(name)
            if found is None or found[0] != epoch:
                found = held[name] = (epoch, make())
    return cast(T, found[1])


def kept(name: str, make: Callable[[], T]) -> T:
    """The value that `make` gives, made once, of what no write changes. Two threads may both make it."""
    held: dict[str, object] = current_app.extensions.setdefault(f"{_EXTENSION}.kept", {})
    if name not in held:
        held[name] = make()
    return cast(T, held[name])
