"""The resources next to one: some of each property in either direction, and the numbers of the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphsvc.describe.gathering import Gathered
from graphsvc.describe.names import RDF
from graphsvc.rdf import Iri

MAX_NODES = 18
MAX_BRANCHES = 10
# How statements are spoken of is no link between things.
_MACHINERY = frozenset({RDF + "subject", RDF + "predicate", RDF + "object"})


@dataclass(frozen=True)
class Branch:
    """Links by one property: `nodes` are some of the resources at the other end, `number` is how many there are
    (or `more`).

    An `incoming` link leads from the other resource to the centre.
    """

    property: str
    incoming: bool
    nodes: tuple[str, ...]
    number: int
    more: bool = False


@dataclass(frozen=True)
class Neighbourhood:
    """A resource, some of what is linked with it, and how many properties in either direction are left out."""

    centre: str
    branches: tuple[Branch, ...]
    left_out: int = 0


def neighbourhood(found: Gathered, order: Mapping[str, tuple[float, ...]]) -> Neighbourhood:
    """The neighbourhood of what was gathered; properties are in `order`, then by their IRIs, outgoing ones first.

    Every property gets a node before another gets its second; at most MAX_NODES in all.
    """
    out = _outgoing(found)
    into = {
        count.property: [
            node.value for node in found.incoming.get(count.property, ()) if isinstance(node, Iri)
        ]
        for count in found.incoming_counts
        if count.property not in _MACHINERY
    }
    counted = {count.property: count for count in found.incoming_counts}
    candidates = [(name, False, out[name]) for name in _sorted(out, order)]
    candidates += [(name, True, into[name]) for name in _sorted(into, order) if into[name]]
    chosen = candidates[:MAX_BRANCHES]
    shares = _shares([len(nodes) for _, _, nodes in chosen], MAX_NODES)
    branches = []
    for (name, incoming, nodes), share in zip(chosen, shares, strict=True):
        cut = not incoming and found.counts.get(name, 0) > len(nodes) and _is_cut(found, name)
        number = counted[name].number if incoming else found.counts[name] if cut else len(nodes)
        more = incoming and counted[name].more
        branches.append(Branch(name, incoming, tuple(nodes[:share]), number, more))
    return Neighbourhood(found.topic, tuple(branches), len(candidates) - len(chosen))


def _is_cut(found: Gathered, name: str) -> bool:
    """Whether only the first values of a property were gathered."""
    here = {each.object for each in found.own if each.predicate == name and each.subject == Iri(found.topic)}
    return found.counts[name] > len(here)


def _outgoing(found: Gathered) -> dict[str, list[str]]:
    """The resources that the topic's own statements link to, by property, each once."""
    links: dict[str, list[str]] = {}
    for each in sorted(found.own, key=lambda each: (each.predicate, each.object.n3())):
        if each.subject == Iri(found.topic) and isinstance(each.object, Iri) and each.object != each.subject:
            nodes = links.setdefault(each.predicate, [])
            if each.object.value not in nodes:
                nodes.append(each.object.value)
    return links


def _sorted(names: Iterable[str], order: Mapping[str, tuple[float, ...]]) -> list[str]:
    return sorted(names, key=lambda name: (order.get(name, (float("inf"),)), name))


def _shares(sizes: Sequence[int], total: int) -> list[int]:
    """How many of each to take so that all get alike, and none more than it has."""
    shares = [0] * len(sizes)
    while total > 0:
        hungry = [place for place, size in enumerate(sizes) if shares[place] < size]
        if not hungry:
            break
        for place in hungry[:total]:
            shares[place] += 1
        total -= len(hungry)
    return shares
