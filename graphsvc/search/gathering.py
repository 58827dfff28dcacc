"""What of a graph is worth finding: its names, references and texts, and what they can be narrowed down by."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyoxigraph as ox

from graphsvc.describe.names import DESCRIPTIONS, LABELS, OWL, RDF, RDFS, SH, SKOS, TYPE, among, listed
from graphsvc.formats import TSV
from graphsvc.rdf.terms import XSD_STRING
from graphsvc.sparql import read
from graphsvc.store import Limits, Store
from graphsvc.vocab import PREFIXES

XSD, DCT, ADMS = PREFIXES["xsd"], PREFIXES["dct"], PREFIXES["adms"]
# The kinds of text, best first: what a thing is called, what else it is called, references, and the rest.
LABEL, ALTERNATIVE, REFERENCE, TEXT = range(4)
ALTERNATIVES = (
    SKOS + "altLabel",
    SKOS + "hiddenLabel",
    DCT + "alternative",
    PREFIXES["schema"] + "alternateName",
    "http://schema.org/alternateName",
    PREFIXES["foaf"] + "nick",
    PREFIXES["eli"] + "title_alternative",
    PREFIXES["eli"] + "title_short",
)
REFERENCES = (
    SKOS + "notation",
    DCT + "identifier",
    "http://purl.org/dc/elements/1.1/identifier",
    PREFIXES["schema"] + "identifier",
    "http://schema.org/identifier",
    PREFIXES["org"] + "identifier",
    PREFIXES["eli"] + "id_local",
    "http://purl.org/ontology/bibo/identifier",
)
IDENTIFIER = ADMS + "identifier"
DATES = ("date", "dateTime", "gYear", "gYearMonth")
# A longer text is indexed by its beginning.
MAX_TEXT = 20_000
# How long one of the queries below may take: it reads the whole graph, and nobody waits for it.
TIMEOUT = 900.0
_KINDS = (
    dict.fromkeys(LABELS, LABEL)
    | dict.fromkeys(ALTERNATIVES, ALTERNATIVE)
    | dict.fromkeys(REFERENCES, REFERENCE)
)
# How vocabularies and shapes are built, not what things can be told apart by.
_STRUCTURE = (RDF, RDFS, OWL, SH, SKOS)
Said = tuple[str, str, str, str]


@dataclass
class Gathering:
    """Reads a store for an index; `epochs` are the states that its queries read."""

    store: Store
    epochs: set[str] = field(default_factory=set)

    def named(self) -> Iterator[str]:
        """Every IRI that has a name, a reference or a description, some of them more than once."""
        telling = listed((*LABELS, *ALTERNATIVES, *REFERENCES, *DESCRIPTIONS))
        query = f"SELECT ?s {{ VALUES ?p {{ {telling} }} ?s ?p ?o FILTER(isIRI(?s) && isLiteral(?o)) }}"
        return (row[0].value for row in self._rows(query) if isinstance(row[0], ox.NamedNode))

    def texts(self) -> Iterator[tuple[Said, int]]:
        """Subject, property, language and words of every text, with its kind."""
        query = f"""SELECT ?s ?p ?o {{ ?s ?p ?o FILTER(isIRI(?s) && isLiteral(?o) && (
            LANG(?o) != "" || DATATYPE(?o) = <{XSD_STRING}> || ?p IN ({among(REFERENCES)}))) }}"""
        for subject, name, value in self._rows(query):
            if isinstance(value, ox.Literal):
                said = (subject.value, name.value, value.language or "", value.value[:MAX_TEXT])
                yield said, _KINDS.get(name.value, TEXT)
        query = f"""SELECT ?s ?o {{ ?s <{IDENTIFIER}> ?node . ?node <{SKOS}notation> ?o
            FILTER(isIRI(?s) && isLiteral(?o)) }}"""
        for subject, value in self._rows(query):
            yield (subject.value, IDENTIFIER, "", value.value[:MAX_TEXT]), REFERENCE

    def classes(self) -> Iterator[tuple[str, str, str]]:
        """Subject, rdf:type and class."""
        query = f"SELECT ?s ?o {{ ?s <{TYPE}> ?o FILTER(isIRI(?s) && isIRI(?o)) }}"
        return ((subject.value, TYPE, value.value) for subject, value in self._rows(query))

    def used_properties(self) -> Iterator[str]:
        """The IRI of every property that a statement has."""
        return (row[0].value for row in self._rows("SELECT DISTINCT ?p { ?s ?p ?o }"))

    def concepts(self) -> Iterator[tuple[str, str, str]]:
        """Subject, property and value of the properties whose values are, or are declared to be, SKOS concepts."""
        names = self._concept_properties()
        if names:
            query = f"""SELECT ?s ?p ?o {{
                VALUES ?p {{ {listed(names)} }} ?s ?p ?o FILTER(isIRI(?s) && isIRI(?o)) }}"""
            for subject, name, value in self._rows(query):
                yield subject.value, name.value, value.value

    def _concept_properties(self) -> list[str]:
        query = f"""SELECT DISTINCT ?p {{
            {{ ?s ?p ?o . ?o <{TYPE}> <{SKOS}Concept> }}
            UNION {{ ?p <{RDFS}range>/<{RDFS}subClassOf>* <{SKOS}Concept> }}
            UNION {{ ?shape <{SH}path> ?p ; <{SH}class>/<{RDFS}subClassOf>* <{SKOS}Concept>
              FILTER(isIRI(?p)) }} }}"""
        found = {row[0].value for row in self._rows(query)}
        return sorted(iri for iri in found if not iri.startswith(_STRUCTURE))

    def years(self) -> Iterator[tuple[str, str, str]]:
        """Subject, property and year of every date."""
        types = among(XSD + name for name in DATES)
        query = (
            f"SELECT ?s ?p ?o {{ ?s ?p ?o FILTER(isIRI(?s) && isLiteral(?o) && DATATYPE(?o) IN ({types})) }}"
        )
        for subject, name, value in self._rows(query):
            year = value.value[:5] if value.value.startswith("-") else value.value[:4]
            if year.lstrip("-").isdigit() and not name.value.startswith(_STRUCTURE):
                yield subject.value, name.value, year

    def _rows(self, text: str) -> Iterator[tuple[Any, ...]]:
        answer = self.store.query(read(text), TSV, Limits(TIMEOUT))
        self.epochs.add(answer.epoch)
        stream: Any = _Stream(answer.chunks)
        solutions = ox.parse_query_results(stream, ox.QueryResultsFormat.TSV)
        assert isinstance(solutions, ox.QuerySolutions)
        return (tuple(row) for row in solutions)


class _Stream(io.RawIOBase):
    """Chunks of bytes as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._left = memoryview(chunk)
        if size < 0:
            size = len(self._left)
        given, self._left = self._left[:size], self._left[size:]
        return bytes(given)
