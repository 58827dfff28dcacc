"""Answers as pages: the first rows of a table or triples of a graph, and how many there are.

The store answers in TSV or N-Triples, one line a row, so that the rest can be counted without being held.
https://www.w3.org/TR/sparql11-results-csv-tsv/#tsv-terms
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from graphsvc.describe.labels import labels
from graphsvc.errors import GraphsvcError
from graphsvc.rdf import BlankNode, Iri, Literal, Term
from graphsvc.vocab import PREFIXES
from graphsvc.web.addresses import link_to
from graphsvc.web.caching import incomplete
from graphsvc.web.service import service
from graphsvc.web.values import printable

MAX_ROWS = 1_000
MAX_CELLS = 20_000
MAX_BYTES = 4 << 20
# Things whose labels are looked up.
MAX_LABELS = 1_200
# A longer text is cut in its cell, which says so.
MAX_TEXT = 2_000
_TERM = re.compile(
    r"<(?P<iri>[^<>\s]*)>"
    r"|_:(?P<blank>\S+)"
    r'|"(?P<text>(?:[^"\\]|\\.)*)"(?:@(?P<language>[A-Za-z0-9-]+)|\^\^<(?P<datatype>[^>]*)>)?'
    r"|(?P<double>[+-]?(?:\d+\.?\d*|\.\d+)[eE][+-]?\d+)"
    r"|(?P<decimal>[+-]?\d*\.\d+)"
    r"|(?P<integer>[+-]?\d+)"
    r"|(?P<boolean>true|false)",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_SHORT = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}


@dataclass(frozen=True)
class Cell:
    """One term as a page shows it: `whole` is the length of a text that is cut, else None; `label` is what a
    thing is called, if that is known."""

    text: str
    href: str | None = None
    title: str | None = None
    language: str | None = None
    datatype: str | None = None
    whole: int | None = None
    label: Literal | None = None


@dataclass(frozen=True)
class Table:
    """The first rows of an answer, each with a cell or None for each column, and the number of all rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell | None, ...], ...]
    total: int


def table(chunks: Iterable[bytes]) -> Table:
    """The solutions of a SELECT query from its TSV. Raises as reading the chunks does."""
    lines, number = _first_lines(chunks, MAX_ROWS + 1)
    header = lines[0] if lines else ""
    columns = tuple(name.removeprefix("?") for name in header.split("\t")) if header else ()
    most = max(1, MAX_CELLS // max(1, len(columns)))
    rows = [
        tuple(_cell(read_term(field)) if field else None for field in line.split("\t"))
        for line in lines[1 : most + 1]
    ]
    return Table(columns, tuple(rows) if columns else ((),) * len(rows), max(0, number - 1))


def triples(chunks: Iterable[bytes]) -> Table:
    """The triples of a graph from its N-Triples. Raises as reading the chunks does."""
    lines, number = _first_lines(chunks, MAX_ROWS)
    rows = []
    for line in lines:
        fields = line.removesuffix(".").rstrip().split(" ", 2)
        rows.append(tuple(_cell(read_term(field)) for field in fields))
    return Table(("subject", "predicate", "object"), tuple(rows), number)


def labelled(found: Table, languages: Sequence[str]) -> Table:
    """The table with the labels of its first things; without them where they cannot be had in time."""
    iris = dict.fromkeys(cell.title for row in found.rows for cell in row if cell and cell.title)
    try:
        known = labels(service().store, list(iris)[:MAX_LABELS], languages)
    except GraphsvcError:
        incomplete()
        return found
    return replace(found, rows=tuple(_labelled(row, known) for row in found.rows))


def _labelled(row: tuple[Cell | None, ...], known: Mapping[str, Literal]) -> tuple[Cell | None, ...]:
    """A row with labels, save those that stand in it already."""
    said = {cell.text for cell in row if cell and not cell.title}

    def one(cell: Cell | None) -> Cell | None:
        label = known.get(cell.title) if cell and cell.title else None
        if not cell or not label or label.value in said:
            return cell
        return replace(cell, label=replace(label, value=printable(label.value)))

    return tuple(map(one, row))


def _first_lines(chunks: Iterable[bytes], most: int) -> tuple[list[str], int]:
    """The first complete lines, as many as the limits let through, and the number of all lines."""
    held = bytearray()
    number = 0
    for chunk in chunks:
        if number < most and len(held) < MAX_BYTES:
            held += chunk
        number += chunk.count(b"\n")
    complete = bytes(held).split(b"\n")[:-1]
    return [line.decode("utf-8", "replace") for line in complete[:most]], number


def read_term(text: str) -> Term | str:
    """One term of a TSV or N-Triples line; what is none of the three kinds stays as it is: a triple
    term, a text with a base direction."""
    found = _TERM.fullmatch(text)
    if found is None:
        return text
    kind = str(found.lastgroup)
    if found["iri"] is not None:
        return Iri(_unescaped(found["iri"]))
    if found["blank"] is not None:
        return BlankNode(found["blank"])
    if found["text"] is None:
        return Literal(text, PREFIXES["xsd"] + kind)
    value = _unescaped(found["text"])
    if found["language"]:
        return Literal(value, PREFIXES["rdf"] + "langString", found["language"])
    return Literal(value, found["datatype"]) if found["datatype"] else Literal(value)


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text

    def one(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        return chr(int(code, 16)) if code else _SHORT.get(match[3], match[3])

    return _ESCAPE.sub(one, text)


def _cell(term: Term | str) -> Cell:
    prefixes = service().settings.prefixes
    if isinstance(term, Iri):
        return Cell(_cut(shortened(term.value, prefixes)), href(term.value), term.value)
    if isinstance(term, BlankNode):
        return Cell(term.n3())
    text = term if isinstance(term, str) else term.value
    language = datatype = None
    if isinstance(term, Literal):
        language = term.language or None
        plain = language or term.datatype == PREFIXES["xsd"] + "string"
        datatype = None if plain else shortened(term.datatype, prefixes)
    whole = len(text) if len(text) > MAX_TEXT else None
    return Cell(_cut(text), language=language, datatype=datatype, whole=whole)


def _cut(text: str) -> str:
    return printable(text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…")


def href(iri: str) -> str | None:
    """Where an IRI leads: to this service if it is under the base, else to itself if it is a web address."""
    return link_to(iri) or (iri if iri.startswith(("http://", "https://")) else None)


def shortened(iri: str, prefixes: Mapping[str, str]) -> str:
    """An IRI as a prefixed name where the longest namespace that it starts with leaves a simple local name."""
    fitting: Sequence[tuple[int, str]] = [
        (len(space), name) for name, space in prefixes.items() if space and iri.startswith(space)
    ]
    if not fitting:
        return iri
    length, name = max(fitting)
    local = iri[length:]
    return f"{name}:{local}" if re.fullmatch(r"[\w.-]*", local) else iri
