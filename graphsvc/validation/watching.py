"""Files that are looked at again and again, until one of them is another."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

INTERVAL = 0.3
_State = dict[str, tuple[int, int]]


def changes(
    names: Iterable[str],
    but: Iterable[str] = (),
    *,
    pause: Callable[[], None] = lambda: time.sleep(INTERVAL),
) -> Iterator[None]:
    """Yields at once, and again each time after a file, or one in a folder, has changed, come or gone.

    The files of `but` are left out: a report that is written where the data are is no change of the data. What
    changes while the caller is at work counts as changed afterwards. It never ends by itself.
    """
    watched, left_out = list(names), {str(Path(name).resolve()) for name in but}
    while True:
        before = _state(watched, left_out)
        yield
        while (after := _state(watched, left_out)) == before:
            pause()
        # An editor may empty a file before it writes it: wait until nothing moves.
        pause()
        while (now := _state(watched, left_out)) != after:
            after = now
            pause()


def _state(names: Iterable[str], left_out: Collection[str]) -> _State:
    return {
        str(path): stamp
        for name in names
        for path in [Path(name), *(Path(name).rglob("*") if Path(name).is_dir() else ())]
        if (stamp := _stamp(path)) is not None and str(path.resolve()) not in left_out
    }


def _stamp(path: Path) -> tuple[int, int] | None:
    """When the file was written, and its size; None where there is none, or it is a folder."""
    try:
        found = path.stat()
    except OSError:
        return None
    return None if path.is_dir() else (found.st_mtime_ns, found.st_size)
