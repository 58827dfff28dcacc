"""Statements about one resource after another, written with the names of the prefix table."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import pyoxigraph as ox

from graphsvc.rdf import Iri
from graphsvc.vocab import PREFIXES

Value = str | int | ox.NamedNode


class Statements:
    """A growing list of quads of the default graph."""

    def __init__(self) -> None:
        self.quads: list[ox.Quad] = []

    def about(self, subject: str, types: Sequence[str], **values: Value | Sequence[Value] | None) -> None:
        """State what a resource is: `types` as prefixed names, and its values by property.

        A property is written `prefix_name`. A string is a plain literal, a number an xsd:integer; IRIs come
        from `iri` or `term`. None and empty strings state nothing.
        """
        node = iri(subject)
        for kind in types:
            self.quads.append(ox.Quad(node, term("rdf:type"), term(kind)))
        for name, given in values.items():
            if given is None or given == "":
                continue
            listed = [given] if isinstance(given, Value) else given
            prefix, _, local = name.partition("_")
            for value in listed:
                self.quads.append(ox.Quad(node, term(f"{prefix}:{local}"), _object(value)))


def term(prefixed: str) -> ox.NamedNode:
    """The IRI of a prefixed name of the prefix table."""
    prefix, _, local = prefixed.partition(":")
    return ox.NamedNode(PREFIXES[prefix] + local)


def iri(text: str) -> ox.NamedNode:
    """An IRI. Raises BadRequest where the text is no absolute IRI."""
    Iri(text).n3()
    return ox.NamedNode(text)


def part(whole: str, kind: str, name: str) -> str:
    """The IRI of a part of what `whole` names: a fragment of the kind, and the part's own name."""
    return f"{whole}#{kind}-{quote(name, safe='-._~/')}"


def _object(value: Value) -> ox.NamedNode | ox.Literal:
    return value if isinstance(value, ox.NamedNode) else ox.Literal(value)
