"""How a replica is doing: written by the process that follows the primary, read by those that answer."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from graphsvc.figures import Figure


@dataclass
class State:
    """What is known of the primary, and how it went so far.

    `doing` is `connecting`, `following`, `copying` (a snapshot) or `waiting` (to try again, with the `reason`).
    `newest` is the number of the primary's last change that was heard of; `heard` is when, and `level` when
    nothing was missing, in seconds since 1970 (0: never). `entries`, `snapshots` and `failures` are counted since
    the start.
    """

    primary: str
    doing: str = "connecting"
    newest: int = 0
    heard: float = 0.0
    level: float = 0.0
    entries: int = 0
    snapshots: int = 0
    failures: int = 0
    reason: str = ""

    def write(self, path: Path) -> None:
        """Write the state down, so that it is read as a whole."""
        place = path.with_name(f"{path.name}.new")
        place.write_text(json.dumps(asdict(self)), encoding="utf-8")
        os.replace(place, path)

    def told(self, number: int, now: float) -> dict[str, Any]:
        """The state for a node that has change `number`, with how far it is behind.

        `epochs_behind` is None where nothing was heard yet. `seconds_behind` is 0 for a node that misses nothing
        that it heard of and is connected; else the time since it was so, or None where it never was.
        """
        behind = max(0, self.newest - number) if self.heard else None
        level = behind == 0 and self.doing == "following"
        since = round(now - self.level, 3) if self.level else None
        return asdict(self) | {"epochs_behind": behind, "seconds_behind": 0.0 if level else since}


def figures(path: Path, about: Callable[[], dict[str, Any]]) -> Iterator[Figure]:
    """How far a replica is behind, and how it went, for the metrics; `about` gives its own place."""
    told = read_state(path).told(int(about()["number"]), time.time())
    for name, text in (
        ("epochs", "Changes of the primary that this replica does not have yet."),
        ("seconds", "For how long something has been missing, or the primary silent; 0: nothing is missing."),
    ):
        if told[f"{name}_behind"] is not None:
            yield Figure(f"replica_{name}_behind", text, told[f"{name}_behind"])
    yield Figure("replica_changes", "Changes taken from the feed.", told["entries"], counter=True)
    yield Figure("replica_snapshots", "Snapshots taken.", told["snapshots"], counter=True)
    yield Figure("replica_failures", "Times that the primary was lost.", told["failures"], counter=True)


def read_state(path: Path) -> State:
    """The state that is written at `path`; an empty one where there is none yet."""
    try:
        return State(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return State("")
