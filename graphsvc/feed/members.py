"""The event stream in RDF: its description, and its members. https://w3id.org/ldes/specification

Blank nodes are IRIs here (https://www.w3.org/TR/rdf11-concepts/#section-skolemization), as members outlive their
document. The paths of members are terms that hardly any data use of their own things, so that a member is not
taken for what it is a version of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote

import pyoxigraph as ox

from graphsvc.feed.stream import Page, Version

LDES, TREE = "https://w3id.org/ldes#", "https://w3id.org/tree#"
AS, SCHEMA = "https://www.w3.org/ns/activitystreams#", "http://schema.org/"
STREAM_PREFIXES = {"ldes": LDES, "tree": TREE, "as": AS, "schema": SCHEMA}
_XSD = "http://www.w3.org/2001/XMLSchema#"
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


@dataclass(frozen=True)
class Place:
    """Where the stream is: `root` is the service's public URL, `base` what its things are named under."""

    root: str
    base: str

    def node(self, path: str) -> ox.NamedNode:
        """A document of the stream."""
        return ox.NamedNode(f"{self.root}{path}")

    @property
    def events(self) -> ox.NamedNode:
        """The stream itself."""
        return self.node("/ldes#stream")

    def named(self, term: _Term) -> ox.NamedNode | ox.Literal | ox.Triple:
        """A term without blank nodes."""
        if isinstance(term, ox.BlankNode):
            return ox.NamedNode(f"{self.base}/.well-known/genid/{quote(term.value, safe='')}")
        if isinstance(term, ox.Triple):
            subject = cast(ox.NamedNode, self.named(term.subject))
            return ox.Triple(subject, term.predicate, self.named(term.object))
        return term


def described(place: Place, base: str, buckets: int, pages: Iterable[Page]) -> list[ox.Quad]:
    """The stream and its root node, with a relation to each page."""
    view, events = place.node("/ldes"), place.events
    quads = [
        _said(events, _TYPE, ox.NamedNode(f"{LDES}EventStream")),
        _said(events, f"{LDES}timestampPath", ox.NamedNode(f"{AS}published")),
        _said(events, f"{LDES}sequencePath", ox.NamedNode(f"{SCHEMA}position")),
        _said(events, f"{LDES}versionOfPath", ox.NamedNode(f"{AS}object")),
        _said(events, f"{LDES}versionDeleteObject", ox.NamedNode(f"{AS}Delete")),
        _said(events, f"{TREE}view", view),
        _said(view, _TYPE, ox.NamedNode(f"{TREE}Node")),
    ]
    for bucket in range(buckets):
        target = place.node(f"/ldes/state/{base}/{bucket}")
        quads += _relation(view, f"state{bucket}", "Relation", target)
    for number, page in enumerate(pages):
        target = place.node(f"/ldes/changes/{page.epoch or 'latest'}")
        if not page.first:
            quads += _relation(view, f"latest{number}", "Relation", target)
            continue
        quads += _relation(view, f"from{number}", "GreaterThanOrEqualToRelation", target, page.first)
        if page.epoch:
            quads += _relation(view, f"until{number}", "LessThanOrEqualToRelation", target, page.last)
    return quads


def members(place: Place, versions: Iterable[Version], path: str) -> list[ox.Quad]:
    """A page of the stream with its members."""
    quads = [
        _said(place.events, f"{TREE}view", place.node("/ldes")),
        _said(place.node(path), _TYPE, ox.NamedNode(f"{TREE}Node")),
    ]
    for each in versions:
        # A change has a document of its own, so that its members are named alike on a page that grows and later.
        own = path if path.startswith("/ldes/state/") else f"/ldes/versions/{each.epoch}"
        member = place.node(f"{own}#{each.place}")
        quads.append(_said(place.events, f"{TREE}member", member))
        quads += _version(place, member, each)
    return quads


def _version(place: Place, member: ox.NamedNode, version: Version) -> Iterator[ox.Quad]:
    row = f"{version.subject} <urn:p> <urn:o> ."
    (subject,) = (quad.subject for quad in ox.parse(row, ox.RdfFormat.N_QUADS))
    yield _said(member, f"{AS}object", place.named(subject))
    yield _said(member, f"{AS}published", _time(version.time))
    position = ox.Literal(str(version.number), datatype=ox.NamedNode(f"{_XSD}integer"))
    yield _said(member, f"{SCHEMA}position", position)
    if not version.lines:
        yield _said(member, _TYPE, ox.NamedNode(f"{AS}Delete"))
    for quad in ox.parse("".join(version.lines), ox.RdfFormat.N_QUADS):
        yield ox.Quad(member, quad.predicate, place.named(quad.object))


def _relation(
    view: ox.NamedNode, name: str, kind: str, target: ox.NamedNode, value: str = ""
) -> Iterator[ox.Quad]:
    relation = ox.BlankNode(name)
    yield _said(view, f"{TREE}relation", relation)
    yield _said(relation, _TYPE, ox.NamedNode(f"{TREE}{kind}"))
    yield _said(relation, f"{TREE}node", target)
    if value:
        yield _said(relation, f"{TREE}path", ox.NamedNode(f"{AS}published"))
        yield _said(relation, f"{TREE}value", _time(value))


def _said(subject: ox.NamedNode | ox.BlankNode, predicate: str, value: _Term) -> ox.Quad:
    return ox.Quad(subject, ox.NamedNode(predicate), value)


def _time(text: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(f"{_XSD}dateTime"))
