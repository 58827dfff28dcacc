"""What a scanner yields: for each triple the bytes in which its three terms are written."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple


class Written(Enum):
    """How a term is written, and so what there is to compare with the parsed one."""

    IRI = "iri"  # as text that may be relative, or have escapes in it
    PREFIXED = "prefixed"  # a prefixed name
    EXACT = "exact"  # as the whole IRI, known without looking at the text
    BLANK = "blank"  # a label, or a number that stands for one node
    LITERAL = "literal"  # in quotes
    PLAIN = "plain"  # as its lexical form: numbers, booleans, the text of an element
    MARKUP = "markup"  # an XML literal, which the parser writes anew


class Mark(NamedTuple):
    """A term in the document: the offsets of its bytes, and the clue by which it is recognised."""

    written: Written
    start: int
    end: int
    clue: bytes | str | int


class Span(NamedTuple):
    """The marks of one triple."""

    subject: Mark
    predicate: Mark
    object: Mark


# The triples that the parser finds at one moment; it may have them in another order than the scanner.
Group = list[Span]
Groups = Iterator[Group]


class Part(Enum):
    """The part of a triple that is to be pointed at."""

    SUBJECT = 0
    PREDICATE = 1
    OBJECT = 2


class Found(NamedTuple):
    """Where a triple stands: the offsets of its parts, first byte and the byte after the last.

    `pointer` is the JSON Pointer to its node object, in JSON-LD. https://www.rfc-editor.org/rfc/rfc6901
    """

    parts: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    pointer: str | None = None


class Lost(Exception):
    """The scanner came upon something that it does not know."""
