"""Solutions as values, for the pages: few rows, by way of the SPARQL JSON format.

https://www.w3.org/TR/sparql11-results-json/#select-results
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from graphsvc.formats import N_QUADS, RESULTS_JSON
from graphsvc.rdf.terms import XSD_STRING, BlankNode, Iri, Literal, Term, TripleTerm
from graphsvc.sparql import Dataset, Query, read
from graphsvc.store.port import Limits, Store

Row = dict[str, Term]


def select(
    store: Store,
    text: str,
    bindings: Mapping[str, Term] | None = None,
    dataset: Dataset | None = None,
) -> list[Row]:
    """The solutions of a SELECT query; an unbound variable is absent from its row."""
    query = read(text, dataset=dataset, bindings=bindings)
    return table(store, query)[1]


def table(store: Store, query: Query, limits: Limits = Limits()) -> tuple[list[str], list[Row]]:  # noqa: B008
    """The variables of a SELECT query in their order, and its solutions. Raises as `Store.query` does."""
    answer = json.loads(store.query(query, RESULTS_JSON, limits).read())
    rows = [
        {name: _term(value) for name, value in solution.items()} for solution in answer["results"]["bindings"]
    ]
    return list(answer["head"]["vars"]), rows


def construct(store: Store, text: str, bindings: Mapping[str, Term] | None = None) -> bytes:
    """The triples of a CONSTRUCT or DESCRIBE query, as N-Triples (each also a line of N-Quads)."""
    query = read(text, bindings=bindings)
    return store.query(query, N_QUADS).read()


def _term(value: Mapping[str, Any]) -> Term:
    if value["type"] == "triple":
        parts = {name: _term(part) for name, part in value["value"].items()}
        subject, predicate = parts["subject"], parts["predicate"]
        assert isinstance(subject, Iri | BlankNode)
        assert isinstance(predicate, Iri)
        return TripleTerm(subject, predicate, parts["object"])
    if value["type"] == "uri":
        return Iri(value["value"])
    if value["type"] == "bnode":
        return BlankNode(value["value"])
    language, direction = value.get("xml:lang", ""), value.get("its:dir", "")
    return Literal(value["value"], value.get("datatype", XSD_STRING), language, direction)
