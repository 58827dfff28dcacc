"""The one table of formats: names, media types, file endings.

A format's `name` is what `?format=`, `--format` and a URL's suffix say. Media types are IANA's; `aliases` are
what clients ask for or send in their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a format can carry."""

    GRAPH = "graph"
    DATASET = "dataset"
    RESULTS = "results"
    PAGE = "page"


@dataclass(frozen=True)
class Format:
    """One representation: its name, media type, ending, and the IRI by which W3C names it."""

    name: str
    media_type: str
    suffix: str
    label: str
    kind: Kind
    iri: str | None = None
    aliases: tuple[str, ...] = ()
    other_suffixes: tuple[str, ...] = ()

    @property
    def content_type(self) -> str:
        """The Content-Type header: text types carry their charset, RDF types are UTF-8 by definition."""
        return f"{self.media_type}; charset=utf-8" if self.media_type.startswith("text/") else self.media_type


_W3C = "http://www.w3.org/ns/formats/"

TURTLE = Format(
    "ttl",
    "text/turtle",
    ".ttl",
    "Turtle",
    Kind.GRAPH,
    _W3C + "Turtle",
    aliases=("application/x-turtle", "application/turtle", "text/rdf+turtle"),
    other_suffixes=(".turtle",),
)
JSON_LD = Format(
    "jsonld",
    "application/ld+json",
    ".jsonld",
    "JSON-LD",
    Kind.DATASET,
    _W3C + "JSON-LD",
    aliases=("application/json",),
    other_suffixes=(".json",),
)
N_TRIPLES = Format(
    "nt", "application/n-triples", ".nt", "N-Triples", Kind.GRAPH, _W3C + "N-Triples", aliases=("text/plain",)
)
RDF_XML = Format(
    "rdf",
    "application/rdf+xml",
    ".rdf",
    "RDF/XML",
    Kind.GRAPH,
    _W3C + "RDF_XML",
    aliases=("application/xml", "text/xml", "text/rdf"),
    other_suffixes=(".xml", ".owl"),
)
TRIG = Format(
    "trig",
    "application/trig",
    ".trig",
    "TriG",
    Kind.DATASET,
    _W3C + "TriG",
    aliases=("application/x-trig",),
)
N_QUADS = Format(
    "nq",
    "application/n-quads",
    ".nq",
    "N-Quads",
    Kind.DATASET,
    _W3C + "N-Quads",
    aliases=("text/x-nquads", "text/nquads"),
)
N3 = Format("n3", "text/n3", ".n3", "Notation3", Kind.GRAPH, _W3C + "N3", aliases=("text/rdf+n3",))

RESULTS_JSON = Format(
    "json",
    "application/sparql-results+json",
    ".srj",
    "SPARQL JSON",
    Kind.RESULTS,
    _W3C + "SPARQL_Results_JSON",
    aliases=("application/json", "text/json"),
)
RESULTS_XML = Format(
    "xml",
    "application/sparql-results+xml",
    ".srx",
    "SPARQL XML",
    Kind.RESULTS,
    _W3C + "SPARQL_Results_XML",
    aliases=("application/xml", "text/xml"),
)
CSV = Format("csv", "text/csv", ".csv", "CSV", Kind.RESULTS, _W3C + "SPARQL_Results_CSV")
TSV = Format("tsv", "text/tab-separated-values", ".tsv", "TSV", Kind.RESULTS, _W3C + "SPARQL_Results_TSV")

HTML = Format("html", "text/html", ".html", "HTML", Kind.PAGE, aliases=("application/xhtml+xml",))
TEXT = Format("txt", "text/plain", ".txt", "Plain text", Kind.PAGE)
JSON = Format("json", "application/json", ".json", "JSON", Kind.PAGE)
# What tools take a validation report in. SARIF's media type is OASIS's; the others have none that is registered.
SARIF = Format(
    "sarif", "application/sarif+json", ".sarif", "SARIF", Kind.PAGE, other_suffixes=(".sarif.json",)
)
JUNIT = Format("junit", "application/junit+xml", ".junit.xml", "JUnit XML", Kind.PAGE)
GITHUB = Format("github", "text/x-github-annotations", ".github.txt", "GitHub annotations", Kind.PAGE)

# Those whose media types have the parameter `version`.
VERSIONED: frozenset[Format] = frozenset(
    {TURTLE, N_TRIPLES, RDF_XML, TRIG, N_QUADS, RESULTS_JSON, RESULTS_XML}
)
# In the order in which the service prefers them where a client has no preference.
GRAPH_FORMATS: tuple[Format, ...] = (TURTLE, JSON_LD, N_TRIPLES, RDF_XML, TRIG, N_QUADS)
RESULTS_FORMATS: tuple[Format, ...] = (RESULTS_JSON, RESULTS_XML, CSV, TSV)
# What an upload may be written in.
DATA_FORMATS: tuple[Format, ...] = (*GRAPH_FORMATS, N3)


def by_name(name: str, among: Iterable[Format]) -> Format | None:
    """The format of that short name, suffix or media type (case does not matter), or None."""
    wanted = name.strip().lower()
    for candidate in among:
        if wanted in (candidate.name, candidate.media_type, *candidate.aliases):
            return candidate
        if f".{wanted.lstrip('.')}" in (candidate.suffix, *candidate.other_suffixes):
            return candidate
    return None


def by_media_type(content_type: str, among: Sequence[Format]) -> Format | None:
    """The format that a Content-Type header names, parameters ignored, or None."""
    wanted = content_type.partition(";")[0].strip().lower()
    exact = [candidate for candidate in among if candidate.media_type == wanted]
    alias = [candidate for candidate in among if wanted in candidate.aliases]
    return next(iter(exact + alias), None)


def by_suffix(filename: str, among: Sequence[Format] = DATA_FORMATS) -> Format | None:
    """The format that a file name's ending tells (`.gz` is looked through), the longest that fits, or None."""
    lowered = filename.lower().removesuffix(".gz")
    fitting = [
        (len(suffix), candidate)
        for candidate in among
        for suffix in (candidate.suffix, *candidate.other_suffixes)
        if lowered.endswith(suffix)
    ]
    return max(fitting, key=lambda each: each[0])[1] if fitting else None
