"""Where statements come from: what is said of them, and the passages that a resource was quoted from.

A statement is spoken of by an rdf:Statement (https://www.w3.org/TR/rdf11-schema/#ch_reificationvocab); a
passage is a resource with selectors (https://www.w3.org/TR/annotation-model/#selectors).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphsvc.describe.names import OA, PROV, RDF, among, batches, listed, usable
from graphsvc.rdf import Iri, Literal, Term
from graphsvc.store import Store
from graphsvc.store.rows import select

QUOTED_FROM = PROV + "wasQuotedFrom"
MAX_NOTES = 5_000
_ABOUT_ITSELF = (RDF + "type", RDF + "subject", RDF + "predicate", RDF + "object")
_SELECTED = (RDF + "value", *(OA + name for name in ("exact", "prefix", "suffix", "start")))
_WHOLE = re.compile(r"\d{1,9}\Z")
_LINES = re.compile(r"line=(\d+),(\d+)\Z")


@dataclass(frozen=True)
class Remark:
    """What an rdf:Statement says of the statement that it stands for: a property and a value."""

    statement: str
    property: str
    value: Term


@dataclass(frozen=True)
class Passage:
    """A passage of a document: its exact words, the document, and its lines, counted from 1.

    `start` is the character, counted from 0, where it begins in the document; `prefix` and `suffix` are the words
    around it. https://www.w3.org/TR/annotation-model/#text-position-selector
    """

    iri: str
    exact: str | None
    source: str | None
    first_line: int | None
    last_line: int | None
    start: int | None = None
    prefix: str = ""
    suffix: str = ""


def remarks(store: Store, iri: str) -> dict[tuple[str, Term], list[Remark]]:
    """By predicate and object, all that is said of the statements about a resource: one query."""
    rows = select(
        store,
        f"""
        SELECT DISTINCT ?statement ?p ?o ?property ?value {{
          ?statement <{RDF}subject> {Iri(iri).n3()} ; <{RDF}predicate> ?p ; <{RDF}object> ?o ; ?property ?value
          FILTER(?property NOT IN ({among(_ABOUT_ITSELF)}))
        }} ORDER BY ?statement ?property ?value LIMIT {MAX_NOTES}""",
    )
    found: dict[tuple[str, Term], list[Remark]] = {}
    for row in rows:
        remark = Remark(row["statement"].value, row["property"].value, row["value"])
        found.setdefault((row["p"].value, row["o"]), []).append(remark)
    return found


def passages(store: Store, iris: Iterable[str]) -> dict[str, Passage]:
    """The passages among the IRIs, by IRI: one query for some hundreds."""
    parts: dict[str, dict[str, str]] = {}
    for batch in batches(sorted({iri for iri in iris if usable(iri)})):
        rows = select(
            store,
            f"""
            SELECT DISTINCT ?passage ?source ?p ?v {{
              VALUES ?passage {{ {listed(batch)} }} ?passage <{OA}hasSelector> ?selector . ?selector ?p ?v
              FILTER(?p IN ({among(_SELECTED)}))
              OPTIONAL {{ ?passage <{OA}hasSource> ?source }}
            }} ORDER BY ?passage ?source ?p ?v""",
        )
        for row in rows:
            entry = parts.setdefault(row["passage"].value, {})
            if isinstance(row["v"], Literal):
                entry.setdefault(_part(row["p"].value, row["v"].value), row["v"].value)
            if "source" in row:
                entry.setdefault("source", row["source"].value)
    return {iri: _passage(iri, entry) for iri, entry in parts.items()}


def _part(property_iri: str, value: str) -> str:
    if property_iri.startswith(OA):
        return property_iri[len(OA) :]
    return "lines" if _LINES.match(value) else "value"


def _passage(iri: str, entry: Mapping[str, str]) -> Passage:
    """RFC 5147 counts lines from 0 and leaves out the last: https://www.rfc-editor.org/rfc/rfc5147#section-2.1.1"""
    lines = _LINES.match(entry.get("lines", ""))
    first, last = (int(lines[1]) + 1, int(lines[2])) if lines else (None, None)
    start = int(entry["start"]) if _WHOLE.match(entry.get("start", "")) else None
    return Passage(
        iri,
        entry.get("exact"),
        entry.get("source"),
        first,
        last,
        start,
        entry.get("prefix", ""),
        entry.get("suffix", ""),
    )


def passages_of(store: Store, document: str, limit: int) -> dict[str, Passage]:
    """The passages of a document, by IRI; none where there are more than `limit`."""
    rows = select(
        store,
        f"SELECT DISTINCT ?passage {{ ?passage <{OA}hasSource> {Iri(document).n3()} "
        f"FILTER(isIRI(?passage)) }} LIMIT {limit + 1}",
    )
    return passages(store, [row["passage"].value for row in rows]) if len(rows) <= limit else {}


def quoted_by(store: Store, iris: Iterable[str]) -> dict[str, list[str]]:
    """What each passage says something about: what is quoted from it, and subjects of statements that are."""
    found: dict[str, list[str]] = {}
    for batch in batches(sorted({iri for iri in iris if usable(iri)})):
        rows = select(
            store,
            f"""
            SELECT DISTINCT ?passage ?about {{
              VALUES ?passage {{ {listed(batch)} }} ?quoted <{QUOTED_FROM}> ?passage
              OPTIONAL {{ ?quoted <{RDF}subject> ?subject }}
              BIND(COALESCE(?subject, ?quoted) AS ?about) FILTER(isIRI(?about))
            }} ORDER BY ?passage ?about LIMIT {MAX_NOTES}""",
        )
        for row in rows:
            found.setdefault(row["passage"].value, []).append(row["about"].value)
    return found
