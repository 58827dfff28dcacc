"""A page of each type that the service has, over the shipped graph: what is checked and photographed."""

from __future__ import annotations

from urllib.parse import quote

_BASE = "https://w3id.org/eu-dg"
_ASKED = quote(
    "PREFIX dg: <https://w3id.org/eu-dg/def/dg#> SELECT ?year (COUNT(?i) AS ?number) { ?i dg:year ?year } "
    "GROUP BY ?year ORDER BY ?year"
)
_EMPTY = quote("PREFIX dg: <https://w3id.org/eu-dg/def/dg#> SELECT * { ?i a dg:Instrumnt }")
PAGES: dict[str, str] = {
    "home": "/",
    "instrument": "/doc/instrument/com-2021-574",
    "organisation": "/doc/org/cnect",
    "concept": "/doc/theme/digital-policy",
    "source": "/doc/source/dg-cnect",
    "graph": "/graph/source/dg-cnect",
    "statements-of-one-property": f"/describe?iri={quote(_BASE)}/def/dg%23Instrument"
    "&inverse=http://www.w3.org/1999/02/22-rdf-syntax-ns%23type",
    "term": f"/describe?iri={quote(_BASE)}/def/dg%23Instrument",
    "search": "/search",
    "search-found": "/search?q=digitl+programme",
    "sparql": "/sparql",
    "sparql-answer": f"/sparql?query={_ASKED}",
    "why-empty": f"/sparql/why-empty?query={_EMPTY}",
    "queries": "/queries",
    "query": "/queries/find-instruments-by-year?year=2021",
    "query-chart": "/queries/count-instruments-by-year",
    "ontology": "/ontology",
    "ontology-at-home": "/def/dg",
    "shapes": "/shapes",
    "shapes-of-a-file": f"/shapes?graph={quote(_BASE)}/graph/shapes/instrument",
    "vocabularies": "/vocabularies",
    "vocabulary": f"/vocabularies?scheme={quote(_BASE)}/id/scheme/theme",
    "validate": "/validate",
    "report": "/validate?graph=all",
    "dataset": "/dataset",
    "quality": "/quality",
    "conformance": "/conformance",
    "problems": "/problems",
    "profiles": "/profiles",
    "error": "/no-such-page",
}
