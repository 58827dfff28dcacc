"""Asks an index: which resources have some words, how they rank, and what they can be narrowed down by."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from graphsvc.describe.names import TYPE
from graphsvc.errors import OutOfTime, Unavailable
from graphsvc.search.nearness import allowed, slips
from graphsvc.search.words import Part, words_of

# So many resources at most are found, counted and told apart; where more have the words, the count says so.
MAX_HITS = 1_000
# Words that so many resources have, together, are weighed against each other, which takes the longer the more do.
MAX_WEIGHED = 2_000
# How resources stand: as this graph's own, as others', and those that have no label, and shapes, which are seldom
# what somebody looks for.
OWN, OTHER, MINOR = range(3)
# With this sign, which no word has, the index has the number of a value as a word.
VALUE_MARK = "\ue000"
# How long one search may take, in seconds, and how often SQLite asks whether it is over, in its own steps.
PATIENCE, _STEPS = 10.0, 20_000
_NAMES, _TEXTS = "{label alternative reference}", "{label alternative reference text}"
# The kind of a text that is neither a name nor a reference: see `gathering.TEXT`.
_TEXT = 3
# So many words that begin alike are looked at to tell how many resources have them.
_BEGINNINGS = 1_000
# The index has the beginnings of words up to so many letters; so many words with a longer one are spelt out.
_PREFIXED, _SPELT_OUT = 3, 16
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

    def frequency(self, groups: Sequence[Sequence[Part]]) -> int:
        """How many resources have the words of all parts, or words that begin so, added up; or a larger number."""
        return sum(self._frequency(part) for group in groups for part in group)

    def _frequency(self, part: Part) -> int:
        if part.whole:
            return min(self.docs(word) for word in part.words)
        (word,) = part.words
        (number, docs) = self.file.execute(
            "SELECT count(*), sum(docs) FROM (SELECT docs FROM term WHERE word >= ? AND word < ? LIMIT ?)",
            (word, f"{word}\U0010ffff", _BEGINNINGS),
        ).fetchone()
        return int(docs or 0) if number < _BEGINNINGS else MAX_WEIGHED + 1

    def number(self) -> int:
        """How many resources there are."""
        return int(self.file.execute("SELECT coalesce(max(id), 0) FROM resource").fetchone()[0])

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

    def first(
        self,
        groups: Sequence[Sequence[Part]],
        most: int,
        wanted: Sequence[int] = (),
        *,
        every: bool = True,
        names: bool = False,
        whole: bool = False,
    ) -> list[int]:
        """The first `most` resources that have a part of every group (or of any) and the wanted values.

        They come by how they stand, then by the lengths of their labels. `names` looks in names and references
        alone; `whole` takes no word for the beginning of another.
        """
        asked = self._expression(groups, wanted, every=every, names=names, whole=whole)
        rows = self.file.execute(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid LIMIT ?", (asked, most)
        )
        return [row[0] for row in rows]

    def weighed(
        self, groups: Sequence[Sequence[Part]], wanted: Sequence[int] = (), *, every: bool = True
    ) -> dict[int, float]:
        """Every resource that has a part of every group (or of any) and the wanted values, with how well it fits:
        less is better. It takes the longer the more resources have any of the words."""
        asked = self._expression(groups, wanted, every=every)
        rows = self.file.execute(
            "SELECT rowid, bm25(words, 10, 6, 8, 1, 0) FROM words WHERE words MATCH ?", (asked,)
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

    def standing(self, docs: Iterable[int]) -> dict[int, int]:
        """How each resource stands: OWN, OTHER or MINOR."""
        others, minor = self.file.execute("SELECT others, minor FROM about").fetchone()
        return {doc: MINOR if doc >= minor else OTHER if doc >= others else OWN for doc in docs}

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

    def words(self, docs: Sequence[int]) -> dict[int, tuple[list[str], list[str]]]:
        """The words of each resource's names and references, and those of all its texts, in their order."""
        rows = self.file.execute(
            "SELECT doc, kind, value FROM said WHERE doc IN (SELECT value FROM json_each(?)) ORDER BY doc, kind",
            (json.dumps(docs),),
        )
        found: dict[int, tuple[list[str], list[str]]] = {doc: ([], []) for doc in docs}
        for doc, kind, value in rows:
            # What stands between two texts is no word, so that no phrase goes on from one to the other.
            words = [*words_of(value), ""]
            found[doc][1].extend(words)
            if kind < _TEXT:
                found[doc][0].extend(words)
        return found

    def classes(self, doc: int) -> list[str]:
        """The IRIs of the classes of a resource."""
        rows = self.file.execute(
            "SELECT value.value FROM facet JOIN value ON value.id = facet.value "
            "WHERE doc = ? AND property = (SELECT id FROM property WHERE iri = ?) ORDER BY value.value LIMIT 20",
            (doc, TYPE),
        )
        return [row[0] for row in rows]

    def properties(self) -> dict[str, int]:
        """The properties that things can be narrowed down by, with their numbers."""
        return dict(self.file.execute("SELECT iri, id FROM property WHERE narrows").fetchall())

    def value(self, number: int, value: str) -> int | None:
        """The number of a value of the property of that number; None for one that nothing has."""
        found = self.file.execute(
            "SELECT id FROM value WHERE property = ? AND value = ?", (number, value)
        ).fetchone()
        return int(found[0]) if found else None

    def narrowed(self, docs: Sequence[int], wanted: Sequence[int]) -> list[int]:
        """Those of the resources that have all wanted values, in the same order."""
        kept = list(docs)
        for value in wanted:
            rows = self.file.execute(
                "SELECT doc FROM facet WHERE value = ? AND doc IN (SELECT value FROM json_each(?))",
                (value, json.dumps(kept)),
            )
            having = {row[0] for row in rows}
            kept = [doc for doc in kept if doc in having]
        return kept

    def values(self, docs: Sequence[int]) -> dict[int, dict[str, int]]:
        """By property: its values among the resources, and how many have each, the most frequent first."""
        rows = self.file.execute(
            "SELECT property, value.value, number FROM (SELECT facet.value AS id, count(*) AS number FROM facet "
            "WHERE doc IN (SELECT value FROM json_each(?)) GROUP BY facet.value) JOIN value USING (id) "
            "ORDER BY number DESC, value.value",
            (json.dumps(docs),),
        )
        found: dict[int, dict[str, int]] = {}
        for number, value, count in rows:
            found.setdefault(number, {})[value] = count
        return found

    def _expression(
        self,
        groups: Sequence[Sequence[Part]],
        wanted: Sequence[int],
        *,
        every: bool,
        names: bool = False,
        whole: bool = False,
    ) -> str:
        """What is looked for, in FTS5's language. https://www.sqlite.org/fts5.html#full_text_query_syntax"""
        joint = " AND " if every else " OR "
        asked = joint.join(
            "(" + " OR ".join(self._term(part, whole) for part in group) + ")" for group in groups
        )
        asked = f"{_NAMES if names else _TEXTS} : ({asked})"
        return " AND ".join([asked, *(f'narrows : "{VALUE_MARK}{value}"' for value in wanted)])

    def _term(self, part: Part, whole: bool) -> str:
        """A part in FTS5's language: words in quotes hold no sign of it, as they are letters and digits alone."""
        word = part.words[0]
        text = '"' + " ".join(part.words) + '"'
        if whole or part.whole or len(word) < 2:
            return text
        if len(word) > _PREFIXED:
            # For a longer beginning FTS5 first collects all that have any of the words, however few are wanted.
            rows = self.file.execute(
                "SELECT word FROM term WHERE word >= ? AND word < ? LIMIT ?",
                (word, f"{word}\U0010ffff", _SPELT_OUT + 1),
            )
            words = [row[0] for row in rows]
            if 0 < len(words) <= _SPELT_OUT:
                return " OR ".join(f'"{each}"' for each in words)
        return f"{text}*"
