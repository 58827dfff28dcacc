"""Shapes as SPARQL conditions that hold for every node at fault, and perhaps for more.

A condition is text for a FILTER. It never has an error, so it may be negated: what is wrongly held for possible is
then wrongly held for certain the other way about, which `certain` keeps apart. Constants are terms as the store
has them; where the store's idea of a value may differ from the standard's, the condition lets the node through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

import pyoxigraph as ox

from graphsvc.rdf import Iri
from graphsvc.validation.path import Kind, Path
from graphsvc.validation.setwise.constraint import ALWAYS, NEVER, Shape, ValueConstraint
from graphsvc.validation.setwise.data_graph import DataGraph
from graphsvc.validation.setwise.spelling import from_store

# Beyond these a condition costs the planner more than it saves; nodes are let through instead.
MAX_TEXT = 20_000
MAX_DEPTH = 8
MAX_SHAPES = 2_000
_NOBODY = Iri("urn:graphsvc:shape")
_TRUE, _FALSE = (ox.Literal(value) for value in (True, False))


class Coarse:
    """Writes conditions, and keeps the functions that they call."""

    def __init__(self, data: DataGraph) -> None:
        self.data = data
        self.functions: dict[str, Callable[..., Any]] = {}
        self._numbers = count()
        self._depth = 0
        self._written = 0

    def variable(self) -> str:
        """A variable that no other condition has."""
        return f"?v{next(self._numbers)}"

    def function(self, holds: Callable[[Any], bool], value: str, certain: bool) -> str:
        """A condition that asks Python about a term: for what SPARQL cannot say, if the store can call it."""
        if not self.data.triples.calls_functions:
            return unknown(certain)
        name = f"urn:graphsvc:function:{len(self.functions)}"
        self.functions[name] = lambda term: _TRUE if holds(from_store(term)) else _FALSE
        return f"<{name}>({value})"

    def path(self, shape: Shape) -> str:
        """The shape's property path between two terms of a pattern."""
        assert shape.path is not None
        text = shape.path.text({})
        return text if shape.path.kind is Kind.PREDICATE else f"({text})"

    def violation(self, shape: Shape, focus: str, certain: bool) -> str:
        """The focus node does not conform to the shape. https://www.w3.org/TR/shacl/#conforms-focus-node"""
        if shape.deactivated:
            return NEVER
        if self._depth == 0:
            self._written = 0
        self._written += 1
        if self._depth >= MAX_DEPTH or self._written > MAX_SHAPES:
            return unknown(certain)
        self._depth += 1
        try:
            text = any_of(self._conditions(shape, focus, certain))
        finally:
            self._depth -= 1
        return text if len(text) <= MAX_TEXT else unknown(certain)

    def violation_of_one(self, shapes: Iterable[Shape], focus: str) -> str:
        """The focus node may not conform to one of the shapes, each of whose paths is followed once for all."""
        singles: dict[Path | None, list[ValueConstraint]] = {}
        others = []
        for shape in shapes:
            for each in shape.constraints:
                if isinstance(each, ValueConstraint):
                    singles.setdefault(shape.path, []).append(each)
                else:
                    others.append((shape, each))
        merged = [Shape(_NOBODY, path, constraints=[*found]) for path, found in singles.items()]
        found = [*(self.violation(each, focus, certain=False) for each in merged)]
        return any_of([*found, *(each.condition(shape, focus, self, False) for shape, each in others)])

    def conformance(self, shape: Shape, focus: str, certain: bool) -> str:
        """The focus node conforms to the shape."""
        return negated(self.violation(shape, focus, not certain))

    def _conditions(self, shape: Shape, focus: str, certain: bool) -> Iterable[str]:
        """One condition for all constraints that look at single values, so that they are scanned once."""
        singles = [each for each in shape.constraints if isinstance(each, ValueConstraint)]
        others = [each for each in shape.constraints if not isinstance(each, ValueConstraint)]
        if shape.path is None:
            yield from (each.value_condition(focus, self, certain) for each in singles)
        elif singles:
            value = self.variable()
            condition = any_of(each.value_condition(value, self, certain) for each in singles)
            yield self.exists(f"{focus} {self.path(shape)} {value}", condition)
        yield from (each.condition(shape, focus, self, certain) for each in others)

    def exists(self, pattern: str, condition: str = ALWAYS) -> str:
        """A solution of the pattern fulfils the condition."""
        if condition == NEVER:
            return NEVER
        return f"EXISTS {{ {pattern} {'' if condition == ALWAYS else f'FILTER ({condition})'} }}"

    def distinct(self, shape: Shape, focus: str, number: int, condition: Callable[[str], str]) -> str:
        """The path leads to so many different values, at least, that each fulfil a condition."""
        values = [self.variable() for _ in range(number)]
        pattern = " . ".join(f"{focus} {self.path(shape)} {value}" for value in values)
        tests = [condition(value) for value in values]
        tests += [
            f"!sameTerm({one}, {other})" for index, one in enumerate(values) for other in values[index + 1 :]
        ]
        return self.exists(pattern, all_of(tests))


def unknown(certain: bool) -> str:
    """The condition of which nothing can be told."""
    return NEVER if certain else ALWAYS


def negated(condition: str) -> str:
    """The opposite of a condition."""
    return {ALWAYS: NEVER, NEVER: ALWAYS}.get(condition) or f"!({condition})"


def any_of(conditions: Iterable[str]) -> str:
    """One of the conditions holds."""
    found = [each for each in dict.fromkeys(conditions) if each != NEVER]
    if ALWAYS in found:
        return ALWAYS
    return " || ".join(f"({each})" for each in found) if len(found) > 1 else (found or [NEVER])[0]


def all_of(conditions: Iterable[str]) -> str:
    """All of the conditions hold."""
    found = [each for each in dict.fromkeys(conditions) if each != ALWAYS]
    if NEVER in found:
        return NEVER
    return " && ".join(f"({each})" for each in found) if len(found) > 1 else (found or [ALWAYS])[0]


def unless(condition: str, other: str) -> str:
    """The other condition where the first does not hold; it is not asked elsewhere, as `&&` might ask it."""
    return f"IF({condition}, false, {other})"


def holds(condition: str) -> str:
    """A condition that may have an error as one that then does not hold."""
    return f"COALESCE({condition}, false)"
