"""A scanner for RDF/XML: spans element by element, by expat, which fetches nothing and limits entities.

The marks of a triple are its property element, or the attribute where one states it.
https://www.w3.org/TR/rdf-syntax-grammar/
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from graphsvc.positions.span import Group, Groups, Lost, Mark, Span, Written
from graphsvc.vocab import PREFIXES

_RDF = PREFIXES["rdf"]
_XML = "http://www.w3.org/XML/1998/namespace"
_CHUNK = 1 << 16
# What entities may add to the text of a document.
_MAX_GROWTH = 1 << 20
_ATTRIBUTE = re.compile(rb"""([^\s"'<>=/]++)\s*+=\s*+(?:"[^"]*+"|'[^']*+')""")
# Attributes that are no properties.
_SYNTAX = frozenset(_RDF + name for name in "about ID nodeID resource datatype parseType bagID".split())
_REIFIED = ("object", "predicate", "subject", "type")


@dataclass
class _Element:
    """An open element: `node` is what a node element describes, or what a property element leads to."""

    kind: str  # rdf, node, property, collection, literal, ignored
    start: int
    end: int
    subject: Mark | None = None
    predicate: str = ""
    node: Mark | None = None
    text: list[str] = field(default_factory=list)
    members: list[Mark] = field(default_factory=list)
    reified: Mark | None = None
    items: int = 0


def scan(document: bytes) -> Groups:
    """The spans of a document, element by element. Raises Lost where expat does not take it."""
    scanner = _Scanner(document)
    for at in range(0, len(document), _CHUNK):
        good = scanner.feed(document[at : at + _CHUNK], last=at + _CHUNK >= len(document))
        yield from scanner.groups
        if not good:
            raise Lost
        scanner.groups.clear()


class _Scanner:
    def __init__(self, document: bytes) -> None:
        self._document = document
        self.groups: list[Group] = []
        self._open: list[_Element] = []
        self._inside = 0  # how deep in an XML literal
        self._nodes = 0
        self._growth = len(document) + _MAX_GROWTH
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.ordered_attributes = True
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def feed(self, chunk: bytes, *, last: bool) -> bool:
        """Read on; whether all of the chunk could be read."""
        try:
            self._parser.Parse(chunk, last)
        except (expat.ExpatError, Lost, LookupError):
            return False
        return True

    def _start(self, name: str, attributes: list[str]) -> None:
        if self._inside or (self._open and self._open[-1].kind in ("literal", "ignored")):
            self._inside += 1
            return
        start = self._parser.CurrentByteIndex
        end = self._document.find(b">", start) + 1 or start + 1
        given = {_joined(each): value for each, value in zip(attributes[::2], attributes[1::2], strict=True)}
        name = _joined(name)
        if not self._open and name == _RDF + "RDF":
            self._open.append(_Element("rdf", start, end))
        elif not self._open or self._open[-1].kind in ("rdf", "property", "collection"):
            self._open.append(self._node_element(name, given, start, end))
        else:
            self._open.append(self._property_element(name, given, start, end))

    def _node_element(self, name: str, given: dict[str, str], start: int, end: int) -> _Element:
        if _RDF + "ID" in given:
            node = Mark(Written.IRI, start, end, f"#{given[_RDF + 'ID']}")
        else:
            node = self._resource(given, _RDF + "about", start, end)
        group: Group = []
        if name != _RDF + "Description":
            group.append(Span(node, _exact(start, end, "type"), Mark(Written.EXACT, start, end, name)))
        self._add(group + self._attributes(node, given, start, end))
        if self._open and self._open[-1].kind == "collection":
            self._open[-1].members.append(node)
        elif self._open and self._open[-1].kind == "property":
            self._open[-1].node = node
        return _Element("node", start, end, node=node)

    def _property_element(self, name: str, given: dict[str, str], start: int, end: int) -> _Element:
        above = self._open[-1]
        if name == _RDF + "li":
            above.items += 1
            name = f"{_RDF}_{above.items}"
        kind = {"Collection": "collection", "Literal": "literal", None: "property"}.get(
            given.get(_RDF + "parseType"), "ignored"
        )
        element = _Element(kind, start, end, subject=above.node, predicate=name)
        if _RDF + "ID" in given:
            element.reified = Mark(Written.IRI, start, end, f"#{given[_RDF + 'ID']}")
        if given.get(_RDF + "parseType") == "Resource":
            element.kind, element.node = "node", self._resource({}, "", start, end)
            self._add(self._statement(element, element.node))
        elif kind == "property":
            properties = [each for each in given if _is_property(each)]
            if properties or _RDF + "resource" in given or _RDF + "nodeID" in given:
                element.node = self._resource(given, _RDF + "resource", start, end)
                self._add(self._attributes(element.node, given, start, end))
        return element

    def _end(self, _: str) -> None:
        if self._inside:
            self._inside -= 1
            return
        element = self._open.pop()
        if element.subject is None or element.kind in ("node", "ignored", "rdf"):
            return
        end = self._document.find(b">", self._parser.CurrentByteIndex) + 1
        element.end = max(element.end, end)
        if element.kind == "collection":
            self._add(self._collection(element))
            return
        if element.kind == "literal":
            value = Mark(Written.MARKUP, element.start, element.end, "")
        elif element.node is not None:
            value = element.node
        else:
            value = Mark(Written.PLAIN, element.start, element.end, "".join(element.text))
        self._add(self._statement(element, value))

    def _text(self, text: str) -> None:
        self._growth -= len(text)
        if self._growth < 0:
            raise Lost
        if self._open and not self._inside and self._open[-1].kind == "property":
            self._open[-1].text.append(text)

    def _statement(self, element: _Element, value: Mark) -> Group:
        """The triple of a property element, and those that speak of it where it has an rdf:ID."""
        assert element.subject is not None
        start, end = element.start, element.end
        predicate = Mark(Written.EXACT, start, end, element.predicate)
        group = [Span(element.subject, predicate, value)]
        if element.reified is not None:
            parts = (value, predicate, element.subject, _exact(start, end, "Statement"))
            group += [
                Span(element.reified, _exact(start, end, name), part)
                for name, part in zip(_REIFIED, parts, strict=True)
            ]
        return group

    def _collection(self, element: _Element) -> Group:
        start, end = element.start, element.end
        nil = _exact(start, end, "nil")
        cells = [self._resource({}, "", member.start, member.end) for member in element.members]
        group = self._statement(element, cells[0] if cells else nil)
        for cell, after, member in zip(cells, [*cells, nil][1:], element.members, strict=True):
            group.append(Span(cell, _exact(start, end, "rest"), after))
            group.append(Span(cell, _exact(start, end, "first"), member))
        return group

    def _resource(self, given: dict[str, str], attribute: str, start: int, end: int) -> Mark:
        """The node that attributes name, or a blank one of its own."""
        if attribute in given:
            return Mark(Written.IRI, start, end, given[attribute])
        if _RDF + "nodeID" in given:
            return Mark(Written.BLANK, start, end, given[_RDF + "nodeID"])
        self._nodes += 1
        return Mark(Written.BLANK, start, end, self._nodes)

    def _attributes(self, node: Mark, given: dict[str, str], start: int, end: int) -> Group:
        """The triples that attributes state, rdf:type first, the others from the last to the first."""
        places = _places(self._document[start:end])
        group: Group = []
        for name in sorted(filter(_is_property, reversed(given)), key=lambda each: each != _RDF + "type"):
            at = places.get(re.split("[/#:]", name)[-1].encode())
            first, last = (start + at[0], start + at[1]) if at else (start, end)
            written = Written.IRI if name == _RDF + "type" else Written.PLAIN
            predicate = Mark(Written.EXACT, first, last, name)
            group.append(Span(node, predicate, Mark(written, first, last, given[name])))
        return group

    def _add(self, group: Group) -> None:
        if group:
            self.groups.append(group)


def _joined(name: str) -> str:
    """A name of expat's as RDF/XML makes it an IRI."""
    space, _, local = name.rpartition(" ")
    return f"{space} {local}" if space == _XML else space + local


def _is_property(attribute: str) -> bool:
    return ":" in attribute and attribute not in _SYNTAX and not attribute.startswith(f"{_XML} ")


def _exact(start: int, end: int, name: str) -> Mark:
    return Mark(Written.EXACT, start, end, _RDF + name)


def _places(tag: bytes) -> dict[bytes, tuple[int, int] | None]:
    """Where a start tag has its attributes, by local name; None for a name that two of them have."""
    found: dict[bytes, tuple[int, int] | None] = {}
    for each in _ATTRIBUTE.finditer(tag):
        local = each[1].rpartition(b":")[2]
        found[local] = None if local in found else each.span()
    return found
