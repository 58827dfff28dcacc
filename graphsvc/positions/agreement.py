"""Whether a term is the one that is written at a mark: the guard against a scanner that lost its way."""

from __future__ import annotations

import re

from graphsvc.positions.lexer import quoted, unescape
from graphsvc.positions.span import Mark, Span, Written
from graphsvc.rdf import BlankNode, Iri, Literal, Term

Triple = tuple[Term, Iri, Term]
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class Agreement:
    """Compares spans with triples; a blank node stays the same node from its first span on."""

    def __init__(self) -> None:
        self._nodes: dict[bytes | str | int, str] = {}
        self._clues: dict[str, bytes | str | int] = {}
        # What each clue last was: a document says the same names again and again.
        self._last: dict[bytes | str | int, str] = {}

    def holds(self, span: Span, triple: Triple) -> bool:
        """Whether the span may be where the triple is written."""
        return (
            self._agrees(span.predicate, triple[1])
            and self._agrees(span.subject, triple[0])
            and self._agrees(span.object, triple[2])
        )

    def keep(self, span: Span, triple: Triple) -> None:
        """Take it that the span is the triple's."""
        for mark, term in zip(span, triple, strict=True):
            if isinstance(term, BlankNode):
                self._nodes[mark.clue] = term.value
                self._clues[term.value] = mark.clue

    def _agrees(self, mark: Mark, term: Term) -> bool:
        written, _, _, clue = mark
        if isinstance(term, BlankNode):
            if written is not Written.BLANK:
                return False
            known = self._nodes.get(clue)
            return known == term.value if known is not None else term.value not in self._clues
        if isinstance(term, Literal):
            return _is_literal(written, clue, term.value)
        if written is not Written.PREFIXED and written is not Written.IRI:
            return written is Written.EXACT and clue == term.value
        if self._last.get(clue) == term.value:
            return True
        if not _is_iri(written, clue, term.value):
            return False
        self._last[clue] = term.value
        return True


def _is_literal(written: Written, clue: bytes | str | int, value: str) -> bool:
    if written is Written.LITERAL:
        assert isinstance(clue, bytes)
        return quoted(clue) == value
    return written is Written.MARKUP or (written is Written.PLAIN and clue == value)


def _is_iri(written: Written, clue: bytes | str | int, value: str) -> bool:
    if written is Written.PREFIXED:
        assert isinstance(clue, bytes)
        return value.endswith(unescape(clue.partition(b":")[2].decode("utf-8", "replace")))
    text = unescape(clue[1:-1].decode("utf-8", "replace")) if isinstance(clue, bytes) else str(clue)
    if text == value:
        return True
    # A relative reference: its last segment is that of the IRI, unless it is made of dots.
    last = text.rpartition("/")[2]
    if _SCHEME.match(text) and "/." not in text:
        return False
    return value.endswith("" if last.strip(".") == "" else last)
