"""A scanner for Turtle, TriG, N-Triples and N-Quads: spans in the order in which the parser has the triples.

It keeps a stack of open brackets, so depth costs memory and no call stack. What RDF 1.2 adds ends it: SHACL is
defined on RDF 1.1. https://www.w3.org/TR/turtle/, https://www.w3.org/TR/trig/
"""

from __future__ import annotations

import re
from enum import Enum

from graphsvc.positions.lexer import BLANKS, TOKEN
from graphsvc.positions.span import Group, Groups, Lost, Mark, Span, Written
from graphsvc.vocab import PREFIXES

_RDF = PREFIXES["rdf"]
_WRITTEN = {
    "iri": Written.IRI,
    "prefixed": Written.PREFIXED,
    "blank": Written.BLANK,
    "number": Written.PLAIN,
    "short": Written.LITERAL,
    "long": Written.LITERAL,
}
_STRINGS = frozenset({"short", "long"})
# How many tokens follow the word of a directive; one that begins with @ ends in a dot besides.
_DIRECTIVES = {b"prefix": 2, b"base": 1, b"version": 1}


class _Next(Enum):
    SUBJECT = "subject"
    VERB = "verb"
    OBJECT = "object"
    END = "end"  # of an object: a comma, a semicolon, a dot or a bracket


class _Open:
    """An open bracket, with what there was before it."""

    __slots__ = ("cell", "mark", "next", "predicate", "sign", "subject")

    def __init__(self, sign: bytes, mark: Mark, scanner: Scanner) -> None:
        self.sign, self.mark = sign, mark
        self.subject, self.predicate, self.next = scanner.subject, scanner.predicate, scanner.next
        self.cell: Mark | None = None  # of a list: the node of the last member


def scan(document: bytes, *, quads: bool = False) -> Groups:
    """The spans of a document, token by token; `quads`: a fourth term may follow an object (N-Quads).

    Raises Lost at what is no token.
    """
    scanner = Scanner(quads=quads)
    match, at = TOKEN.match, 3 if document.startswith(b"\xef\xbb\xbf") else 0
    while found := match(document, at):
        kind = found.lastgroup or ""
        at = found.end()
        if kind != "comment":
            scanner.group = []
            scanner.token(kind, found)
            if scanner.group:
                yield scanner.group[::-1]  # the parser hands out first what it found last
    blanks = BLANKS.match(document, at)
    if blanks is None or blanks.end() < len(document):
        raise Lost


