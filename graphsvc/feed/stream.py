"""The changes of the feed as versions of the things that they are about, for a Linked Data Event Stream.

https://w3id.org/ldes/specification. The stream begins with the state of everything at its *base*, the oldest state
that it can tell; then comes, for each change, the state of each subject that it touched. Pages are made once, as
lines of N-Quads in a temporary folder; a page that is full is named after the state that it ends with, so it
never changes.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from graphsvc.errors import Gone, NotFound
from graphsvc.feed.log import Feed, Item
from graphsvc.store.port import Answer

# How many changes a page has, and about how many quads one of the base.
PAGE = 50
_BASE_QUADS = 1_000
_MOST_BUCKETS = 256


@dataclass(frozen=True)
class Version:
    """The state of a subject since the change `number`: its quads, as lines of N-Quads; none where it is gone.

    `subject` is written as in N-Quads. `time` is when the change was made, `place` tells the versions of one
    change apart.
    """

    epoch: str
    number: int
    time: str
    place: int
    subject: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """A page of changes: the state that it ends with (empty: it may grow), and between which times they were
    made.
    """

    epoch: str
    first: str
    last: str


class Stream:
    """The stream of `feed`; `snapshot` gives all data, and `since` the time of a state that no change led to."""

    def __init__(self, feed: Feed, snapshot: Callable[[], Answer], since: Callable[[], str]) -> None:
        self._feed = feed
        self._snapshot = snapshot
        self._since = since
        self._lock = threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._base = ""

    def pages(self) -> tuple[str, int, list[Page]]:
        """The epoch of the base, how many pages that has, and the pages of changes, the last of which may grow."""
        with self._lock:
            self._advance()
            latest = Page("", *self._times(self._latest))
            return self._base, self._buckets, [*self._full, latest]

    def base(self, epoch: str, bucket: int) -> list[Version]:
        """A page of the base. Raises NotFound, and Gone where the stream has a later base by now."""
        with self._lock:
            self._advance()
            if epoch != self._base:
                raise Gone("The stream no longer begins with this state; begin at /ldes.")
            if not 0 <= bucket < self._buckets:
                raise NotFound("The stream has no such page.")
            by_subject = self._bucket(bucket)
            return [
                Version(epoch, self._start, self._base_time, place, subject, tuple(lines))
                for place, (subject, lines) in enumerate(sorted(by_subject.items()), 1)
            ]

    def changes(self, epoch: str) -> list[Version]:
        """A full page of changes by the state that it ends with, or the last page by the empty name. Raises
        Gone.
        """
        with self._lock:
            self._advance()
            if not epoch:
                return list(self._latest)
            if all(page.epoch != epoch for page in self._full):
                raise Gone("The stream has no such page, or no longer; begin at /ldes.")
            content = json.loads(self._path(f"changes-{epoch}").read_text(encoding="utf-8"))
            return [Version(**each | {"lines": tuple(each["lines"])}) for each in content]

    def version(self, epoch: str) -> list[Version]:
        """The versions that one change made. Raises Gone."""
        with self._lock:
            self._advance()
            names = [page.epoch for page in self._full]
        for name in ("", *reversed(names)):
            found = [each for each in self.changes(name) if each.epoch == epoch]
            if found:
                return found
        raise Gone("The stream has no such change, or no longer; begin at /ldes.")

    # The rest is done under the lock.

    def _advance(self) -> None:
        """Take in what was changed since."""
        items = self._feed.items()
        start = self._start_of(items)
        here = next((n for n, item in enumerate(items) if item.fields["before"] == self._end), None)
        level = self._end == (items[-1].fields["epoch"] if items else self._feed.about()["epoch"])
        if self._folder is None or start > self._start or (here is None and not level):
            self._begin()
            return
        for item in items[here:] if here is not None else ():
            self._take(item)

    _end = ""
    _start = -1

    def _start_of(self, items: list[Item]) -> int:
        """The number of the change that leads to the base: one that stays the same for long."""
        if not items:
            return int(self._feed.about()["number"])
        first = int(items[0].fields["number"]) - 1
        if not self._feed.dropped:
            return first
        step = max(1, self._feed.most // 2)
        return min(-(-first // step) * step, int(items[-1].fields["number"]))

    def _begin(self) -> None:
        """Write down the base: what there is now, with all changes since undone."""
        self._folder = tempfile.TemporaryDirectory(prefix="graphsvc-ldes-")
        self._full: list[Page] = []
        self._latest: list[Version] = []
        self._held = 0
        self._states: dict[str, set[str]] = {}
        copy = self._path("copy")
        with copy.open("wb") as file:
            for chunk in self._snapshot().chunks:
                file.write(chunk)
        items = self._feed.items()
        self._start = self._start_of(items)
        epoch = _said(copy, "epoch")
        since = [item for item in items if int(item.fields["number"]) > self._start]
        number = int(_said(copy, "number"))
        added, removed = _net(
            self._feed.entry(item).patch for item in since if int(item.fields["number"]) <= number
        )
        self._partition(copy, added, removed)
        copy.unlink()
        times = {item.fields["number"]: str(item.fields["time"]) for item in items}
        later = [times[item.fields["number"]] for item in since[:1]]
        self._base_time = times.get(self._start) or min([self._since(), *later])
        self._base = self._end = str(since[0].fields["before"]) if since else epoch
        for item in since:
            self._take(item)

    def _partition(self, copy: Path, added: set[str], removed: set[str]) -> None:
        with copy.open(encoding="utf-8", newline="\n") as file:
            count = sum(1 for line in file if not line.startswith("# "))
        self._buckets = max(1, min(_MOST_BUCKETS, -(-count // _BASE_QUADS)))
        with ExitStack() as stack, copy.open(encoding="utf-8", newline="\n") as file:
            targets = [
                stack.enter_context(self._path(f"base-{n}").open("w", encoding="utf-8", newline="\n"))
                for n in range(self._buckets)
            ]
            there = (line for line in file if not line.startswith("# ") and line not in added)
            for line in (*sorted(removed), *there) if removed else there:
                targets[self._bucket_of(_subject(line))].write(line)

    def _bucket_of(self, subject: str) -> int:
        return int.from_bytes(hashlib.blake2b(subject.encode(), digest_size=8).digest()) % self._buckets

    def _bucket(self, bucket: int) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        with self._path(f"base-{bucket}").open(encoding="utf-8", newline="\n") as file:
            for line in file:
                found.setdefault(_subject(line), []).append(line)
        return found

    def _take(self, item: Item) -> None:
        """Add the versions of one change to the last page."""
        touched: dict[str, None] = {}
        for sign, line in _rows(self._feed.entry(item).patch):
            subject = _subject(line)
            touched[subject] = None
            if subject not in self._states:
                self._states[subject] = set(self._bucket(self._bucket_of(subject)).get(subject, ()))
            (self._states[subject].add if sign == "A" else self._states[subject].discard)(line)
        fields = item.fields
        self._latest += [
            Version(
                str(fields["epoch"]),
                int(fields["number"]),
                str(fields["time"]),
                place,
                subject,
                tuple(sorted(self._states[subject])),
            )
            for place, subject in enumerate(touched, 1)
        ]
        self._end = str(fields["epoch"])
        self._held += 1
        if self._held == PAGE:
            content = [asdict(version) for version in self._latest]
            self._path(f"changes-{self._end}").write_text(json.dumps(content), encoding="utf-8")
            self._full.append(Page(self._end, *self._times(self._latest)))
            self._latest, self._held = [], 0

    def _times(self, versions: list[Version]) -> tuple[str, str]:
        times = [each.time for each in versions]
        return min(times, default=""), max(times, default="")

    def _path(self, name: str) -> Path:
        assert self._folder is not None
        return Path(self._folder.name) / name


def _rows(patch: bytes) -> Iterator[tuple[str, str]]:
    """The rows of a patch that add (`A`) or delete (`D`) a quad, each as a line of N-Quads."""
    for row in patch.decode().split("\n"):
        if row[:2] in ("A ", "D "):
            yield row[0], f"{row[2:]}\n"


def _subject(line: str) -> str:
    return line.partition(" ")[0]


def _net(patches: Iterable[bytes]) -> tuple[set[str], set[str]]:
    """What patches, one after another, add and remove in the end."""
    sets: dict[str, set[str]] = {"A": set(), "D": set()}
    for patch in patches:
        for sign, line in _rows(patch):
            other = sets["D" if sign == "A" else "A"]
            if line in other:
                other.discard(line)
            else:
                sets[sign].add(line)
    return sets["A"], sets["D"]


def _said(copy: Path, name: str) -> Any:
    """What a snapshot says of itself in a comment."""
    with copy.open(encoding="utf-8") as file:
        for line in file:
            if line.startswith(f"# {name} "):
                return line.split(" ", 2)[2].rstrip("\n")
    raise NotFound("The store has no snapshot.")
