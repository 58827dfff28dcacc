"""Queries about the properties of things: of one each, where all triple patterns have the same variable as their
subject, or of several that are joined.

Such a query can be answered from columns of properties; so can its counts, its greatest and least values, and its
order.
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
class PatternQuery:
    """A query of one basic graph pattern, https://www.w3.org/TR/sparql11-query/#BasicGraphPatterns.

    `groups` are the variables of GROUP BY, `order` is by which names, each with whether it is descending. With
    `grouped` each group gives a row, and without each solution. `template` is what CONSTRUCT makes of a solution.
    """

    patterns: tuple[Pattern, ...]
    selected: tuple[Selected, ...]
    groups: tuple[str, ...] = ()
    grouped: bool = False
    order: tuple[tuple[str, bool], ...] = ()
    limit: int | None = None
    offset: int = 0
    template: tuple[Pattern, ...] = ()

    @property
    def subject(self) -> str:
        """The variable that a star is about."""
        return self.patterns[0].subject

    @property
    def subjects(self) -> set[str]:
        """The variables that stand for subjects."""
        return {pattern.subject for pattern in self.patterns if pattern.subject}

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that stand for values, each as often as it does."""
        return tuple(pattern.variable for pattern in self.patterns if pattern.variable)

    @property
    def is_star(self) -> bool:
        """Whether it is about the properties of one thing each, no two of which must have the same value."""
        variables = self.variables
        return len({self.subject, *variables} - {""}) == len(variables) + 1 and all(
            pattern.subject == self.subject and not pattern.times for pattern in self.patterns
        )

    @property
    def is_part(self) -> bool:
        """Whether only a part of what there is is wanted: which part, its order must tell then."""
        return self.limit is not None or self.offset > 0

    @property
    def is_unordered_part(self) -> bool:
        """Whether only a part of a star's solutions is wanted, and nothing says which."""
        return self.is_part and self.is_star and not self.grouped and not self.order and not self.template


def read_pattern_query(text: str) -> PatternQuery | None:
    """The query of a text, if it is one of that kind that is written plainly; else None."""
    found = [*tokens(text)]
    known = names(found)
    if known is None or "<<" in text:
        return None
    reader = _Reader(found, known)
    try:
        query = reader.read()
    except (_OtherKind, IndexError):
        return None
    return query if _holds_together(query) else None


class _OtherKind(Exception):
    """The text is none that can be read here."""


@dataclass
class _Reader:
    found: Sequence[Token]
    names: Names
    place: int = field(init=False)

    def __post_init__(self) -> None:
        self.place = self.names.end

    def read(self) -> PatternQuery:
        return self._construct() if self._has("CONSTRUCT") else self._select()

    def _construct(self) -> PatternQuery:
        template = tuple(self._patterns(joins=False))
        self._has("WHERE")
        patterns = self._patterns()
        if self.place != len(self.found):
            raise _OtherKind
        names = dict.fromkeys(
            [*(one.subject for one in template), *(one.variable for one in template if one.variable)]
        )
        return PatternQuery(
            tuple(patterns),
            tuple(Selected(name, name) for name in names),
            template=template,
        )

    def _select(self) -> PatternQuery:
        self._take("SELECT")
        distinct = self._has("DISTINCT")
        selected = []
        while not self._has("WHERE") and self.found[self.place].text != "{":
            selected.append(self._selected())
        patterns = self._patterns()
        query = PatternQuery(tuple(patterns), tuple(selected))
        if self._has("GROUP"):
            self._take("BY")
            query = replace(query, groups=tuple(self._variables()), grouped=True)
        elif any(one.function for one in selected):
            query = replace(query, grouped=True)
        if distinct:
            if query.grouped:
                raise _OtherKind
            query = replace(query, groups=tuple(one.of for one in selected), grouped=True)
        if self._has("ORDER"):
            self._take("BY")
            query = replace(query, order=tuple(self._order()))
        query = self._slice(query)
        if self.place != len(self.found):
            raise _OtherKind
        return query

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

    def _patterns(self, *, joins: bool = True) -> list[Pattern]:
        self._take("{")
        patterns: list[Pattern] = []
        while self.found[self.place].text != "}":
            read = statement(self.found, self.place, self.names, joins=joins)
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

    def _slice(self, query: PatternQuery) -> PatternQuery:
        """https://www.w3.org/TR/sparql11-query/#rLimitOffsetClauses: in either order, each once."""
        given: dict[str, int] = {}
        while self.place < len(self.found) and self.found[self.place].keyword in ("LIMIT", "OFFSET"):
            word = self._next().keyword
            number = self._next().text
            if word in given or not (number.isascii() and number.isdigit() and len(number) < 10):
                raise _OtherKind
            given[word] = int(number)
        return replace(query, limit=given.get("LIMIT"), offset=given.get("OFFSET", 0))

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


def _holds_together(query: PatternQuery) -> bool:
    """Whether each name stands for one thing that is there, so that the engine would not refuse the query."""
    known = query.subjects | {*query.variables}
    taken = [one.name for one in query.selected]
    aliases = {one.name for one in query.selected if one.function}
    for pattern in query.patterns + query.template:
        if not (pattern.variable or pattern.constant) or pattern.variable == pattern.subject != "":
            return False
    if len(set(taken)) != len(taken) or aliases & known or not taken:
        return False
    if not {one.of for one in query.selected if one.of} | {*query.groups} <= known or not known:
        return False
    ordered = {name for name, _ in query.order}
    if not query.grouped:
        return ordered <= known
    plain = {one.of for one in query.selected if not one.function}
    return plain <= set(query.groups) and ordered <= set(query.groups) | aliases
