"""One search: what was meant, what was found, in which order, and how it can be narrowed down.

The order: a name or reference that is just what was asked for; then what has all words in its names; then what
has them anywhere. Whole words come before beginnings of words, and
this graph's own things before others'; what has no name, and shapes, come last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphsvc.describe.names import TYPE
from graphsvc.search.index import MAX_HITS, Index, Reading, Said
from graphsvc.search.words import Part, key_of, parts_of

MAX_FACETS, MAX_VALUES = 8, 12
# See `Reading.standing`.
MINOR = 2
# A word that so many times fewer resources have than a near one may be a slip that is in the data.
_RARER = 5


@dataclass(frozen=True)
class Meant:
    """How a search was understood: its parts; for each word that nothing has, the words that were looked for
    instead (none: it was left out); and whether all parts had to be there."""

    parts: tuple[Part, ...] = ()
    instead: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    every: bool = True

    @property
    def corrected(self) -> str | None:
        """The search with its slips mended, or None where there was none that could be."""
        if not any(self.instead.values()):
            return None
        return " ".join((self.instead.get(part.text) or (part.text,))[0] for part in self.parts)

    @property
    def beginnings(self) -> tuple[str, ...]:
        """The beginnings of the words that were looked for."""
        words = [word for part in self.parts for word in (self.instead.get(part.text) or part.words)]
        return tuple(dict.fromkeys(words))


@dataclass(frozen=True)
class Facet:
    """A property (its IRI), and its values with the number of what was found that has each; `chosen` is the value
    that the search is narrowed down to."""

    property: str
    values: tuple[tuple[str, int], ...]
    more: int = 0
    chosen: str | None = None


@dataclass(frozen=True)
class Hit:
    """A resource that was found, its classes, and its texts, names first."""

    iri: str
    classes: tuple[str, ...]
    said: tuple[Said, ...]


@dataclass(frozen=True)
class Found:
    """The outcome of a search: `total` resources (`capped`: or more), of which `hits` are the asked-for ones."""

    meant: Meant
    total: int = 0
    capped: bool = False
    hits: tuple[Hit, ...] = ()
    facets: tuple[Facet, ...] = ()
    suggestion: str | None = None


def search(
    index: Index, asked: str, narrowing: Mapping[str, str] | None = None, *, first: int = 0, number: int = 20
) -> Found:
    """What `asked` finds, narrowed down to the values of properties; `number` hits from place `first` on.

    A property that nothing has finds nothing. Raises as `Index.open` does.
    """
    with index.open() as reading:
        meant, ordered, capped = _ordered(reading, asked)
        properties = reading.properties()
        wanted = {properties.get(iri, 0): value for iri, value in (narrowing or {}).items()}
        kept = reading.narrowed(ordered, wanted)
        page = kept[first : first + number]
        hits = [
            Hit(iri, tuple(reading.classes(doc)), tuple(reading.said(doc)))
            for doc, iri in zip(page, reading.iris(page), strict=True)
        ]
        facets = _facets(reading, kept, {number: iri for iri, number in properties.items()}, narrowing or {})
        suggestion = _suggestion(reading, meant, len(ordered))
    return Found(meant, len(kept), capped, tuple(hits), facets, suggestion)


def best(index: Index, asked: str, number: int) -> list[str]:
    """The IRIs of the first `number` resources that `asked` finds. Raises as `Index.open` does."""
    with index.open() as reading:
        return reading.iris(_ordered(reading, asked)[1][:number])


def _ordered(reading: Reading, asked: str) -> tuple[Meant, list[int], bool]:
    parts = tuple(parts_of(asked))
    if not parts:
        return Meant(), [], False
    exact = reading.exact(key_of(asked))
    meant, found = _understood(reading, parts, bool(exact))
    groups = _groups(meant)
    tiers = [set(exact)]
    for names, whole in ((True, True), (True, False), (False, True)):
        tiers.append(
            set(reading.matching(groups, every=meant.every, names=names, whole=whole)) if found else set()
        )
    rank = {doc: place for place, tier in reversed(list(enumerate(tiers))) for doc in tier}
    every = found.keys() | rank.keys()
    standing = reading.standing(list(every))

    def key(doc: int) -> tuple[bool, int, int, float, int]:
        place = standing[doc]
        return place == MINOR, rank.get(doc, len(tiers)), place, found.get(doc, 0.0), doc

    docs = sorted(every, key=key)
    return meant, docs[:MAX_HITS], len(docs) > MAX_HITS


def _understood(reading: Reading, parts: tuple[Part, ...], exact: bool) -> tuple[Meant, dict[int, float]]:
    """What is meant, and what has it: all words; else all with slips mended; else some of the words."""
    instead: dict[str, tuple[str, ...]] = {}
    for part in parts:
        if not part.whole and not reading.has(part.words[0]) and not exact:
            instead[part.text] = tuple(reading.near(part.words[0]))
    meant = Meant(parts, instead)
    found = _matching(reading, meant)
    if found or len(parts) == 1 or exact:
        return meant, found
    meant = Meant(parts, instead, every=False)
    return meant, _matching(reading, meant)


def _matching(reading: Reading, meant: Meant) -> dict[int, float]:
    return reading.matching(_groups(meant), every=meant.every, names=False, whole=False)


def _groups(meant: Meant) -> list[list[Part]]:
    """What may stand for each part; a part that nothing stands for is left out."""
    found = []
    for part in meant.parts:
        if part.text not in meant.instead:
            found.append([part])
        elif meant.instead[part.text]:
            found.append([Part((word,)) for word in meant.instead[part.text]])
    return found


def _suggestion(reading: Reading, meant: Meant, number: int) -> str | None:
    """Another spelling that finds much more, where what was asked for is there but rare."""
    if meant.corrected is not None or number > 20:
        return meant.corrected
    words = []
    for part in meant.parts:
        near = [] if part.whole or len(part.words[0]) < 5 else reading.near(part.words[0], 1)
        docs = reading.docs(part.words[0])
        # A word of which there are longer ones is a beginning, not a slip.
        rare = docs > 0 and any(
            reading.docs(word) > _RARER * docs and part.words[0] not in word for word in near
        )
        words.append(near[0] if rare else part.text)
    text = " ".join(words)
    return text if text != " ".join(part.text for part in meant.parts) else None


def _facets(
    reading: Reading, docs: Sequence[int], properties: Mapping[int, str], narrowing: Mapping[str, str]
) -> tuple[Facet, ...]:
    """What tells the resources apart: the properties that most of them have, each kind of difference once."""
    facets: list[tuple[int, Facet]] = []
    told: set[tuple[tuple[str, int], ...]] = set()
    for number, values in reading.values(docs).items():
        iri = properties[number]
        chosen = narrowing.get(iri)
        every = tuple(sorted(values.items()))
        if chosen is None and (
            len(values) < 2 or every in told or all(count == 1 for count in values.values())
        ):
            continue
        told.add(every)
        shown = list(values.items())[:MAX_VALUES]
        if all(value.lstrip("-").isdigit() for value in values):
            shown = sorted(shown, reverse=True)
        facet = Facet(iri, tuple(shown), len(values) - len(shown), chosen)
        facets.append((max(values.values()) if iri == TYPE else sum(values.values()), facet))
    facets.sort(
        key=lambda each: (each[1].chosen is None, each[1].property != TYPE, -each[0], each[1].property)
    )
    return tuple(facet for _, facet in facets[:MAX_FACETS])
