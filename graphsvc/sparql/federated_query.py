"""SERVICE clauses: found in a text, and replaced by what their endpoints said.

https://www.w3.org/TR/sparql11-federated-query/. A clause is a table that is joined with the rest, so the text with
that table written out as VALUES means the same (https://www.w3.org/TR/sparql11-federated-query/#defn_evalService).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from graphsvc.errors import RemoteAccessRefused
from graphsvc.sparql.lexer import Token, position

# The variables of a table, and its rows: a term in SPARQL's own writing for each, or UNDEF.
Table = tuple[Sequence[str], Sequence[Sequence[str]]]
# What a SILENT clause is where its endpoint fails.
NOTHING_SAID: Table = ((), ((),))


@dataclass(frozen=True)
class ServiceCall:
    """A SERVICE clause: where it stands in the text, whom it asks (empty: it does not say), and what."""

    start: int
    end: int
    endpoint: str
    silent: bool
    query: str
    variables: frozenset[str]


def service_calls(text: str, found: Sequence[Token]) -> Iterator[ServiceCall]:
    """The outermost SERVICE clauses of a query or update, in their order; one within another is the other
    endpoint's affair."""
    declared: list[str] = []
    prefixes: dict[str, str] = {}
    place = 0
    while place < len(found):
        token = found[place]
        if token.keyword in ("PREFIX", "BASE"):
            size = 3 if token.keyword == "PREFIX" else 2
            declaration = found[place : place + size]
            declared.append(" ".join(part.text for part in declaration))
            if size == 3 and len(declaration) == 3:
                prefixes[declaration[1].text] = declaration[2].text[1:-1]
            place += size
        elif token.keyword == "SERVICE":
            place, call = _call(text, found, place, "\n".join(declared), prefixes)
            yield call
        else:
            place += 1


def from_graphs(found: Sequence[Token]) -> Iterator[str]:
    """The graphs that FROM and FROM NAMED name, where they are written in full or with a prefix."""
    prefixes: dict[str, str] = {}
    for place, token in enumerate(found):
        if token.keyword == "PREFIX" and place + 2 < len(found):
            prefixes[found[place + 1].text] = found[place + 2].text[1:-1]
        elif token.keyword == "FROM":
            after = place + 1
            after += after < len(found) and found[after].keyword == "NAMED"
            if after < len(found):
                yield _iri(found[after], prefixes)


def _call(
    text: str, found: Sequence[Token], start: int, prologue: str, prefixes: dict[str, str]
) -> tuple[int, ServiceCall]:
    place = start + 1
    silent = place < len(found) and found[place].keyword == "SILENT"
    place += silent
    endpoint = _iri(found[place], prefixes) if place < len(found) else ""
    first = place + 1
    depth, last = 0, first
    while last < len(found):
        depth += (found[last].text == "{") - (found[last].text == "}")
        last += 1
        if depth <= 0:
            break
    inside = found[first:last]
    end = inside[-1].start + len(inside[-1].text) if inside else len(text)
    block = text[inside[0].start : end] if inside else ""
    if depth != 0 or not block.startswith("{"):
        # The engine's parser will say what is wrong with it.
        endpoint = ""
    variables = frozenset(token.text[1:] for token in inside if token.kind == "variable")
    query = f"{prologue}\nSELECT * {block}"
    return last, ServiceCall(found[start].start, end, endpoint, silent, query, variables)


def _iri(token: Token, prefixes: dict[str, str]) -> str:
    if token.kind == "iri":
        return token.text[1:-1]
    prefix, _, local = token.text.partition(":")
    return prefixes[f"{prefix}:"] + local if token.kind == "name" and f"{prefix}:" in prefixes else ""


def check_calls(text: str, found: Sequence[Token], endpoints: Sequence[str]) -> tuple[ServiceCall, ...]:
    """The SERVICE clauses of a text, all of which ask one of `endpoints`. Raises RemoteAccessRefused."""
    calls = tuple(service_calls(text, found))
    for call in calls:
        if call.endpoint not in endpoints:
            line, column = position(text, call.start)
            whom = f"<{call.endpoint}>" if call.endpoint else "an endpoint that it does not name"
            listed = "none but those that its operator lists" if endpoints else "none"
            raise RemoteAccessRefused(
                f"SERVICE (line {line}, column {column}) would query {whom}; this service asks {listed}."
            )
    for token in found:
        # `SERVICE:ep` parses as SERVICE `:ep`.
        if token.kind == "name" and token.text.partition(":")[0].upper() == "SERVICE":
            line, column = position(text, token.start)
            raise RemoteAccessRefused(
                f"{token.text} (line {line}, column {column}) would be read as a SERVICE clause."
            )
    return calls


class Clause(Protocol):
    """A part of a text that a table can stand for."""

    @property
    def start(self) -> int:
        """Where it begins."""

    @property
    def end(self) -> int:
        """Where what follows it begins."""


def with_tables(text: str, calls: Sequence[Clause], tables: Sequence[Table]) -> str:
    """The text with each clause replaced by its table; every line stays the line that it was."""
    pieces, place = [], 0
    for call, (variables, rows) in zip(calls, tables, strict=True):
        lines = "\n" * text.count("\n", call.start, call.end)
        head = " ".join(f"?{name}" for name in variables)
        body = " ".join(f"({' '.join(row)})" for row in rows)
        pieces += [text[place : call.start], f"VALUES ({head}) {{ {body} }} {lines}"]
        place = call.end
    return "".join((*pieces, text[place:]))
