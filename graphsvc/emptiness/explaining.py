"""Why a query is empty, found by asking smaller ones.

Where a group has no solution, it has none with another pattern or filter either, so the first part that leaves
nothing is found by halving. Filters hold for the whole group wherever they stand in it
(https://www.w3.org/TR/sparql11-query/#scopeFilters), so they come last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from graphsvc.emptiness.asking import Asker, Enough
from graphsvc.emptiness.terms import Missing, missing_terms
from graphsvc.errors import QuerySyntaxError
from graphsvc.sparql import Query
from graphsvc.sparql.group import CannotTakeApart, Parts, Piece, joined, pieces, take_apart
from graphsvc.sparql.lexer import Token, tokens
from graphsvc.store import Limits, Store

_MAX_DEPTH = 4


@dataclass(frozen=True)
class Explanation:
    """What could be found out.

    `cause` is `pattern` (a part of the group that leaves nothing), `filter`, `behind` (what follows the group:
    HAVING, OFFSET, VALUES and the like), `template` (of CONSTRUCT), `not empty`, or `unknown`; then `note` says
    why nobody can tell.
    `part` is the text at fault, from `start`; `alone` whether it has solutions by itself (None: not asked);
    `kept` what of the group matches together before it. `missing` are terms that never occur, whatever the cause.
    """

    cause: str
    part: str = ""
    start: int = 0
    alone: bool | None = None
    kept: str = ""
    missing: tuple[Missing, ...] = ()
    note: str = ""
    asked: int = 0


def explain(store: Store, query: Query, limits: Limits, known: Sequence[str]) -> Explanation:
    """Why the query has no answers; `known` are the IRIs of the vocabulary, for the nearest to a misspelt one.

    Raises as `Store.query` does, QuerySyntaxError where the query itself does not parse.
    """
    found = list(tokens(query.text))
    if query.calls:
        return Explanation("unknown", note="it asks other endpoints (SERVICE)")
    try:
        parts = take_apart(query.text, found)
        top = pieces(query.text, parts.group)
    except CannotTakeApart:
        if Asker(store, query, Parts("", "", (), ()), limits).has_answers():
            return Explanation("not empty", asked=1)
        return Explanation("unknown", note="it has no group of patterns that could be taken apart", asked=1)
    asker = Asker(store, query, parts, limits)
    missing: list[Missing] = []
    try:
        # This also tells whether the query parses at all.
        if asker.has_answers():
            return Explanation("not empty", asked=asker.asked)
        prologue = [token for token in found if token.start < len(parts.prologue)]
        missing = missing_terms(query.text, top, asker, known, prologue)
        explanation = _search(query.text, asker, top) or _elsewhere(query, parts)
    except Enough:
        explanation = Explanation("unknown", note="the smaller queries took too long, or were too many")
    except QuerySyntaxError as error:
        if asker.asked == 1:
            raise
        explanation = Explanation("unknown", note=f"a part of it does not stand alone: {error.message}")
    return replace(explanation, missing=tuple(missing), asked=asker.asked)


def _elsewhere(query: Query, parts: Parts) -> Explanation:
    """What there is to say where the whole group does match."""
    if parts.behind:
        return Explanation("behind", _text(query.text, parts.behind), parts.behind[0].start)
    if query.form.yields_graph:
        return Explanation("template")
    return Explanation("unknown", note="its patterns do match")


def _search(
    text: str, asker: Asker, found: Sequence[Piece], before: str = "", after: str = "", depth: int = 0
) -> Explanation | None:
    """The first of some pieces that leaves nothing of what is before them; None where all leave something."""
    ordered = [one for one in found if one.kind != "filter"] + [one for one in found if one.kind == "filter"]

    def matches(number: int) -> bool:
        return asker.ask(f"{before}\n{joined(ordered[:number])}\n{after}")

    if matches(len(ordered)):
        return None
    enough, much = 0, len(ordered)
    while much - enough > 1:
        middle = (enough + much) // 2
        enough, much = (middle, much) if matches(middle) else (enough, middle)
    if not ordered:
        return None
    return _blame(text, asker, ordered[: much - 1], ordered[much - 1], (before, after, depth))


def _blame(
    text: str, asker: Asker, kept: Sequence[Piece], piece: Piece, around: tuple[str, str, int]
) -> Explanation:
    """What there is to say of the piece that leaves nothing of what is kept before it."""
    before, after, depth = around
    if piece.kind in ("graph", "group") and depth < _MAX_DEPTH:
        head = _text(text, piece.tokens[: piece.tokens.index(_brace(piece)) + 1])
        inner = _search(
            text,
            asker,
            pieces(text, piece.inner()),
            f"{before}\n{joined(kept)}\n{head}",
            f"}}\n{after}",
            depth + 1,
        )
        if inner is not None:
            return inner
    # By itself, and outside the graph that it is asked of, it would be another question.
    asked = piece.kind not in ("filter", "minus") and not before
    alone = asker.ask(piece.alone) if asked else None
    cause = "filter" if piece.kind == "filter" else "pattern"
    return Explanation(cause, piece.text, piece.start, alone, joined(kept))


def _brace(piece: Piece) -> Token:
    return next(token for token in piece.tokens if token.text == "{")


def _text(text: str, found: Sequence[Token]) -> str:
    return text[found[0].start : found[-1].start + len(found[-1].text)]
