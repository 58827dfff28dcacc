"""Where JSON-LD has its node objects: by `@id`, and their keys by the IRIs that the document's own contexts give.

The order of a JSON-LD document is not that of its triples, and what a key means can depend on much. A node is
found by its IRI, a statement by its key where the contexts in the document map it as a plain term; a blank node,
and what stands in a scoped context, is not found. https://www.w3.org/TR/json-ld11/#node-objects
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from graphsvc.positions.agreement import Triple
from graphsvc.positions.span import Found, Lost
from graphsvc.rdf import Iri
from graphsvc.vocab import PREFIXES

_TOKEN = re.compile(
    rb'[ \t\r\n]*+(?:(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")|(?P<sign>[\[\]{}:,])|(?P<plain>[A-Za-z0-9+.\-]++))',
    re.DOTALL,
)
_TYPE = PREFIXES["rdf"] + "type"


@dataclass
class _Object:
    """An object: where it begins, the way to it, its keys with their offsets, and its members that are strings."""

    start: int
    above: _Object | None
    step: str | int
    is_list: bool = False
    key: str | None = None
    length: int = 0
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    strings: dict[str, str] = field(default_factory=dict)

    def pointer(self) -> str:
        """The JSON Pointer to it. https://www.rfc-editor.org/rfc/rfc6901"""
        steps: list[str] = []
        node: _Object | None = self
        while node is not None and node.above is not None:
            steps.append(str(node.step).replace("~", "~0").replace("/", "~1"))
            node = node.above
        return "".join(f"/{step}" for step in reversed(steps))


def find(document: bytes, base: str | None, wanted: Collection[Triple]) -> dict[Triple, Found]:
    """Where the subjects of the wanted triples are described; see `finding.find`."""
    try:
        objects = list(_objects(document))
    except (Lost, ValueError):
        return {}
    context = _Context(objects, base)
    nodes: dict[str | None, list[_Object]] = {}
    for each in objects:
        if _is_context(each) or (each.above is not None and _is_context(each.above)):
            continue
        named = next((each.strings[alias] for alias in context.id_keys if alias in each.strings), None)
        if named is not None:
            nodes.setdefault(context.node(named), []).append(each)
    found = {}
    for triple in wanted:
        described = nodes.get(triple[0].value, []) if isinstance(triple[0], Iri) else []
        if described:
            found[triple] = _found(described, triple[1].value, context)
    return found


def _found(described: list[_Object], predicate: str, context: _Context) -> Found:
    """The first description that has the predicate, else the first that says anything."""
    for node in described:
        for key, place in node.keys.items():
            if context.predicate(key) == predicate:
                own = _own(node, context)
                return Found((own, place, place), node.pointer())
    node = max(described, key=lambda each: len(each.keys) > 1)
    own = _own(node, context)
    return Found((own, own, own), node.pointer())


def _own(node: _Object, context: _Context) -> tuple[int, int]:
    return next(
        (node.keys[alias] for alias in context.id_keys if alias in node.keys), (node.start, node.start)
    )


class _Context:
    """What the contexts of the document plainly say; what two of them say differently is not known."""

    def __init__(self, objects: list[_Object], base: str | None) -> None:
        self.terms: dict[str, str | None] = {}
        self.id_keys = ["@id"]
        self._type_keys = {"@type"}
        self._vocabulary: str | None = None
        self._base: str | None = base or ""
        self._bases: set[str] = set()
        for each in objects:
            inside = each.above
            if _is_context(each):
                for term, meaning in each.strings.items():
                    self._define(term, meaning)
            elif inside is not None and _is_context(inside) and "@id" in each.strings:
                self._define(str(each.step), each.strings["@id"])

    def _define(self, term: str, meaning: str) -> None:
        if term == "@base":
            self._bases.add(meaning)
            self._base = urljoin(self._base or "", meaning) if len(self._bases) == 1 else None
        elif term == "@vocab":
            self._vocabulary = meaning if self._vocabulary in (None, meaning) else ""
        elif meaning == "@id":
            self.id_keys.append(term)
        elif meaning == "@type":
            self._type_keys.add(term)
        elif not term.startswith("@"):
            self.terms[term] = meaning if self.terms.get(term, meaning) == meaning else None

    def node(self, text: str) -> str | None:
        """The IRI of an `@id`, or None."""
        if self.terms.get(text.partition(":")[0], "") is None:
            return None
        expanded = self._compact(text)
        return expanded if expanded is not None or self._base is None else urljoin(self._base, text)

    def predicate(self, key: str) -> str | None:
        """The IRI of a key, or None."""
        if key in self._type_keys:
            return _TYPE
        meaning = self.terms.get(key, key)
        if meaning is None or key.startswith("@"):
            return None
        expanded = self._compact(meaning)
        return expanded if expanded is not None or not self._vocabulary else self._vocabulary + meaning

    def _compact(self, text: str) -> str | None:
        prefix, colon, rest = text.partition(":")
        if not colon:
            return None
        space = None if rest.startswith("//") else self.terms.get(prefix)
        return text if space is None else space + rest


def _is_context(node: _Object) -> bool:
    above = node.above
    return node.step == "@context" or (above is not None and above.is_list and above.step == "@context")


def _objects(document: bytes) -> Iterator[_Object]:
    """Every object of the document, when it ends. Raises Lost where it is no JSON."""
    at = 3 if document.startswith(b"\xef\xbb\xbf") else 0
    current: _Object | None = None
    while found := _TOKEN.match(document, at):
        at = found.end()
        kind = found.lastgroup or ""
        sign = found["sign"]
        if sign in (b"{", b"["):
            step = "" if current is None else _step(current)
            current = _Object(found.start(kind), current, step, is_list=sign == b"[")
        elif current is None:
            raise Lost
        elif sign in (b"}", b"]"):
            if not current.is_list:
                yield current
            current = current.above
            if current is None:
                break
        elif sign == b",":
            current.length += 1
            current.key = None
        elif kind == "string" and not current.is_list:
            _string(current, json.loads(found[kind]), found.span(kind))
    if current is not None or document[at:].strip():
        raise Lost


def _step(current: _Object) -> str | int:
    return current.length if current.is_list else (current.key or "")


def _string(current: _Object, text: Any, place: tuple[int, int]) -> None:
    """A key, or the value of one."""
    if current.key is None:
        current.key = text
        current.keys.setdefault(text, place)
    else:
        current.strings.setdefault(current.key, text)
