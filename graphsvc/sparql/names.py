"""What the names in a query stand for, where that can be told without a base.

https://www.w3.org/TR/sparql11-query/#prefNames
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from graphsvc.sparql.lexer import Token

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
# An absolute IRI that resolving it against a base leaves as it is.
_PLAIN = re.compile(r"(?!.*/\.{1,2}(?:[/?#]|\Z))[A-Za-z][A-Za-z0-9+.-]*:[^\\\s]*")


def is_plain(iri: str) -> bool:
    """Whether an IRI, as it is written, is absolute and stands for itself whatever the base."""
    return _PLAIN.fullmatch(iri) is not None


class Names:
    """The prefixes of a query; `end` is the place of the first token after its prologue."""

    def __init__(self, prefixes: dict[str, str], end: int) -> None:
        self._prefixes = prefixes
        self.end = end

    def iri(self, token: Token) -> str | None:
        """The IRI that a token stands for; None for any other token, and where it takes more to tell."""
        if token.kind == "iri":
            return token.text[1:-1] if is_plain(token.text[1:-1]) else None
        if token.kind != "name" or "\\" in token.text:
            return None
        prefix, _, local = token.text.partition(":")
        space = self._prefixes.get(prefix)
        return None if space is None else space + local

    def verb(self, token: Token) -> str | None:
        """The same for a token in the place of a property, where `a` stands for rdf:type."""
        return RDF_TYPE if token.kind == "word" and token.text == "a" else self.iri(token)


def names(found: Sequence[Token]) -> Names | None:
    """The names of a query of these tokens; None where it has a base of its own, or a prefix that needs one."""
    prefixes: dict[str, str] = {}
    place = 0
    while place + 2 < len(found) and found[place].keyword == "PREFIX":
        name, iri = found[place + 1].text, found[place + 2].text[1:-1]
        if not name.endswith(":") or not is_plain(iri):
            return None
        prefixes[name[:-1]] = iri
        place += 3
    if place >= len(found) or found[place].keyword in ("BASE", "VERSION"):
        return None
    return Names(prefixes, place)
