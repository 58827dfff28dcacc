"""What resources are called, in the language that the reader prefers.

https://www.rfc-editor.org/rfc/rfc4647#section-3.4
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from graphsvc.describe.names import LABELS, SH, among, batches, listed, usable
from graphsvc.rdf import Iri, Literal
from graphsvc.store import Store
from graphsvc.store.rows import select

FALLBACK = "en"
_LOCAL = re.compile(r"[^/#:?]+\Z")


def labels(store: Store, iris: Iterable[str], languages: Sequence[str]) -> dict[str, Literal]:
    """The label of each IRI that has one: one query for some hundreds of IRIs."""
    return texts(store, iris, LABELS, languages)


def texts(
    store: Store, iris: Iterable[str], properties: Sequence[str], languages: Sequence[str]
) -> dict[str, Literal]:
    """For each IRI that has one by some of the properties, the literal that suits the reader best; in one language
    that of the property that is named first. One query for some hundreds of IRIs."""
    candidates: dict[str, list[tuple[int, Literal]]] = {}
    for batch in batches(sorted({iri for iri in iris if usable(iri)})):
        rows = select(
            store,
            f"""
            SELECT DISTINCT ?r ?p ?label {{
              VALUES ?r {{ {listed(batch)} }} ?r ?p ?label
              FILTER(?p IN ({among(properties)})) FILTER(isLiteral(?label))
            }} LIMIT 20000""",
        )
        for row in rows:
            label = row["label"]
            if isinstance(label, Literal) and label.value.strip():
                candidates.setdefault(row["r"].value, []).append((properties.index(row["p"].value), label))
    return {iri: best(found, languages) for iri, found in candidates.items()}


def best(candidates: Sequence[tuple[int, Literal]], languages: Sequence[str]) -> Literal:
    """The literal in the most preferred language; among those, the one of the earliest property."""
    return min(
        candidates,
        key=lambda c: (language_rank(c[1].language, languages), c[0], c[1].language, c[1].value),
    )[1]


def language_rank(language: str, languages: Sequence[str]) -> tuple[int, int]:
    """How far down the reader's list a language stands: then English, then none, then any other."""
    tag = language.lower()
    for position, wanted in enumerate((*languages, FALLBACK)):
        if not tag:
            break
        if tag == wanted:
            return position, 0
        if tag.startswith(wanted + "-"):
            return position, 1
        if wanted.startswith(tag + "-"):
            return position, 2
    return len(languages) + (2 if tag else 1), 0


def shortened(iri: str, base: str, prefixes: Mapping[str, str]) -> str:
    """An IRI as people write it where it has no label: prefixed, below the base, or without its scheme."""
    namespace = iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]
    local = iri[len(namespace) :]
    for name, known in prefixes.items():
        if known == namespace and _LOCAL.match(local):
            return f"{name}:{local}"
    if iri.startswith(base + "/") and len(iri) > len(base) + 1:
        return iri[len(base) :]
    return re.sub(r"^https?://(www\.)?", "", iri).rstrip("/") or iri


def worded(iri: str) -> str:
    """The last part of an IRI as words: `date_document` and `statedType` are `date document` and `stated type`."""
    last = re.split(r"[/#:]", iri.rstrip("/#:"))[-1]
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", last.replace("_", " ")).strip()
    return words[:1] + re.sub(r"\b[A-Z](?=[a-z])", lambda sign: sign[0].lower(), words[1:]) if words else iri


def names_in_shapes(store: Store, properties: Iterable[str], languages: Sequence[str]) -> dict[str, Literal]:
    """What shapes call properties, for those that have no label of their own. https://www.w3.org/TR/shacl/#name"""
    found: dict[str, list[tuple[int, Literal]]] = {}
    for batch in batches(sorted({iri for iri in properties if usable(iri)})):
        rows = select(
            store,
            f"""
            SELECT DISTINCT ?p ?label {{
              VALUES ?p {{ {listed(batch)} }} ?shape <{SH}path> ?p ; <{SH}name> ?label FILTER(isLiteral(?label))
            }} LIMIT 20000""",
        )
        for row in rows:
            label = row["label"]
            if isinstance(label, Literal) and label.value.strip():
                found.setdefault(row["p"].value, []).append((0, label))
    return {iri: best(candidates, languages) for iri, candidates in found.items()}


def named(term: Iri, known: Mapping[str, Literal], base: str, prefixes: Mapping[str, str]) -> Literal:
    """The label of an IRI, or its short form as a literal without language."""
    return known.get(term.value) or Literal(shortened(term.value, base, prefixes))
