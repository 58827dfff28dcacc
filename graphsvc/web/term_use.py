"""What the page of a resource adds where the resource is a term: its uses, its shapes, its place among others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graphsvc.describe.counting import MOST
from graphsvc.describe.gathering import Gathered
from graphsvc.describe.names import SKOS, TYPE
from graphsvc.describe.usage import Usage, rules_of, usage
from graphsvc.describe.vocabulary import SORTS
from graphsvc.rdf import Iri
from graphsvc.web.addresses import about_link, is_owned, link_to
from graphsvc.web.documented import fragment_link
from graphsvc.web.ontology_page import rule_link
from graphsvc.web.service import service
from graphsvc.web.values import Reader, Value
from graphsvc.web.vocabulary_pages import tree_link


@dataclass(frozen=True)
class TermUse:
    """How a class or property is used (`all` leads to the instances), what demands something of it, and links.

    `home` is the page of its ontology where it has a place, `trees` are those of the schemes that it is or is in.
    """

    sort: str
    usage: Usage
    all: str | None
    examples: tuple[Value, ...]
    rules: tuple[tuple[Value, str], ...]
    home: str | None
    trees: tuple[tuple[Value, str], ...]
    most: int = MOST


def term_use(found: Gathered, types: Iterable[str], reader: Reader) -> TermUse | None:
    """What to add for a class, a property, a concept or a scheme; None for anything else."""
    sort = next((SORTS[kind] for kind in sorted(types) if kind in SORTS), "")
    trees = _trees(found, sort, reader)
    if sort not in ("Classes", "Properties"):
        none = Usage()
        return TermUse(sort or "Concepts", none, None, (), (), None, trees) if trees else None
    store, iri = service().store, found.topic
    used = usage(store, [iri] if sort == "Classes" else [], [iri] if sort == "Properties" else [])
    own = used.get(iri, Usage())
    rules = {rule.shape: rule for rule in rules_of(store, [iri]).get(iri, ())}
    reader.learn([*own.examples, *rules])
    return TermUse(
        sort,
        own,
        about_link(iri, inverse=TYPE) if sort == "Classes" and own.number else None,
        tuple(reader.link(each) for each in own.examples),
        tuple((reader.link(shape), rule_link(rule)) for shape, rule in rules.items()),
        link_to(iri) if "#" in iri and is_owned(iri) else None,
        trees,
    )


def _trees(found: Gathered, sort: str, reader: Reader) -> tuple[tuple[Value, str], ...]:
    if sort == "Concept schemes":
        return ((reader.link(found.topic), tree_link(found.topic)),)
    inside = {
        each.object.value
        for each in found.own
        if each.subject == Iri(found.topic)
        and each.predicate in (SKOS + "inScheme", SKOS + "topConceptOf")
        and isinstance(each.object, Iri)
    }
    reader.learn(inside)
    return tuple((reader.link(iri), tree_link(iri) + fragment_link(found.topic)) for iri in sorted(inside))
