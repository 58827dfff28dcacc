"""Property paths of the plainest form: properties one after another, each of which may be followed any number of
times, or backwards.

https://www.w3.org/TR/sparql11-query/#propertypaths
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphsvc.sparql.lexer import Token
from graphsvc.sparql.names import Names


@dataclass(frozen=True)
class Step:
    """A property, and how often it is followed: once, or `*` or `+`."""

    property: str
    times: str = ""
    is_inverse: bool = False


def path(found: Sequence[Token], place: int, names: Names) -> tuple[list[Step], int] | None:
    """The steps of the path that begins at a place, and the place after it; None for any other path.

    The last token must be one that no path has.
    """
    steps: list[Step] = []
    while True:
        is_inverse = found[place].text == "^"
        place += is_inverse
        verb = names.verb(found[place])
        if verb is None:
            return None
        place += 1
        times = found[place].text if found[place].text in ("*", "+") else ""
        place += bool(times)
        steps.append(Step(verb, times, is_inverse))
        if found[place].text != "/":
            return steps, place
        place += 1