class Scanner:
    """The state between two tokens."""

    def __init__(self, *, quads: bool) -> None:
        self.quads = quads
        self.next = _Next.SUBJECT
        self.subject = self.predicate = _mark(Written.EXACT, 0, 0, "")
        self.group: Group = []
        self._open: list[_Open] = []
        self._string: Mark | None = None  # a string that a language or a datatype may follow
        self._typed = False
        self._skip = 0

    def token(self, kind: str, found: re.Match[bytes]) -> None:
        """Take one token; the spans that it completes are in `group`."""
        if self._skip:
            self._skip -= 1
            return
        text = found[kind]
        if self._string is not None and self._suffix(kind, text, found.end()):
            return
        start = found.start(kind)
        if kind == "sign":
            self._sign(text, start)
        elif kind in _STRINGS:
            self._member(start)
            self._string = Mark(_WRITTEN[kind], start, found.end(), text)
        elif kind in _WRITTEN:
            clue: bytes | str = text.decode() if kind == "number" else text
            self._term(Mark(_WRITTEN[kind], start, found.end(), clue))
        else:
            self._word(kind, text, start)

    def _suffix(self, kind: str, text: bytes, end: int) -> bool:
        """Whether the token belongs to the string before it; the string is an object as soon as that is known."""
        if self._string is None:
            return False
        if text == b"^^":
            self._typed = True
            return True
        mark, self._string = self._string, None
        typed, self._typed = self._typed, False
        belongs = typed or kind == "tag"
        self._object(mark._replace(end=end) if belongs else mark)
        return belongs

    def _word(self, kind: str, text: bytes, start: int) -> None:
        end = start + len(text)
        if self.next is _Next.VERB and text == b"a":
            self._term(_mark(Written.EXACT, start, end, _RDF + "type"))
        elif text in (b"true", b"false") and self.next is _Next.OBJECT:
            self._term(_mark(Written.PLAIN, start, end, text.decode()))
        elif self.next is _Next.SUBJECT and not self._open:
            name = text.lower().lstrip(b"@")
            if name != b"graph":
                if name not in _DIRECTIVES:
                    raise Lost
                self._skip = _DIRECTIVES[name] + (kind == "tag")
        else:
            raise Lost

    def _term(self, mark: Mark) -> None:
        if self.next is _Next.OBJECT:
            self._member(mark.start)
            self._object(mark)
        elif self.next is _Next.VERB:
            self.predicate, self.next = mark, _Next.OBJECT
        elif self.next is _Next.SUBJECT:
            self.subject, self.next = mark, _Next.VERB
        elif not self.quads:
            raise Lost

    def _object(self, mark: Mark) -> None:
        self.group.append(Span(self.subject, self.predicate, mark))
        if not (self._open and self._open[-1].sign == b"("):
            self.next = _Next.END

    def _member(self, start: int) -> None:
        """Where a list is open, an object is its next member: link its node, and state the object of that."""
        if not (self._open and self._open[-1].sign == b"(" and self.next is _Next.OBJECT):
            return
        opened = self._open[-1]
        if opened.cell is None:
            cell = opened.mark
            if opened.next is _Next.OBJECT:
                self.group.append(Span(opened.subject, opened.predicate, cell))
        else:
            cell = _mark(Written.BLANK, start, start + 1, 2 * start + 1)
            rest = _mark(Written.EXACT, start, start + 1, _RDF + "rest")
            self.group.append(Span(opened.cell, rest, cell))
        opened.cell = self.subject = cell
        self.predicate = _mark(Written.EXACT, start, start + 1, _RDF + "first")

    def _sign(self, sign: bytes, start: int) -> None:
        if sign in (b"[", b"("):
            if self.next is _Next.OBJECT:
                self._member(start)
            elif self.next is not _Next.SUBJECT:
                raise Lost
            mark = _mark(Written.BLANK, start, start + 1, 2 * start)
            self._open.append(_Open(sign, mark, self))
            self.subject, self.next = mark, _Next.VERB if sign == b"[" else _Next.OBJECT
        elif sign in (b"]", b")"):
            self._close(sign, start)
        elif sign in (b";", b","):
            self.next = _Next.VERB if sign == b";" else _Next.OBJECT
        elif self._open:
            raise Lost
        else:  # a dot, or a brace: what was in the place of the subject was the name of a graph
            self.next = _Next.SUBJECT

    def _close(self, sign: bytes, start: int) -> None:
        if not self._open:
            raise Lost
        opened = self._open.pop()
        mark = opened.mark
        if (opened.sign == b"[") != (sign == b"]"):
            raise Lost
        self.subject, self.predicate, self.next = opened.subject, opened.predicate, opened.next
        if sign == b")":
            nil = _mark(Written.EXACT, start, start + 1, _RDF + "nil")
            if opened.cell is None:
                mark = _mark(Written.EXACT, mark.start, start + 1, _RDF + "nil")
            else:
                rest = _mark(Written.EXACT, start, start + 1, _RDF + "rest")
                self.group.append(Span(opened.cell, rest, nil))
        if opened.next is _Next.SUBJECT:
            self.subject, self.next = mark, _Next.VERB
        elif sign == b"]" or opened.cell is None:
            self._object(mark)
        elif not (self._open and self._open[-1].sign == b"("):
            self.next = _Next.END


def _mark(written: Written, start: int, end: int, clue: str | int) -> Mark:
    return Mark(written, start, end, clue)
