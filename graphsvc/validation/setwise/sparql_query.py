"""The queries of shapes on the store: pre-bound variables, and what of a query can be asked for all nodes at once.

https://www.w3.org/TR/shacl/#sparql-constraints-prebound
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cached_property

from graphsvc.sparql.lexer import Token, tokens

_TERMS = frozenset({"variable", "iri", "name", "blank", "string", "number"})
# Begins the names of variables that stand in a SELECT for what is bound beforehand.
NOTHING = "graphsvc_bound_"
_PATH_SIGNS = frozenset("/|^*+?")


class NotComputed(Exception):
    """This shape is one for pyshacl; the message says why."""


@dataclass(frozen=True)
class Query:
    """A query of a shape: `text` with its prefixes declared, `path` what `$PATH` stands for."""

    text: str
    path: str | None = None

    @cached_property
    def found(self) -> list[Token]:
        """The tokens, from the first word of the query form."""
        everything = list(tokens(self.text))
        begin = next(
            (place for place, token in enumerate(everything) if token.keyword in ("SELECT", "ASK")), 0
        )
        return everything[begin:]

    def mentions(self, variable: str) -> bool:
        """Whether the variable stands in the query."""
        return any(token.kind == "variable" and token.text[1:] == variable for token in self.found)

    @cached_property
    def runnable(self) -> str:
        """The text with the path in place of `$PATH`. Raises NotComputed where there is none."""
        places = [each for each in self.found if each.kind == "variable" and each.text[1:] == "PATH"]
        if places and self.path is None:
            raise NotComputed("$PATH in a node shape")
        parts, last = [], 0
        for token in places:
            parts += [self.text[last : token.start], f" {self.path} "]
            last = token.start + len(token.text)
        return "".join((*parts, self.text[last:]))

    @cached_property
    def _template(self) -> list[str | tuple[str, str]]:
        """The runnable text in pieces: text, or a variable with the way in which it stands there."""
        pieces: list[str | tuple[str, str]] = []
        last, depth, clause = 0, 0, ""
        everything = self.body
        for place, token in enumerate(everything):
            if token.keyword in ("SELECT", "GROUP", "ORDER"):
                clause, depth = token.keyword, 0
            elif token.text in ("{", "}") or token.keyword in ("WHERE", "HAVING", "LIMIT", "OFFSET"):
                clause, depth = "", 0
            elif token.text in ("(", ")"):
                depth += 1 if token.text == "(" else -1
            if token.kind != "variable":
                continue
            begin, end, way = token.start, token.start + len(token.text), clause if depth == 0 else ""
            if place > 1 and everything[place - 2].keyword == "BOUND":
                begin, end, way = everything[place - 2].start, everything[place + 1].start + 1, "BOUND"
            pieces += [self.runnable[last:begin], (token.text[1:], way)]
            last = end
        return [*pieces, self.runnable[last:]]

    @cached_property
    def body(self) -> list[Token]:
        """The tokens of the runnable text, from the first word of the query form."""
        start = self.found[0].start
        return [token for token in tokens(self.runnable) if token.start >= start]

    def binding(self, values: Mapping[str, str]) -> str:
        """The runnable text with terms in place of variables: SPARQL text by the name of the variable.

        A variable that was selected is not, any more.
        """
        parts = []
        for place, piece in enumerate(self._template):
            if isinstance(piece, str):
                parts.append(piece)
                continue
            name, way = piece
            known = name in values
            if way == "BOUND":
                parts.append(" (true) " if known else f"BOUND(?{name})")
            elif not known:
                parts.append(f"?{name}")
            elif way == "SELECT":
                parts.append(f"(1 AS ?{NOTHING}{place})")
            else:
                parts.append(f" ({values[name]}) " if way else f" {values[name]} ")
        return "".join(parts)

    @cached_property
    def selects_this(self) -> bool:
        """Whether `$this` is among what is selected."""
        [first, *_] = self._select_clauses() or [[]]
        return any(token.text in ("$this", "?this", "*") for token in first)

    def check(self) -> None:
        """Raises NotComputed where the store would give pre-bound variables another meaning."""
        previous = ""
        for token in self.found:
            if previous == "GRAPH" and token.text not in ("$shapesGraph", "?shapesGraph"):
                raise NotComputed("a query with GRAPH")
            previous = token.keyword
        for clause in self._select_clauses()[1:]:
            names = {token.text[1:] for token in clause if token.kind == "variable"}
            if "this" not in names or any(token.text == "*" for token in clause):
                raise NotComputed("a sub-query that does not select $this")

    def _select_clauses(self) -> list[list[Token]]:
        """What is selected by each SELECT."""
        clauses: list[list[Token]] = []
        inside = False
        for token in self.found:
            if token.keyword == "SELECT":
                clauses.append([])
                inside = True
            elif token.text == "{" or token.keyword == "WHERE":
                inside = False
            elif inside:
                clauses[-1].append(token)
        return clauses

    def within(self, pattern: str, values: Mapping[str, str]) -> str:
        """A query for the `?this` that the pattern and this query have both."""
        text = self.binding(values)
        start = self.found[0].start
        return f"{text[:start]} SELECT DISTINCT ?this {{ {pattern} {{ {text[start:]} }} }}"

    @cached_property
    def _words(self) -> Set[str]:
        return {token.keyword for token in self.found}

    @cached_property
    def counts(self) -> bool:
        """Whether it makes a difference how often a solution is found."""
        return bool(self._words & {"COUNT", "SUM", "AVG", "GROUP_CONCAT", "LIMIT", "OFFSET"})

    @cached_property
    def is_setwise(self) -> bool:
        """Whether every focus node with a solution is among the solutions without a pre-bound `$this`.

        So it is where `$this` stands in a triple pattern of the outermost group, and of each group inside that
        mentions it at all, and nothing counts, cuts off or selects anew.
        """
        if self.counts or self._words & {"GROUP", "HAVING", "MIN", "MAX", "SAMPLE"}:
            return False
        clauses = self._select_clauses()
        if len(clauses) != 1 or not any(token.text[1:] == "this" for token in clauses[0]):
            return False
        groups = list(self._groups())
        return bool(groups) and groups[-1] == (True, True) and all(ok for _, ok in groups)

    def _groups(self) -> Iterator[tuple[bool, bool]]:
        """For each group, inner ones first: whether a triple pattern has `$this`, and whether that will do."""
        stack: list[dict[str, bool]] = []
        depth = 0
        previous = ""
        for token in self.found:
            if token.text == "{":
                stack.append({"triple": False, "other": False, "exists": previous == "EXISTS"})
                depth = 0
            elif token.text == "}" and stack:
                group = stack.pop()
                yield group["triple"], group["triple"] or not group["other"] or group["exists"]
                depth = 0
            elif token.text in "()":
                depth += 1 if token.text == "(" else -1
            elif token.kind == "variable" and token.text[1:] == "this" and stack:
                stack[-1]["other" if depth > 0 else "triple"] = True
            previous = token.keyword

    def check_reads(self, respelt: Set[str]) -> None:
        """Raises NotComputed where the query may read values of these predicates, which others stand in for."""
        if respelt and (not self.names_predicates() or not respelt.isdisjoint(self.iris())):
            raise NotComputed("a query that may read literals which the store respells")

    def iris(self) -> Set[str]:
        """The IRIs that the query names."""
        named = namespaces(self.text)
        found = set()
        for token in tokens(self.runnable):
            if token.kind == "iri":
                found.add(token.text[1:-1])
            elif token.kind == "name":
                prefix, _, local = token.text.partition(":")
                found.add(named.get(prefix, "") + local.replace("\\", ""))
        return found

    def names_predicates(self) -> bool:
        """Whether no variable or negation stands where a predicate does; in doubt, not.

        A predicate is the second term of three, or the first after `;` or `[`, whose subject is understood. What
        is in parentheses is one term where another stands before it.
        """
        terms, inside_select = 0, False
        around: list[int] = []
        for token in self.found:
            if token.keyword == "SELECT":
                inside_select = True
            elif token.text == "{" or token.keyword == "WHERE":
                inside_select, terms = False, 0
            elif inside_select or token.text in _PATH_SIGNS:
                continue
            elif token.text == "(":
                around.append(terms)
                terms = 0
            elif token.text == ")":
                before = around.pop() if around else 0
                terms = before + 1 if before else 0
            elif token.text == "!" and (terms or (around and around[-1])):
                return False
            elif token.kind in _TERMS or token.text == "a":
                if token.kind == "variable" and terms == 1:
                    return False
                terms += 1
            else:
                terms = 1 if token.text in (";", "[") else 0
        return True


def namespaces(text: str) -> dict[str, str]:
    """The prefixes that the text declares."""
    found: dict[str, str] = {}
    before: list[Token] = []
    for token in tokens(text):
        if token.kind == "iri" and len(before) > 1 and before[-2].keyword == "PREFIX":
            found[before[-1].text.rstrip(":")] = token.text[1:-1]
        before.append(token)
    return found
