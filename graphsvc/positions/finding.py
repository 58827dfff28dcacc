"""The triples that somebody asks for, each with the bytes in which it is written."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from graphsvc.positions import json_ld, rdf_xml, turtle
from graphsvc.positions.agreement import Agreement, Triple
from graphsvc.positions.span import Found, Groups, Lost, Span

# How far another order of the parser's is looked for in a group.
_WINDOW = 8
_SCANNERS = {
    "ttl": turtle.scan,
    "trig": turtle.scan,
    "nt": turtle.scan,
    "n3": turtle.scan,
    "nq": lambda document: turtle.scan(document, quads=True),
    "rdf": rdf_xml.scan,
}


def find(
    document: bytes, syntax: str, base: str | None, triples: Iterable[Triple], wanted: Collection[Triple]
) -> dict[Triple, Found]:
    """Where the wanted triples of a document stand, as far as that can be told; the first place of each.

    `triples` are all of the document's as the parser has them, in its order; `syntax` is the short name of its
    format. JSON-LD has no such order: there a triple stands where its subject's node object has a key for it.
    """
    if syntax == "jsonld":
        return json_ld.find(document, base, wanted)
    scanner = _SCANNERS.get(syntax)
    found: dict[Triple, Found] = {}
    if scanner is None:
        return found
    missing = set(wanted)
    for span, triple in _paired(scanner(document), iter(triples)):
        if triple in missing:
            subject, predicate, value = ((mark.start, mark.end) for mark in span)
            found[triple] = Found((subject, predicate, value))
            missing.discard(triple)
            if not missing:
                break
    return found


def _paired(groups: Groups, triples: Iterator[Triple]) -> Iterator[tuple[Span, Triple]]:
    """Spans with triples, as long as they agree."""
    agreement = Agreement()
    try:
        for group in groups:
            rest = deque(group)
            for triple in islice(triples, len(group)):
                span = _taken(rest, triple, agreement)
                if span is None:
                    return
                agreement.keep(span, triple)
                yield span, triple
    except Lost:
        return


def _taken(rest: deque[Span], triple: Triple, agreement: Agreement) -> Span | None:
    """The first span that may be the triple's, taken out of the rest."""
    for turn in range(min(_WINDOW, len(rest))):
        if agreement.holds(rest[0], triple):
            span = rest.popleft()
            rest.rotate(turn)
            return span
        rest.rotate(-1)
    return None
