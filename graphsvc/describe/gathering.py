"""All that a page about a resource shows, in a number of queries that does not grow with the resource."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from graphsvc.describe import links, statements
from graphsvc.describe.counting import MOST
from graphsvc.describe.evidence import QUOTED_FROM, Passage, Remark, passages, passages_of, quoted_by, remarks
from graphsvc.describe.links import Count
from graphsvc.describe.names import TYPE
from graphsvc.describe.roles import Roles
from graphsvc.describe.source_text import MAX_PASSAGES, Line, source_lines
from graphsvc.describe.statements import Statement
from graphsvc.errors import NotFound
from graphsvc.rdf import BlankNode, Iri, Term
from graphsvc.store import Store

# A property with more values than FIRST is cut, where a resource has more than WHOLE statements in all.
WHOLE = 600
FIRST = 25
FIRST_INCOMING = 10
MAX_PROPERTIES = 200
MEMBERS_PAGE = 100
PARTS_PAGE = 400
MAX_QUOTES = 400
_NUMBERS = re.compile(r"(\d+)")


@dataclass
class Gathered:
    """What the store gave for one page.

    `counts` are the numbers of values by property, of which `own` may hold the first only; likewise
    `incoming_counts` and `incoming`, of `some_incoming` properties perhaps not all; `remarks` are keyed by
    predicate and object; `size` is that of a graph, past `MOST` only that it is larger.
    `lines` are those of a source document, `quoted_by` what each of its passages states something about,
    and `inner` the parts of those passages.
    """

    topic: str
    own: list[Statement] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    incoming_counts: Sequence[Count] = ()
    some_incoming: bool = False
    incoming: Mapping[str, Sequence[Iri | BlankNode]] = field(default_factory=dict)
    remarks: dict[tuple[str, Term], list[Remark]] = field(default_factory=dict)
    passages: dict[str, Passage] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    part_count: int = 0
    part_statements: list[Statement] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    size: int = 0
    lines: list[Line] = field(default_factory=list)
    quoted_by: dict[str, list[str]] = field(default_factory=dict)
    inner: dict[str, list[str]] = field(default_factory=dict)


def gather(
    store: Store, topic: str, roles: Roles, document: str | None, parts: Iterable[str], number: int
) -> Gathered:
    """What page `number` about `topic` shows; `document` is the one whose `parts` are shown with it, if any.

    Raises NotFound for a page past the last.
    """
    found = Gathered(topic)
    if roles.subject:
        counts = links.outgoing_counts(store, topic)[:MAX_PROPERTIES]
        found.counts = {count.property: count.number for count in counts}
        found.own = _own(store, topic, counts)
        found.remarks = remarks(store, topic)
    if roles.object:
        counted = links.incoming_counts(store, topic)
        found.incoming_counts, found.some_incoming = counted.each[:MAX_PROPERTIES], counted.some
        found.incoming = links.incoming(store, topic, found.incoming_counts, FIRST_INCOMING)
    if document is not None:
        every = sorted(parts, key=natural)
        every = _without_text(store, found, document, every)
        found.part_count = len(every)
        found.parts = _slice(every, number, PARTS_PAGE)
        found.part_statements = statements.about(store, found.parts)
    if roles.graph:
        found.size = links.graph_size(store, topic)
        found.members = links.graph_members(
            store,
            topic,
            MEMBERS_PAGE + 1,
            (number - 1) * MEMBERS_PAGE,
            ordered=found.size <= MOST,
        )
    quoted = [s.object.value for s in (*found.own, *found.part_statements) if is_quote(s)]
    quoted += [r.value.value for group in found.remarks.values() for r in group if r.property == QUOTED_FROM]
    found.passages |= passages(store, islice(dict.fromkeys([*quoted, *found.parts]), MAX_QUOTES))
    return found


def _without_text(store: Store, found: Gathered, document: str, every: list[str]) -> list[str]:
    """The parts of a document but for the passages that its text shows, and the parts of those."""
    quoted = passages_of(store, document, MAX_PASSAGES)
    found.lines = source_lines(quoted.values())
    shown = {passage.iri for line in found.lines for passage in line.passages}
    found.quoted_by = quoted_by(store, shown)
    rest = []
    for part in every:
        outer = part.partition(";")[0]
        if outer not in shown:
            rest.append(part)
        elif part != outer:
            found.inner.setdefault(outer, []).append(part)
    return rest


def _own(store: Store, topic: str, counts: Sequence[Count]) -> list[Statement]:
    """The statements from the resource: all of them, or the first of each property that has many."""
    if sum(count.number for count in counts) <= WHOLE:
        return statements.about(store, [topic])
    small = [count.property for count in counts if count.number <= FIRST]
    large = [count for count in counts if count.number > FIRST]
    own = statements.about(store, [topic], small) if small else []
    first = links.first_values(store, topic, large, FIRST)
    return own + [Statement(graph, Iri(topic), name, value) for graph, name, value in first]


def is_quote(statement: Statement) -> bool:
    """Whether a statement says which passage its subject was quoted from."""
    return statement.predicate == QUOTED_FROM


def natural(iri: str) -> list[tuple[int, str]]:
    """A key that sorts numbers within names by size."""
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in _NUMBERS.split(iri)]


def _slice(every: list[str], number: int, size: int) -> list[str]:
    chosen = every[(number - 1) * size : number * size]
    if number > 1 and not chosen:
        raise NotFound(f"There is no page {number}.")
    return chosen


def predicates(found: Gathered) -> set[str]:
    """Every property that the page shows, in either direction."""
    own = {statement.predicate for statement in (*found.own, *found.part_statements)}
    return own | {count.property for count in found.incoming_counts}


def mentioned(found: Gathered, also: Iterable[str]) -> set[str]:
    """Every IRI that the page names, so that all labels can be asked for at once."""
    every = {found.topic, TYPE, *also, *found.members, *found.parts}
    for statement in (*found.own, *found.part_statements):
        every |= {statement.predicate, statement.graph}
        if isinstance(statement.object, Iri):
            every.add(statement.object.value)
    for count in found.incoming_counts:
        every.add(count.property)
    every |= {node.value for nodes in found.incoming.values() for node in nodes if isinstance(node, Iri)}
    for remark in (remark for group in found.remarks.values() for remark in group):
        every |= {remark.property} | ({remark.value.value} if isinstance(remark.value, Iri) else set())
    every |= {passage.source for passage in found.passages.values() if passage.source}
    every |= {about for group in found.quoted_by.values() for about in group}
    return {iri for iri in every if iri}
