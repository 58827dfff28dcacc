"""Claims as the three named graphs of a page: what it states, what follows, and where all that comes from.

Passages are those of the Web Annotation model (https://www.w3.org/TR/annotation-model/#selectors), provenance
is PROV-O's (https://www.w3.org/TR/prov-o/), oddities are annotations of the Data Quality Vocabulary.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pyoxigraph as ox

from graphsvc.ingest.claims import Claims, Names, Object, english, natural, term
from graphsvc.ingest.page import Page
from graphsvc.ingest.quality import annotation_name, oddities
from graphsvc.ingest.text import Span

# How many characters a quote shows on each side.
CONTEXT = 20
_TYPE = term("rdf:type")
_RFC5147 = ox.NamedNode("http://tools.ietf.org/rfc/rfc5147")


def quads_of(page: Page, claims: Claims, names: Names, document: bytes) -> list[ox.Quad]:
    """All quads of a page: the graphs source, inferred and meta, without blank nodes."""
    meta = _Meta(page, claims, names, document).triples()
    return [
        ox.Quad(triple.subject, triple.predicate, triple.object, names.graph(which))
        for which, triples in (("source", claims.stated), ("inferred", claims.derived), ("meta", meta))
        for triple in triples
    ]


class _Meta:
    def __init__(self, page: Page, claims: Claims, names: Names, document: bytes) -> None:
        self.page = page
        self.claims = claims
        self.names = names
        self.document = document
        self.spans: set[Span] = set()

    def triples(self) -> Iterator[ox.Triple]:
        yield from self._source()
        yield from self._wholes()
        yield from self._statements()
        yield from self._oddities()
        for span in sorted(self.spans):
            yield from self._passage(span)

    def _cite(self, subject: ox.NamedNode, span: Span) -> ox.Triple:
        self.spans.add(span)
        return ox.Triple(subject, term("prov:wasQuotedFrom"), self.names.passage(span))

    def _source(self) -> Iterator[ox.Triple]:
        source = self.names.document
        activity = self.names.thing("activity", f"ingest-{self.names.page}")
        digest = hashlib.sha256(self.document).hexdigest()
        yield ox.Triple(source, _TYPE, term("prov:Entity"))
        yield ox.Triple(source, term("schema:sha256"), ox.Literal(digest))
        yield ox.Triple(source, term("dcat:byteSize"), natural(len(self.document)))
        yield ox.Triple(activity, _TYPE, term("prov:Activity"))
        yield ox.Triple(activity, term("rdfs:label"), english(f"Reading the page {self.names.page}"))
        yield ox.Triple(activity, term("prov:used"), source)
        for which in ("source", "inferred"):
            yield ox.Triple(self.names.graph(which), term("prov:wasGeneratedBy"), activity)

    def _wholes(self) -> Iterator[ox.Triple]:
        for subject, spans in self.claims.whole.items():
            for span in spans:
                yield self._cite(subject, span)

    def _statements(self) -> Iterator[ox.Triple]:
        for triple, spans in self.claims.stated.items():
            node = self.names.statement(triple)
            yield from _reified(node, triple)
            for span in spans:
                yield self._cite(node, span)
        for triple, derived in self.claims.derived.items():
            node = self.names.statement(triple)
            yield from _reified(node, triple)
            rule = self.names.thing("rule", derived.rule)
            yield ox.Triple(node, self.names.own("derivedByRule"), rule)
            certainty = ox.Literal(derived.certainty)
            yield ox.Triple(node, self.names.own("derivationCertainty"), certainty)
            for premise in derived.premises:
                yield ox.Triple(node, term("prov:wasDerivedFrom"), self.names.statement(premise))

    def _oddities(self) -> Iterator[ox.Triple]:
        for oddity in oddities(self.page):
            node = self.names.thing("annotation", annotation_name(oddity))
            yield ox.Triple(node, _TYPE, term("dqv:QualityAnnotation"))
            yield ox.Triple(node, term("oa:hasTarget"), self.names.thing(oddity.kind, oddity.name))
            yield ox.Triple(node, term("oa:hasBody"), self.names.thing("issue", oddity.issue))
            yield ox.Triple(node, term("oa:motivatedBy"), term("dqv:qualityAssessment"))
            yield ox.Triple(node, term("rdfs:comment"), english(oddity.comment))
            yield self._cite(node, oddity.span)

    def _passage(self, span: Span) -> Iterator[ox.Triple]:
        source = self.page.source
        node = self.names.passage(span)
        first, after = source.line_range(span)
        before = source.text[max(0, span.start - CONTEXT) : span.start]
        behind = source.text[span.end : span.end + CONTEXT]
        yield ox.Triple(node, _TYPE, term("oa:SpecificResource"))
        yield ox.Triple(node, term("oa:hasSource"), self.names.document)
        selectors: dict[str, tuple[str, list[tuple[str, Object]]]] = {
            "position": (
                "oa:TextPositionSelector",
                [("oa:start", natural(span.start)), ("oa:end", natural(span.end))],
            ),
            "quote": ("oa:TextQuoteSelector", [("oa:exact", ox.Literal(source.quote(span)))]),
            "line": (
                "oa:FragmentSelector",
                [("rdf:value", ox.Literal(f"line={first},{after}")), ("dct:conformsTo", _RFC5147)],
            ),
        }
        if before:
            selectors["quote"][1].append(("oa:prefix", ox.Literal(before)))
        if behind:
            selectors["quote"][1].append(("oa:suffix", ox.Literal(behind)))
        for kind, (class_, properties) in selectors.items():
            selector = ox.NamedNode(f"{node.value};{kind}")
            yield ox.Triple(node, term("oa:hasSelector"), selector)
            yield ox.Triple(selector, _TYPE, term(class_))
            for predicate, value in properties:
                yield ox.Triple(selector, term(predicate), value)


def _reified(node: ox.NamedNode, triple: ox.Triple) -> Iterator[ox.Triple]:
    yield ox.Triple(node, _TYPE, term("rdf:Statement"))
    yield ox.Triple(node, term("rdf:subject"), triple.subject)
    yield ox.Triple(node, term("rdf:predicate"), triple.predicate)
    yield ox.Triple(node, term("rdf:object"), triple.object)
