"""The terms that descriptions look for, and IRIs as parts of a query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from graphsvc.errors import BadRequest
from graphsvc.rdf import Iri
from graphsvc.vocab import PREFIXES

RDF = PREFIXES["rdf"]
RDFS = PREFIXES["rdfs"]
OWL = PREFIXES["owl"]
SKOS = PREFIXES["skos"]
DCT = PREFIXES["dct"]
SH = PREFIXES["sh"]
OA = PREFIXES["oa"]
PROV = PREFIXES["prov"]

TYPE = RDF + "type"
# In the order in which a resource is called by them.
LABELS: tuple[str, ...] = (
    SKOS + "prefLabel",
    RDFS + "label",
    DCT + "title",
    PREFIXES["schema"] + "name",
    "http://schema.org/name",
    PREFIXES["foaf"] + "name",
    SH + "name",
    "http://purl.org/dc/elements/1.1/title",
)
# In the order in which they are read first.
DESCRIPTIONS: tuple[str, ...] = (
    SKOS + "definition",
    DCT + "description",
    RDFS + "comment",
    PREFIXES["schema"] + "description",
    "http://schema.org/description",
    "http://purl.org/dc/elements/1.1/description",
    SH + "description",
    SKOS + "scopeNote",
)
# How many IRIs one query names at most: it must stay well below the length that the gate lets through.
BATCH = 300


def usable(iri: str) -> bool:
    """Whether a query can name the IRI: it is absolute and has none of the characters that no IRI has."""
    try:
        Iri(iri).n3()
    except BadRequest:
        return False
    return True


def listed(iris: Iterable[str]) -> str:
    """IRIs as the terms of a VALUES or IN list. Raises BadRequest where one is no absolute IRI."""
    return " ".join(Iri(iri).n3() for iri in iris)


def among(iris: Iterable[str]) -> str:
    """IRIs as the comma-separated terms of an IN list. Raises as `listed` does."""
    return ", ".join(Iri(iri).n3() for iri in iris)


def batches(iris: Sequence[str], size: int = BATCH) -> Iterator[list[str]]:
    """The IRIs in groups that one query can name."""
    rest = iter(iris)
    while group := list(islice(rest, size)):
        yield group
