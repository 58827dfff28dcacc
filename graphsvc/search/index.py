"""Asks an index: which resources have some words, how they rank, and what they can be narrowed down by."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from graphsvc.describe.names import TYPE
from graphsvc.errors import OutOfTime, Unavailable
from graphsvc.search.nearness import allowed, slips
from graphsvc.search.words import Part

# So many resources at most are ranked and counted; where more have the words, the count says "more than".
MAX_HITS = 20_000
# How long one search may take, in seconds, and how often SQLite asks whether it is over, in its own steps.
PATIENCE, _STEPS = 10.0, 20_000
_NAMES = "{label alternative reference}"
# What is compared with a word that nothing has.
_CANDIDATES = 2_000


@dataclass(frozen=True)
class Said:
    """A text that a resource has: by which property (the IRI), in which language, and its words."""

    property: str
    language: str
    value: str


@dataclass(frozen=True)
class Index:
    """The index of one epoch, in a file that does not change."""

    path: Path
    epoch: str

    @contextmanager
    def open(self) -> Iterator[Reading]:
        """The index, to be read by this thread. Raises Unavailable where it has been replaced meanwhile, and
        OutOfTime where reading takes longer than PATIENCE."""
        try:
            file = sqlite3.connect(f"{self.path.as_uri()}?mode=ro&immutable=1", uri=True)
        except sqlite3.OperationalError as error:
            raise Unavailable("The index of the search is being replaced; try again.") from error
        until = time.monotonic() + PATIENCE
        file.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
        try:
            yield Reading(file)
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                raise OutOfTime(f"The search took longer than {PATIENCE:g} seconds.") from error
            raise
        finally:
            file.close()


@dataclass(frozen=True)
class Reading:
    """An open index."""

    file: sqlite3.Connection

    def has(self, word: str) -> bool:
        """Whether anything has a word that begins so."""
        found = self.file.execute(
            "SELECT 1 FROM term WHERE word >= ? AND word < ? LIMIT 1", (word, f"{word}\U0010ffff")
        )
        return found.fetchone() is not None

    def docs(self, word: str) -> int:
        """How many resources have a word."""
        found = self.file.execute("SELECT docs FROM term WHERE word = ?", (word,)).fetchone()
        return int(found[0]) if found else 0

    def near(self, word: str, most: int = 5) -> list[str]:
        """Words that resources have and that are like `word`: the fewest slips first, then the most frequent.

        Those that contain it come after those that are one slip away.
        """
        found: dict[str, tuple[float, int, str]] = {}
        limit = allowed(word)
        for candidate, docs in self._candidates(word):
            distance: float = slips(word, candidate, limit) if limit else 1
            if distance > limit and candidate[0] == word[0] and len(candidate) > len(word) > 6:
                # The beginning of a word, with a slip.
                distance = slips(word, candidate[: len(word)], 1) + 0.5
            if len(word) > 3 and word in candidate:
                distance = min(distance, 1.25)
            if candidate != word and distance <= max(limit, 1.5) and (limit or word in candidate):
                found[candidate] = (distance, -docs, candidate)
        ordered = sorted(found.values())
        return [each[2] for each in ordered if each[0] <= ordered[0][0] + 0.5][:most]

    def _candidates(self, word: str) -> Iterable[tuple[str, int]]:
        found: dict[str, int] = {}
        pieces = list(dict.fromkeys(word[start : start + 3] for start in range(len(word) - 2)))
        if pieces:
            asked = " OR ".join(f'"{piece}"' for piece in pieces[:30])
            rows = self.file.execute(
                "SELECT word, docs FROM term WHERE id IN "
                "(SELECT rowid FROM pieces WHERE pieces MATCH ? LIMIT ?) AND length(word) BETWEEN ? AND ?"
                " ORDER BY docs DESC LIMIT ?",
                (asked, 20 * _CANDIDATES, len(word) - 2, len(word) + 20, _CANDIDATES),
            )
            found.update(rows)
        rows = self.file.execute(
            "SELECT word, docs FROM term WHERE word >= ? AND word < ? AND length(word) BETWEEN ? AND ?"
            " ORDER BY docs DESC LIMIT ?",
            (word[:1], f"{word[:1]}\U0010ffff", len(word) - 2, len(word) + 2, _CANDIDATES),
        )
        found.update(rows)
        return found.items()

    def exact(self, key: str) -> list[int]:
        """The resources of which a name, a reference or the IRI is that key."""
        rows = self.file.execute("SELECT doc FROM exact WHERE key = ? ORDER BY doc LIMIT ?", (key, MAX_HITS))
        return [row[0] for row in rows]

    def matching(
        self, groups: Sequence[Sequence[Part]], *, every: bool, names: bool, whole: bool
    ) -> dict[int, float]:
        """The resources that have a part of every group (or of any), with how well they fit: less is better.

        `names` looks in names and references alone; `whole` takes no word for the beginning of another; with
        either all fit alike.
        """
        joint = " AND " if every else " OR "
        asked = joint.join(
            "(" + " OR ".join(_expression(part, whole) for part in group) + ")" for group in groups
        )
        if not asked:
            return {}
        score = "0.0" if names or whole else "bm25(words, 10, 6, 8, 1)"
        if names:
            asked = f"{_NAMES} : ({asked})"
        rows = self.file.execute(
            f"SELECT rowid, {score} FROM words WHERE words MATCH ? LIMIT ?",  # noqa: S608 - one of two constants
            (asked, MAX_HITS + 1),
        )
        return dict(rows.fetchall())

    def parts(self, document: str, most: int) -> list[str]:
        """The IRIs that continue a document's with `#`, sorted, at most `most`: those of which something is said;
        where there are none, those that are classes or properties of something."""
        rows = self.file.execute(
            "SELECT iri FROM part WHERE told = (SELECT max(told) FROM part WHERE iri >= ?1 AND iri < ?2) "
            "AND iri >= ?1 AND iri < ?2 ORDER BY iri LIMIT ?3",
            (f"{document}#", f"{document}$", most),
        )
        return [row[0] for row in rows]

    def standing(self, docs: Sequence[int]) -> dict[int, int]:
        """By resource: 0 for one of this graph's own, 1 for another's, 2 for one that has no label and for shapes,
        which are seldom what somebody looks for."""
        rows = self.file.execute(
            "SELECT id, standing FROM resource WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(docs),),
        )
        return dict(rows.fetchall())

    def iris(self, docs: Sequence[int]) -> list[str]:
        """The IRIs of resources, in their order."""
        rows = self.file.execute(
            "SELECT id, iri FROM resource WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(docs),)
        )
        found = dict(rows.fetchall())
        return [found[doc] for doc in docs]

    def said(self, doc: int) -> list[Said]:
        """What a resource has for texts: names first."""
        rows = self.file.execute(
            "SELECT property.iri, language, value FROM said JOIN property ON property.id = said.property "
            "WHERE doc = ? ORDER BY kind, property.iri, language, value LIMIT 1000",
            (doc,),
        )
        return [Said(*row) for row in rows]

    def classes(self, doc: int) -> list[str]:
        """The IRIs of the classes of a resource."""
        rows = self.file.execute(
            "SELECT value FROM facet WHERE doc = ? AND property = (SELECT id FROM property WHERE iri = ?) "
            "ORDER BY value LIMIT 20",
            (doc, TYPE),
        )
        return [row[0] for row in rows]

    def properties(self) -> dict[str, int]:
        """The properties that things can be narrowed down by, with their numbers."""
        return dict(self.file.execute("SELECT iri, id FROM property WHERE narrows").fetchall())

    def narrowed(self, docs: Sequence[int], wanted: Mapping[int, str]) -> list[int]:
        """Those of the resources that have the wanted value of each property, in the same order."""
        kept = set(docs)
        for number, value in wanted.items():
            rows = self.file.execute(
                "SELECT doc FROM facet WHERE property = ? AND value = ? "
                "AND doc IN (SELECT value FROM json_each(?))",
                (number, value, json.dumps(sorted(kept))),
            )
            kept &= {row[0] for row in rows}
        return [doc for doc in docs if doc in kept]

    def values(self, docs: Sequence[int]) -> dict[int, dict[str, int]]:
        """By property: its values among the resources, and how many have each, the most frequent first."""
        rows = self.file.execute(
            "SELECT property, value, count(*) FROM facet WHERE doc IN (SELECT value FROM json_each(?)) "
            "GROUP BY property, value ORDER BY count(*) DESC, value",
            (json.dumps(docs),),
        )
        found: dict[int, dict[str, int]] = {}
        for number, value, count in rows:
            found.setdefault(number, {})[value] = count
        return found


def _expression(part: Part, whole: bool) -> str:
    """A part in FTS5's language: words in quotes hold no sign of it, as they are letters and digits alone."""
    text = '"' + " ".join(part.words) + '"'
    return text if whole or part.whole or len(part.words[0]) < 2 else f"{text}*"
