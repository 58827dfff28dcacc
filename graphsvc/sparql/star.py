"""Queries about the properties of one thing each: all triple patterns have the same variable as their subject.

Such a query can be answered from columns of properties, with no need to join; so can its counts, its greatest and
least values, and its order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from graphsvc.sparql.lexer import Token, tokens
from graphsvc.sparql.names import Names, names
from graphsvc.sparql.statement import Pattern, statement

_FUNCTIONS = frozenset({"COUNT", "MIN", "MAX"})


@dataclass(frozen=True)
class Selected:
    """What SELECT gives under a name: the variable `of`, or a `function` of it (COUNT of none: of all rows)."""

    name: str
    of: str
    function: str = ""
    distinct: bool = False


@dataclass(frozen=True)
class Star:
    """A query of that kind.

    `groups` are the variables of GROUP BY, `order` is by which names, each with whether it is descending. With
    `grouped` each group gives a row, and without each solution. `template` is what CONSTRUCT makes of a solution.
    """

    subject: str
    patterns: tuple[Pattern, ...]
    selected: tuple[Selected, ...]
    groups: tuple[str, ...] = ()
    grouped: bool = False
    order: tuple[tuple[str, bool], ...] = ()
    limit: int | None = None
    offset: int = 0
    template: tuple[Pattern, ...] = ()

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that stand for values."""
        return tuple(pattern.variable for pattern in self.patterns if pattern.variable)

    @property
    def is_part(self) -> bool:
        """Whether only a part of what there is is wanted: which part, its order must tell then."""
        return self.limit is not None or self.offset > 0


def read_star(text: str) -> Star | None:
    """The query of a text, if it is one of that kind that is written plainly; else None."""
    found = [*tokens(text)]
    known = names(found)
    if known is None or "<<" in text:
        return None
    reader = _Reader(found, known)
    try:
        star = reader.read()
    except (_OtherKind, IndexError):
        return None
    return star if _holds_together(star) else None


class _OtherKind(Exception):
    """The text is none that can be read here."""


@dataclass
class _Reader:
    found: Sequence[Token]
    names: Names
    place: int = field(init=False)

    def __post_init__(self) -> None:
        self.place = self.names.end

    def read(self) -> Star:
        return self._construct() if self._has("CONSTRUCT") else self._select()

    def _construct(self) -> Star:
        template = tuple(self._patterns())
        self._has("WHERE")
        patterns = self._patterns()
        if self.place != len(self.found):
            raise _OtherKind
        names = dict.fromkeys([patterns[0].subject, *(one.variable for one in template if one.variable)])
        return Star(
            patterns[0].subject,
            tuple(patterns),
            tuple(Selected(name, name) for name in names),
            template=template,
        )

    def _select(self) -> Star:
        self._take("SELECT")
        distinct = self._has("DISTINCT")
        selected = []
        while not self._has("WHERE") and self.found[self.place].text != "{":
            selected.append(self._selected())
        patterns = self._patterns()
        star = Star(patterns[0].subject, tuple(patterns), tuple(selected))
        if self._has("GROUP"):
            self._take("BY")
            star = replace(star, groups=tuple(self._variables()), grouped=True)
        elif any(one.function for one in selected):
            star = replace(star, grouped=True)
        if distinct:
            if star.grouped:
                raise _OtherKind
            star = replace(star, groups=tuple(one.of for one in selected), grouped=True)
        if self._has("ORDER"):
            self._take("BY")
            star = replace(star, order=tuple(self._order()))
        star = self._slice(star)
        if self.place != len(self.found):
            raise _OtherKind
        return star

    def _selected(self) -> Selected:
        token = self._next()
        if token.kind == "variable":
            return Selected(token.text[1:], token.text[1:])
        if token.text != "(":
            raise _OtherKind
        function = self._next().keyword
        if function not in _FUNCTIONS:
            raise _OtherKind
        self._take("(")
        distinct = self._has("DISTINCT")
        if self.found[self.place].text == "*" and function == "COUNT" and not distinct:
            self.place += 1
            of = ""
        else:
            of = self._variable()
        self._take(")")
        self._take("AS")
        name = self._variable()
        self._take(")")
        return Selected(name, of, function, distinct)

    def _patterns(self) -> list[Pattern]:
        self._take("{")
        patterns: list[Pattern] = []
        while self.found[self.place].text != "}":
            read = statement(self.found, self.place, self.names)
            if read is None or self.found[read[1]].text == "{" or self.found[read[1]].keyword:
                raise _OtherKind
            patterns += read[0]
            self.place = read[1]
        self.place += 1
        if not patterns:
            raise _OtherKind
        return patterns

    def _variables(self) -> list[str]:
        found = [self._variable()]
        while self.place < len(self.found) and self.found[self.place].kind == "variable":
            found.append(self._variable())
        return found

    def _order(self) -> list[tuple[str, bool]]:
        found = []
        while self.place < len(self.found) and self.found[self.place].keyword not in ("LIMIT", "OFFSET"):
            descending = self._has("DESC")
            if descending or self._has("ASC"):
                self._take("(")
                found.append((self._variable(), descending))
                self._take(")")
            else:
                found.append((self._variable(), False))
        if not found:
            raise _OtherKind
        return found

    def _slice(self, star: Star) -> Star:
        """https://www.w3.org/TR/sparql11-query/#rLimitOffsetClauses: in either order, each once."""
        given: dict[str, int] = {}
        while self.place < len(self.found) and self.found[self.place].keyword in ("LIMIT", "OFFSET"):
            word = self._next().keyword
            number = self._next().text
            if word in given or not (number.isascii() and number.isdigit() and len(number) < 10):
                raise _OtherKind
            given[word] = int(number)
        return replace(star, limit=given.get("LIMIT"), offset=given.get("OFFSET", 0))

    def _next(self) -> Token:
        token = self.found[self.place]
        self.place += 1
        return token

    def _variable(self) -> str:
        token = self._next()
        if token.kind != "variable":
            raise _OtherKind
        return token.text[1:]

    def _has(self, word: str) -> bool:
        there = self.place < len(self.found) and self.found[self.place].keyword == word
        self.place += there
        return there

    def _take(self, word: str) -> None:
        token = self._next()
        if word not in (token.keyword, token.text):
            raise _OtherKind


def _holds_together(star: Star) -> bool:
    """Whether each name stands for one thing that is there, so that the engine would not refuse the query."""
    variables = star.variables
    known = {star.subject, *variables}
    taken = [one.name for one in star.selected]
    aliases = {one.name for one in star.selected if one.function}
    if any(
        p.subject != star.subject or not (p.variable or p.constant) for p in star.patterns + star.template
    ):
        return False
    if len(known) != len(variables) + 1 or len(set(taken)) != len(taken) or aliases & known or not taken:
        return False
    if not {one.of for one in star.selected if one.of} <= known or not set(star.groups) <= known:
        return False
    ordered = {name for name, _ in star.order}
    if not star.grouped:
        return ordered <= known
    plain = {one.of for one in star.selected if not one.function}
    return plain <= set(star.groups) and ordered <= set(star.groups) | aliases
