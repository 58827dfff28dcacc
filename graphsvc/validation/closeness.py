"""The nearest of some names to one that is not among them, with a bound on what looking for it may take."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

# How many names are compared with one, how long they may be, and how often that is done for one report.
MAX_NAMES, MAX_LENGTH, MAX_SEARCHES = 500, 100, 300


class Closeness:
    """Looks for near names, and remembers what it found."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, tuple[str, ...]], str | None] = {}

    @property
    def exhausted(self) -> bool:
        """Whether enough has been looked for."""
        return len(self._known) >= MAX_SEARCHES

    def nearest(self, name: str, among: Sequence[str]) -> str | None:
        """The name most like the given one, whatever the case of its letters; None where none is alike."""
        key = (name, tuple(among[:MAX_NAMES]))
        if key not in self._known:
            if self.exhausted or len(name) > MAX_LENGTH:
                return None
            self._known[key] = _nearest(*key)
        return self._known[key]


def _nearest(name: str, among: tuple[str, ...]) -> str | None:
    folded: dict[str, str] = {}
    for each in among:
        if len(each) <= MAX_LENGTH:
            folded.setdefault(each.casefold(), each)
    found = difflib.get_close_matches(name.strip().casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None
