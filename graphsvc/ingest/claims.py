"""What a page makes the graph say: stated triples with their passage, derived ones with their rule."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyoxigraph as ox

from graphsvc.ingest.text import Span
from graphsvc.vocab import PREFIXES

Object = ox.NamedNode | ox.Literal
RULE, GUESS = "rule", "guess"


def term(name: str) -> ox.NamedNode:
    """The IRI of a prefixed name of the prefix table: `eli:date_document`."""
    prefix, _, local = name.partition(":")
    return ox.NamedNode(PREFIXES[prefix] + local)


def english(text: str) -> ox.Literal:
    """A text in the page's language."""
    return ox.Literal(text, language="en")


def day(date: datetime.date) -> ox.Literal:
    """A date as xsd:date."""
    return ox.Literal(date.isoformat(), datatype=term("xsd:date"))


def natural(number: int) -> ox.Literal:
    """A count of characters or bytes as xsd:nonNegativeInteger."""
    return ox.Literal(str(number), datatype=term("xsd:nonNegativeInteger"))


@dataclass(frozen=True)
class Names:
    """How the things of one page are named under a base."""

    base: str
    page: str

    def thing(self, kind: str, reference: str) -> ox.NamedNode:
        """A thing of the kinds that the model has: org, task, instrument and so on."""
        return ox.NamedNode(f"{self.base}/id/{kind}/{reference}")

    def own(self, local: str) -> ox.NamedNode:
        """A term of our own ontology."""
        return ox.NamedNode(f"{self.base}/def/dg#{local}")

    @property
    def document(self) -> ox.NamedNode:
        """The source page itself."""
        return ox.NamedNode(f"{self.base}/doc/source/{self.page}")

    def passage(self, span: Span) -> ox.NamedNode:
        """A passage of the source page. https://www.rfc-editor.org/rfc/rfc5147#section-2.1.1"""
        return ox.NamedNode(f"{self.document.value}#char={span.start},{span.end}")

    def graph(self, which: str) -> ox.NamedNode:
        """One of the named graphs of the page: source, inferred, meta."""
        return ox.NamedNode(f"{self.base}/graph/{which}/{self.page}")

    def statement(self, triple: ox.Triple) -> ox.NamedNode:
        """The reified statement of a triple, named after what the triple says."""
        digest = hashlib.sha256(str(triple).encode()).hexdigest()[:16]
        return self.thing("statement", digest)


@dataclass(frozen=True)
class Derived:
    """A triple that a rule derives from others, and how surely."""

    triple: ox.Triple
    rule: str
    certainty: str
    premises: tuple[ox.Triple, ...]


@dataclass
class Claims:
    """What one page makes the graph say, each triple once."""

    stated: dict[ox.Triple, list[Span]] = field(default_factory=dict)
    derived: dict[ox.Triple, Derived] = field(default_factory=dict)
    whole: dict[ox.NamedNode, list[Span]] = field(default_factory=dict)

    def state(self, subject: ox.NamedNode, predicate: ox.NamedNode, object_: Object, span: Span) -> ox.Triple:
        """Note that the page states a triple with the characters of a span."""
        triple = ox.Triple(subject, predicate, object_)
        spans = self.stated.setdefault(triple, [])
        if span not in spans:
            spans.append(span)
        return triple

    def derive(
        self,
        subject: ox.NamedNode,
        predicate: ox.NamedNode,
        object_: Object,
        rule: str,
        *premises: ox.Triple,
        certainty: str = RULE,
    ) -> ox.Triple:
        """Note that a rule derives a triple; what the page states itself is not derived as well."""
        triple = ox.Triple(subject, predicate, object_)
        if triple not in self.stated and triple not in self.derived:
            self.derived[triple] = Derived(triple, rule, certainty, premises)
        return triple

    def quote(self, subject: ox.NamedNode, span: Span) -> None:
        """Note the passage that speaks of a thing as a whole."""
        self.whole.setdefault(subject, []).append(span)

    def objects(self, subject: ox.NamedNode, predicate: ox.NamedNode) -> Iterator[Object]:
        """The stated objects of a subject and predicate."""
        for triple in self.stated:
            if triple.subject == subject and triple.predicate == predicate:
                yield triple.object  # type: ignore[misc]
