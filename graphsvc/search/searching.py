"""One search: what was meant, what was found, in which order, and how it can be narrowed down.

The order: a name or reference that is just what was asked for; then what has all words in its names; then what
has them anywhere. Whole words come before beginnings of words, and this graph's own things before others'; what
has no name, and shapes, come last. What is alike in that is weighed by how well it fits where the words are rare;
of words that very many things have, the shortest labels come first, which takes as long in a graph of any size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log1p

from graphsvc.describe.names import TYPE
from graphsvc.search.index import MAX_HITS, MAX_WEIGHED, MINOR, Index, Reading, Said
from graphsvc.search.words import Part, holds, key_of, parts_of

MAX_FACETS, MAX_VALUES = 8, 12
# What finds at most so many things may have a slip in it.
_RARE = 20
# Of so few, which have the words in which way is seen from their texts, sooner than the index would tell.
_FEW = 200
# In which order what has the words is found: in names or anywhere, as whole words or as beginnings.
_TIERS = ((True, True), (True, False), (False, True), (False, False))
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
    """The outcome of a search: `total` resources (`capped`: the first of more), of which `hits` are the asked-for
    ones, and which `facets` tell apart."""

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
        properties = reading.properties()
        wanted = [reading.value(properties.get(iri, 0), value) for iri, value in (narrowing or {}).items()]
        meant, kept, capped, rare = _ordered(reading, asked, MAX_HITS, wanted)
        page = kept[first : first + number]
        hits = [
            Hit(iri, tuple(reading.classes(doc)), tuple(reading.said(doc)))
            for doc, iri in zip(page, reading.iris(page), strict=True)
        ]
        facets = _facets(reading, kept, {number: iri for iri, number in properties.items()}, narrowing or {})
        suggestion = _suggestion(reading, meant, rare)
    return Found(meant, len(kept), capped, tuple(hits), facets, suggestion)


def best(index: Index, asked: str, number: int) -> list[str]:
    """The IRIs of the first `number` resources that `asked` finds. Raises as `Index.open` does."""
    with index.open() as reading:
        return reading.iris(_ordered(reading, asked, number)[1])


def _ordered(
    reading: Reading, asked: str, most: int, wanted: Sequence[int | None] = ()
) -> tuple[Meant, list[int], bool, bool]:
    """What was meant, the first `most` that were found, whether there are more, and whether the words are rare."""
    parts = tuple(parts_of(asked))
    if not parts:
        return Meant(), [], False, False
    exact = reading.exact(key_of(asked))
    meant, there = _understood(reading, parts, bool(exact), most + 1)
    groups = _groups(meant) if there else []
    rare = len({*exact, *there}) <= _RARE
    values = [value for value in wanted if value is not None]
    if len(values) < len(wanted):
        return meant, [], False, rare
    if values and there:
        there = reading.first(groups, most + 1, values, every=meant.every)
    found = _found(
        reading, groups, values, reading.narrowed(exact, values), there, most + 1, every=meant.every
    )
    return meant, found[:most], len(found) > most, rare


def _found(
    reading: Reading,
    groups: Sequence[Sequence[Part]],
    wanted: Sequence[int],
    exact: Sequence[int],
    there: Sequence[int],
    most: int,
    *,
    every: bool,
) -> list[int]:
    """The first `most` of what was found, in their order; `there` are the first that have the words in any way."""
    tiers: list[Sequence[int]] = [exact]
    fits: dict[int, float] = {}
    if groups and reading.frequency(groups) <= MAX_WEIGHED:
        fits = reading.weighed(groups, wanted, every=every)
        for names, whole in _TIERS[:-1]:
            tiers.append(reading.first(groups, len(fits), wanted, every=every, names=names, whole=whole))
    elif groups and every and len(there) <= _FEW:
        words = reading.words(there)
        for names, whole in _TIERS:
            tiers.append([doc for doc in there if _has(words[doc][not names], groups, whole=whole)])
        tiers.append(there)
    elif groups and every:
        for names, whole in _TIERS:
            tiers.append(reading.first(groups, most, wanted, names=names, whole=whole))
            if _telling(reading, tiers) >= most:
                break
    elif groups:
        fits = _by_rarity(reading, groups, wanted, most)
    rank = {doc: place for place, tier in reversed(list(enumerate(tiers))) for doc in tier}
    standing = reading.standing(rank.keys() | fits.keys())

    def key(doc: int) -> tuple[bool, int, int, float, int]:
        place = standing[doc]
        return place == MINOR, rank.get(doc, len(tiers)), place, fits.get(doc, 0.0), doc

    return sorted(standing, key=key)[:most]


def _has(words: Sequence[str], groups: Sequence[Sequence[Part]], *, whole: bool) -> bool:
    return all(any(holds(words, part, whole=whole) for part in group) for group in groups)


def _telling(reading: Reading, tiers: Sequence[Sequence[int]]) -> int:
    """How many of the resources come before those that are seldom looked for."""
    return sum(place != MINOR for place in reading.standing({doc for tier in tiers for doc in tier}).values())


def _by_rarity(
    reading: Reading, groups: Sequence[Sequence[Part]], wanted: Sequence[int], most: int
) -> dict[int, float]:
    """Resources that have some of the words, with how well they fit: what has more and rarer words fits better.

    Of each word they are the first `most`, and those among the first that have a rarer word too.
    """
    fits: dict[int, float] = {}
    number = reading.number()
    rarer: list[Part] = []
    for group in sorted(groups, key=lambda group: reading.frequency([group])):
        weight = log1p(number / (1 + reading.frequency([group])))
        having = {*reading.first([group], most, wanted)}
        if rarer:
            having |= {*reading.first([rarer, group], most, wanted)}
        for doc in having:
            fits[doc] = fits.get(doc, 0.0) - weight
        rarer += group
    return fits


def _understood(reading: Reading, parts: tuple[Part, ...], exact: bool, most: int) -> tuple[Meant, list[int]]:
    """What is meant, and the first `most` that have it: all words; else all with slips mended; else some words."""
    instead: dict[str, tuple[str, ...]] = {}
    for part in parts:
        if not part.whole and not reading.has(part.words[0]) and not exact:
            instead[part.text] = tuple(reading.near(part.words[0]))
    meant = Meant(parts, instead)
    found = _having(reading, meant, most)
    if found or len(parts) == 1 or exact:
        return meant, found
    meant = Meant(parts, instead, every=False)
    return meant, _having(reading, meant, most)


def _having(reading: Reading, meant: Meant, most: int) -> list[int]:
    groups = _groups(meant)
    return reading.first(groups, most, every=meant.every) if groups else []


def _groups(meant: Meant) -> list[list[Part]]:
    """What may stand for each part; a part that nothing stands for is left out."""
    found = []
    for part in meant.parts:
        if part.text not in meant.instead:
            found.append([part])
        elif meant.instead[part.text]:
            found.append([Part((word,)) for word in meant.instead[part.text]])
    return found


def _suggestion(reading: Reading, meant: Meant, rare: bool) -> str | None:
    """Another spelling that finds much more, where what was asked for is there but rare."""
    if meant.corrected is not None or not rare:
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
