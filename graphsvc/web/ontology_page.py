"""The ontologies as pages: all at `/ontology`, each at its own IRI, every term with its place, uses and shapes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, Response, render_template

from graphsvc.charts.class_diagram import ClassDiagram, draw_classes
from graphsvc.charts.connectors import Box, Line
from graphsvc.describe.counting import MOST
from graphsvc.describe.names import OWL, RDF
from graphsvc.describe.statements import Statement
from graphsvc.describe.usage import Rule, Usage, demanded_links, linked_classes, rules_of, usage
from graphsvc.describe.vocabulary import Vocabulary, VocabularyTerm, statements_of_terms, vocabularies
from graphsvc.rdf import Iri
from graphsvc.vocab import PREFIXES
from graphsvc.web.addresses import Address, about_link, with_parameters
from graphsvc.web.documented import anchor, documented, fragment_link
from graphsvc.web.memory import remembered
from graphsvc.web.representation import languages
from graphsvc.web.service import local_path, service
from graphsvc.web.values import Reader, Value
from graphsvc.web.vocabulary_pages import tree_link

blueprint = Blueprint("ontology", __name__)
# A picture of more classes than these is none.
DRAWN = 40
_TYPE = RDF + "type"
# Where a value has no box of its own.
_LITERALS = (
    PREFIXES["xsd"],
    PREFIXES["rdfs"] + "Literal",
    *(RDF + name for name in ("langString", "HTML", "XMLLiteral", "JSON")),
)


@dataclass(frozen=True)
class TermView:
    """A term on a page: where its place is, its name, how it is used, and what shapes demand of it."""

    term: VocabularyTerm
    id: str
    name: Value
    usage: Usage
    all: str | None
    examples: tuple[Value, ...]
    rules: tuple[tuple[Value, str], ...]


@dataclass(frozen=True)
class VocabularyView:
    """An ontology on a page: its terms by sort, and the diagram of its classes."""

    vocabulary: Vocabulary
    terms: dict[str, list[TermView]]
    diagram: ClassDiagram
    undrawn: int


@blueprint.get("/ontology")
def ontology() -> Response:
    """The terms of the graph's ontologies."""
    return documented("/ontology", lambda: statements_of_terms(service().store), _all)


def _all(said: Sequence[Statement]) -> str:
    return _render(vocabularies(said, languages()), None)


def is_ontology(types: Iterable[str]) -> bool:
    """Whether a resource of these types has a page of its terms."""
    return OWL + "Ontology" in types


def ontology_page(iri: str, address: Address) -> str | None:
    """The page of one ontology; None where it defines no terms."""
    said = statements_of_terms(service().store)
    found = next((each for each in vocabularies(said, languages()) if each.ontology == iri), None)
    return _render([found], address) if found is not None and found.terms else None


def _render(found: Sequence[Vocabulary], address: Address | None) -> str:
    """One ontology where it is at home, or all of them."""
    document = found[0].ontology if address is not None else None
    page = _Page(found, document)
    views = [page.view(vocabulary) for vocabulary in found if vocabulary.terms]
    only = views[0] if address is not None else None
    return render_template(
        "ontology.html",
        views=views,
        only=only,
        link=page.link,
        name=page.reader.link,
        value=page.reader.value,
        most=MOST,
        fragment=fragment_link,
        anchor=lambda iri: anchor(iri, document),
        turtle=with_parameters(address.url if address else local_path("/ontology"), format="ttl"),
        json_ld=with_parameters(address.url if address else local_path("/ontology"), format="jsonld"),
        everything=about_link(document) if document else None,
    )


