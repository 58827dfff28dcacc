"""Concept schemes as trees. Whatever is odd about one, each concept is reached, and the tree ends.

A concept with several broader ones stands in full under one of them, under the others as a reference; so does
one that is broader than itself by some way round. https://www.w3.org/TR/skos-reference/#semantic-relations
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphsvc.describe.names import SKOS, TYPE, batches, listed
from graphsvc.rdf import Iri, Literal
from graphsvc.store import Store
from graphsvc.store.rows import select

MAX_SCHEMES = 1_000
# A scheme is read up to so many concepts and so many links between them.
MAX_CONCEPTS = 50_000
# A page shows so many concepts; larger branches have a page of their own.
SHOWN = 400
# Lists within lists become unreadable, and a browser gives up, beyond so many.
_DEEPEST = 12


@dataclass
class Branch:
    """A concept in the tree.

    `below` are the branches shown, `hidden` how many concepts right below it are not, because the page is full;
    `again` says that the concept stands in full elsewhere.
    """

    iri: str
    below: list[Branch] = field(default_factory=list)
    hidden: int = 0
    again: bool = False

    def iris(self) -> Iterable[str]:
        """The concept and all that are shown below it."""
        yield self.iri
        for branch in self.below:
            yield from branch.iris()


@dataclass(frozen=True)
class Scheme:
    """The concepts of a scheme, which are right below which, and those at the top."""

    iri: str
    concepts: frozenset[str]
    narrower: Mapping[str, tuple[str, ...]]
    broader: Mapping[str, tuple[str, ...]]
    tops: tuple[str, ...]
    cut: bool


def schemes(store: Store) -> dict[str, int]:
    """The concept schemes, each with its number of concepts, those at the top that it names among them."""
    rows = select(
        store,
        f"""
        SELECT ?scheme (COUNT(DISTINCT ?concept) AS ?n) {{
          {{ ?concept <{SKOS}inScheme> ?scheme }} UNION {{ ?concept <{SKOS}topConceptOf> ?scheme }}
          UNION {{ ?scheme <{SKOS}hasTopConcept> ?concept }} UNION {{ ?scheme <{TYPE}> <{SKOS}ConceptScheme> }}
          FILTER(isIRI(?scheme))
        }} GROUP BY ?scheme ORDER BY ?scheme LIMIT {MAX_SCHEMES}""",
    )
    return {row["scheme"].value: int(row["n"].value) for row in rows if "scheme" in row}


def read_scheme(store: Store, iri: str) -> Scheme | None:
    """A scheme; None where nothing is in it. Raises as `Store.query` does, BadRequest for what is no IRI."""
    name = Iri(iri).n3()
    member = f"?c <{SKOS}inScheme>|<{SKOS}topConceptOf>|^<{SKOS}hasTopConcept> {name}"
    rows = select(
        store, f"SELECT DISTINCT ?c {{ {member} FILTER(isIRI(?c)) }} ORDER BY ?c LIMIT {MAX_CONCEPTS + 1}"
    )
    concepts = frozenset(row["c"].value for row in rows[:MAX_CONCEPTS])
    if not concepts:
        return None
    links = select(
        store,
        f"""
        SELECT DISTINCT ?c ?above {{
          {{ SELECT DISTINCT ?c {{ {member} }} }}
          ?c <{SKOS}broader>|^<{SKOS}narrower> ?above FILTER(isIRI(?c) && isIRI(?above) && ?c != ?above)
        }} ORDER BY ?c ?above LIMIT {2 * MAX_CONCEPTS}""",
    )
    narrower: dict[str, list[str]] = {}
    broader: dict[str, list[str]] = {}
    for row in links:
        concept, above = row["c"].value, row["above"].value
        if above in concepts and concept in concepts:
            narrower.setdefault(above, []).append(concept)
            broader.setdefault(concept, []).append(above)
    said = select(
        store,
        f"SELECT DISTINCT ?c {{ ?c <{SKOS}topConceptOf>|^<{SKOS}hasTopConcept> {name} }} LIMIT {MAX_CONCEPTS}",
    )
    tops = _tops(concepts, {row["c"].value for row in said} & concepts, narrower, broader)
    return Scheme(
        iri,
        concepts,
        {key: tuple(values) for key, values in narrower.items()},
        {key: tuple(values) for key, values in broader.items()},
        tuple(tops),
        len(rows) > MAX_CONCEPTS,
    )


def _tops(
    concepts: frozenset[str],
    said: set[str],
    narrower: Mapping[str, list[str]],
    broader: Mapping[str, list[str]],
) -> list[str]:
    """The concepts said to be at the top, those under nothing, and one of each circle that these do not reach."""
    found = sorted(said | {iri for iri in concepts if iri not in broader})
    reached: set[str] = set()
    left = list(found)
    for iri in (None, *sorted(concepts)):
        if iri is not None and iri not in reached:
            found.append(iri)
            left.append(iri)
        while left:
            each = left.pop()
            if each not in reached:
                reached.add(each)
                left += narrower.get(each, ())
    return found


def tree(scheme: Scheme, roots: Sequence[str], room: int = SHOWN) -> list[Branch]:
    """The branches from some concepts, level by level, until `room` concepts are shown; all roots are."""
    branches: list[Branch] = []
    placed: set[str] = set()
    level = [(branches, iri) for iri in roots]
    shown = len(roots)
    while level:
        following: list[tuple[list[Branch], str]] = []
        for siblings, iri in level:
            branch = Branch(iri, again=iri in placed)
            siblings.append(branch)
            if branch.again:
                continue
            placed.add(iri)
            below = scheme.narrower.get(iri, ())
            if shown + len(below) > room:
                branch.hidden = len(below)
            else:
                shown += len(below)
                following += [(branch.below, each) for each in below]
        level = following
    return branches


def arrange(branches: list[Branch], key: Callable[[str], Any], depth: int = 0) -> None:
    """Sort the concepts of each level by a key of their IRIs; what is too deep for a page is cut off."""
    branches.sort(key=lambda branch: (key(branch.iri), branch.iri))
    for branch in branches:
        if depth >= _DEEPEST:
            branch.hidden, branch.below = branch.hidden or len(branch.below), []
        arrange(branch.below, key, depth + 1)


def lineage(scheme: Scheme, concept: str) -> list[str]:
    """The concepts above one, from the top down, by the first of several broader ones."""
    found: list[str] = []
    above = scheme.broader.get(concept, ())
    while above and above[0] not in found and above[0] != concept:
        found.append(above[0])
        above = scheme.broader.get(above[0], ())
    return found[::-1]


def notations(store: Store, concepts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The codes of each concept that has some."""
    found: dict[str, set[str]] = {}
    for batch in batches(sorted(concepts)):
        rows = select(
            store,
            f"SELECT DISTINCT ?c ?code {{ VALUES ?c {{ {listed(batch)} }} ?c <{SKOS}notation> ?code "
            "FILTER(isLiteral(?code)) } LIMIT 20000",
        )
        for row in rows:
            if isinstance(row["code"], Literal):
                found.setdefault(row["c"].value, set()).add(row["code"].value)
    return {iri: tuple(sorted(codes)) for iri, codes in found.items()}
