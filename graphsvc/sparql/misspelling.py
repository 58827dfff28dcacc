"""Names in a query that nothing in the data has, each with the nearest that there is."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from graphsvc.sparql.lexer import tokens

_MAX_NAMES = 5


@dataclass(frozen=True)
class Unknown:
    """A name as the query spells it, and the nearest term that is known (None: none is near)."""

    name: str
    nearest: str | None

    def __str__(self) -> str:
        """One sentence."""
        hint = f"; did you mean {self.nearest}?" if self.nearest else "."
        return f"Nothing here is called {self.name}{hint}"


def unknown_names(text: str, known: Collection[str]) -> list[Unknown]:
    """The names of a query that are in a namespace of known terms and are none of them, five at most.

    `known` are the IRIs of classes and properties. Names in other namespaces are left alone: they may be of
    anything. The nearest is spelt as the query spells its own.
    """
    spaces: dict[str, dict[str, str]] = defaultdict(dict)
    for iri in known:
        space, local = _cut(iri)
        spaces[space][local] = iri
    found: dict[str, Unknown] = {}
    for name, iri in _names(text):
        space, local = _cut(iri)
        terms = spaces.get(space)
        if terms is None or not local or local in terms or len(found) == _MAX_NAMES:
            continue
        near = difflib.get_close_matches(local, terms, n=1, cutoff=0.6) or [
            term for term in terms if term.lower() == local.lower()
        ]
        spelt = None if not near else name.removesuffix(">")[: -len(local)] + near[0]
        found[iri] = Unknown(name, f"{spelt}>" if spelt and name.startswith("<") else spelt)
    return list(found.values())


def _cut(iri: str) -> tuple[str, str]:
    """Namespace and local name."""
    end = max(iri.rfind("#"), iri.rfind("/")) + 1
    return iri[:end], iri[end:]


def _names(text: str) -> Iterator[tuple[str, str]]:
    """Each IRI below the prologue, as it is spelt and in full; relative ones are left out."""
    prefixes: dict[str, str] = {}
    pending = previous = ""
    for token in tokens(text):
        if previous == "PREFIX" and token.kind == "name":
            pending = token.text
        elif pending:
            prefixes[pending] = token.text[1:-1]
            pending = ""
        elif token.kind == "name":
            yield from _expanded(token.text, prefixes)
        elif token.kind == "iri" and previous not in ("BASE", "FROM", "NAMED"):
            yield token.text, token.text[1:-1]
        previous = token.keyword


def _expanded(name: str, prefixes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    prefix, _, local = name.partition(":")
    if f"{prefix}:" in prefixes and "\\" not in local:
        yield name, prefixes[f"{prefix}:"] + local