class _Page:
    """What the views of one page share: names, uses, shapes, and which terms have a place on it."""

    def __init__(self, found: Sequence[Vocabulary], document: str | None) -> None:
        self.document = document
        self.terms = {term.iri: term for each in found for terms in each.terms.values() for term in terms}
        self.usage, self.rules, self.links = facts(found)
        self.reader = Reader(service().store, languages())
        self.reader.learn(self._mentioned(found))

    def _mentioned(self, found: Sequence[Vocabulary]) -> set[str]:
        iris = {vocabulary.ontology for vocabulary in found if vocabulary.ontology}
        for vocabulary in found:
            for name, values in vocabulary.about if self.document else ():
                iris |= {name, *(value.value for value in values if isinstance(value, Iri))}
        for term in self.terms.values():
            iris |= {term.iri, *term.domains, *term.ranges, *term.broader, *term.narrower}
            iris |= {*term.has, *term.values_of, *self.usage.get(term.iri, Usage()).examples}
            iris |= {rule.shape for rule in self.rules.get(term.iri, ())}
        return iris | {iri for link in self.links for iri in link}

    def link(self, iri: str) -> Value:
        """A term by its name, linked to its place on this page if it has one."""
        value = self.reader.link(iri)
        if iri not in self.terms:
            return value
        return replace(value, href=fragment_link(anchor(iri, self.document)), external=False, about=None)

    def view(self, vocabulary: Vocabulary) -> VocabularyView:
        """An ontology with its terms and its diagram."""
        terms = {sort: [self._term(sort, term) for term in each] for sort, each in vocabulary.terms.items()}
        classes = sorted(
            vocabulary.of_sort("Classes"), key=lambda term: -self.usage.get(term.iri, Usage()).number
        )
        drawn = sorted(term.iri for term in classes[:DRAWN])
        return VocabularyView(vocabulary, terms, self._diagram(drawn), len(classes) - len(drawn))

    def _term(self, sort: str, term: VocabularyTerm) -> TermView:
        used = self.usage.get(term.iri, Usage())
        every = None
        if used.number and sort == "Classes":
            every = about_link(term.iri, inverse=_TYPE)
        elif sort == "Concept schemes":
            every = tree_link(term.iri)
        rules: dict[str, tuple[Value, str]] = {}
        for rule in self.rules.get(term.iri, ()):
            rules[rule.shape] = (self.reader.link(rule.shape), rule_link(rule))
        return TermView(
            term,
            anchor(term.iri, self.document),
            self.reader.link(term.iri),
            used,
            every,
            tuple(self.reader.link(iri) for iri in used.examples),
            tuple(rules.values()),
        )

    def _diagram(self, classes: Sequence[str]) -> ClassDiagram:
        """The classes, what they are kinds of, and where they lead: by definition, by shape or in the data."""
        own, lines, attributes = set(classes), [], dict[str, list[str]]()
        for iri in classes:
            lines += [Line(iri, above) for above in self.terms[iri].broader]
        for term in self.terms.values():
            label = self.reader.name(term.iri).value
            for domain in term.domains:
                for target in term.ranges:
                    if not target.startswith(_LITERALS):
                        lines.append(Line(domain, target, label))
                if domain in own and any(target.startswith(_LITERALS) for target in term.ranges):
                    attributes.setdefault(domain, []).append(label)
        lines += [Line(one, other, self.reader.name(by).value) for one, by, other in self.links]
        lines = [line for line in lines if line.start in own or line.end in own]
        ends = {end for line in lines for end in (line.start, line.end)} - own
        boxes = [self._box(iri, attributes.get(iri, ())) for iri in (*classes, *sorted(ends))]
        return draw_classes(boxes, lines)

    def _box(self, iri: str, attributes: Sequence[str]) -> Box:
        value = self.link(iri)
        return Box(
            iri, value.text, value.about or value.href, tuple(sorted(attributes)), iri not in self.terms
        )


Facts = tuple[dict[str, Usage], dict[str, tuple[Rule, ...]], list[tuple[str, str, str]]]


def facts(found: Sequence[Vocabulary]) -> Facts:
    """The uses of the terms, the shapes that hold for them, and how shapes and data link classes."""
    store = service().store
    classes = [term.iri for each in found for term in each.of_sort("Classes")]
    properties = [term.iri for each in found for term in each.of_sort("Properties")]
    ontologies = ",".join(sorted(each.ontology or "" for each in found))

    def make() -> Facts:
        return (
            usage(store, classes, properties),
            rules_of(store, [*classes, *properties]),
            sorted({*demanded_links(store), *linked_classes(store, classes[:DRAWN])}),
        )

    return remembered(f"facts of terms {ontologies}", make)


def rule_link(rule: Rule) -> str:
    """Where a rule is explained on the page of the shapes."""
    return local_path("/shapes") + fragment_link(rule.rule)
