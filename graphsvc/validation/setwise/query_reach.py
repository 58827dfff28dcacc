"""What of the data a query of a shape may read, seen from `$this`.

https://www.w3.org/TR/shacl/#sparql-constraints-prebound
"""

from __future__ import annotations

from graphsvc.sparql.lexer import Token
from graphsvc.validation.setwise.sparql_query import Query

_GROUPS = frozenset({"OPTIONAL", "UNION", "MINUS"})
_EXPRESSIONS = frozenset({"FILTER", "BIND"})
_OBJECTS = frozenset({"variable", "iri", "name", "blank", "string", "number", "word"})


def hops(query: Query) -> int | None:
    """How many triples away from `$this` the subjects of what the query reads may be, all of its predicates named.

    None where it cannot be told, or where a pattern has another subject than `$this`: in doubt, None.
    """
    if any(token.keyword in ("FROM", "HAVING", "ORDER") for token in query.body):
        return None
    scan = _Scan()
    return scan.hops if all(scan.takes(token) for token in query.body) else None


class _Scan:
    """The tokens of a query one after another, with what may come next."""

    def __init__(self) -> None:
        self.hops = 0
        self._expect = "head"
        # How many parentheses are open in an expression or a path; and whether a path may end here.
        self._depth = 0
        self._ended = False
        self._around: list[tuple[str, int]] = []
        self._previous = ""

    def takes(self, token: Token) -> bool:
        """Go on with a token; false where it is beyond what is understood here."""
        known = self._brace(token) if token.text in ("{", "}") else getattr(self, f"_{self._expect}")(token)
        self._previous = token.text
        return bool(known)

    def _brace(self, token: Token) -> bool:
        if token.text == "}":
            if not self._around:
                return False
            expect, self._depth = self._around.pop()
            inside = expect == "expression" and self._depth
            self._expect = "end" if expect == "head" else "expression" if inside else "subject"
            return True
        if self._expect not in ("head", "subject", "after", "expression"):
            return False
        self._around.append((self._expect, self._depth))
        self._expect, self._depth = "subject", 0
        return True

    def _head(self, token: Token) -> bool:
        return token.keyword != "EXISTS"

    def _end(self, token: Token) -> bool:  # noqa: ARG002
        """Solution modifiers read no more of the data."""
        return True

    def _subject(self, token: Token) -> bool:
        if token.keyword in _EXPRESSIONS:
            self._expect, self._depth = "expression", 0
        elif token.kind == "variable":
            self._expect, self._ended = "verb", False
            return token.text[1:] == "this"
        return token.text == "." or token.keyword in _GROUPS | _EXPRESSIONS

    def _expression(self, token: Token) -> bool:
        if token.text in ("(", ")"):
            self._depth += 1 if token.text == "(" else -1
            if self._depth == 0:
                self._expect = "subject"
        return True

    def _verb(self, token: Token) -> bool:
        whole = self._ended and self._depth == 0
        if whole and token.kind in _OBJECTS:
            self._expect = "after"
        elif token.text in ("/", "|") and self._ended:
            self.hops += token.text == "/"
            self._ended = False
        elif token.text == "(" and not self._ended:
            self._depth += 1
        elif token.text == ")" and self._ended and self._depth:
            self._depth -= 1
        elif not self._ended and (token.kind in ("iri", "name") or token.text == "a"):
            self._ended = True
        elif self._previous == ";" and token.text in (".", ";"):
            self._expect = "subject" if token.text == "." else "verb"
        else:
            return False
        return True

    def _object(self, token: Token) -> bool:
        self._expect = "after"
        return token.kind in _OBJECTS

    def _after(self, token: Token) -> bool:
        if token.text in (",", ";", "."):
            self._expect = {",": "object", ";": "verb", ".": "subject"}[token.text]
            self._ended = False
        elif token.keyword in _GROUPS | _EXPRESSIONS:
            return self._subject(token) and self._begins(token)
        else:
            return token.kind == "language" or "^^" in (token.text, self._previous)
        return True

    def _begins(self, token: Token) -> bool:
        if token.keyword in _GROUPS:
            self._expect = "subject"
        return True
