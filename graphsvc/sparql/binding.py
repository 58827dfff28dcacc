"""Values for the variables of a query: bound as terms, never pasted into its text.

A binding becomes a VALUES block at the head of the outermost WHERE group, and of each group inside it that
mentions the variable itself, so that filters, optional parts and sub-queries see it too.
https://www.w3.org/TR/sparql11-query/#inline-data
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from graphsvc.errors import BadRequest
from graphsvc.rdf.terms import BlankNode, Term
from graphsvc.sparql.lexer import Token

_NAME = re.compile(r"[^\W\d]\w*\Z")


def bind(text: str, found: Sequence[Token], bindings: Mapping[str, Term]) -> str:
    """The text with its variables bound; `found` are its tokens. Without bindings, the text as it is.

    Raises BadRequest for a name that is no variable, a variable that the query does not have, a blank node, and
    a query without a WHERE group that could hold values (`CONSTRUCT WHERE`, `DESCRIBE <iri>`).
    """
    if not bindings:
        return text
    mentioned = {token.text[1:] for token in found if token.kind == "variable"}
    for name, term in bindings.items():
        if not _NAME.match(name) or name not in mentioned:
            raise BadRequest(f"The query has no variable ?{name[:60]}.")
        if isinstance(term, BlankNode):
            raise BadRequest(f"?{name} cannot be bound to a blank node.")
    groups = _groups(found)
    if not groups:
        raise BadRequest("The query has no WHERE group in which a variable could be bound.")
    outermost = min(groups)
    parts, last = [], 0
    for place in sorted(groups):
        wanted = [name for name in bindings if place == outermost or name in groups[place]]
        blocks = "".join(f" VALUES ?{name} {{ {bindings[name].n3()} }}" for name in wanted)
        parts += [text[last:place], blocks]
        last = place
    return "".join((*parts, text[last:]))


def _groups(found: Sequence[Token]) -> dict[int, set[str]]:
    """Where each group graph pattern begins, after its brace, and the variables that stand directly in it."""
    groups: dict[int, set[str]] = {}
    open_groups: list[int | None] = []
    for index, token in enumerate(found):
        if token.text == "{":
            place = token.start + 1 if _takes_values(found, index) else None
            if place is not None:
                groups[place] = set()
            open_groups.append(place)
        elif token.text == "}" and open_groups:
            open_groups.pop()
        elif token.kind == "variable" and open_groups and open_groups[-1] is not None:
            groups[open_groups[-1]].add(token.text[1:])
    return groups


def _takes_values(found: Sequence[Token], index: int) -> bool:
    """Whether the brace at `index` opens a group: not a template, not a block of values, not a sub-select."""
    if index + 1 < len(found) and found[index + 1].keyword == "SELECT":
        return False
    before = found[index - 1] if index else None
    if before is not None and before.keyword in ("CONSTRUCT", "DATA"):
        return False
    if before is not None and before.keyword == "WHERE" and found[index - 2].keyword == "CONSTRUCT":
        return False
    return not _opens_values(found, index)


def _opens_values(found: Sequence[Token], index: int) -> bool:
    """Whether the brace follows VALUES and its variables."""
    place = index - 1
    while place >= 0 and (found[place].kind == "variable" or found[place].text in ("(", ")")):
        place -= 1
    return place >= 0 and found[place].keyword == "VALUES"
