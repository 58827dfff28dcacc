"""Syntax errors that help: the engine's message made short, with the line at fault and how to mend it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from graphsvc.errors import QuerySyntaxError
from graphsvc.sparql.lexer import Token, position, tokens

_ENGINE = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)
_PLAIN = (
    ("Prefix not found", "The prefix {prefix} is not declared."),
    (
        "The SELECT contains a variable that is unbound",
        "SELECT names a variable that the GROUP BY leaves without a value.",
    ),
    ("IRI parsing failed", "This is not a valid IRI."),
)
# What a misspelt word is held against.
_KEYWORDS = frozenset(
    """
    SELECT CONSTRUCT DESCRIBE ASK WHERE FROM NAMED GRAPH OPTIONAL UNION MINUS FILTER BIND VALUES SERVICE
    ORDER BY GROUP HAVING LIMIT OFFSET DISTINCT REDUCED PREFIX BASE EXISTS NOT IN AS ASC DESC UNDEF
    COUNT SUM MIN MAX AVG SAMPLE GROUP_CONCAT SEPARATOR STR LANG LANGMATCHES DATATYPE BOUND IRI URI
    BNODE RAND ABS CEIL FLOOR ROUND CONCAT STRLEN UCASE LCASE ENCODE_FOR_URI CONTAINS STRSTARTS STRENDS
    STRBEFORE STRAFTER YEAR MONTH DAY HOURS MINUTES SECONDS TIMEZONE TZ NOW UUID STRUUID MD5 SHA1 SHA256
    SHA384 SHA512 COALESCE IF STRLANG STRDT SAMETERM ISIRI ISURI ISBLANK ISLITERAL ISNUMERIC REGEX
    SUBSTR REPLACE TRUE FALSE A
    INSERT DELETE DATA WITH USING LOAD CLEAR DROP CREATE ADD MOVE COPY TO INTO SILENT DEFAULT ALL
    """.split()
)


def diagnose(text: str, engine_message: str, prefixes: Mapping[str, str]) -> QuerySyntaxError:
    """The engine's syntax error as one that a person can act on.

    Line and column count from 1. A prefix of the project's table that is used and not declared is named with
    the line to add; a misspelt keyword with the nearest one.
    """
    found = _ENGINE.search(engine_message)
    if found is None:
        return QuerySyntaxError(engine_message.strip(), source="query")
    offset = _culprit(text, int(found[1]), int(found[2]))
    line, column = position(text, offset)
    missing = _undeclared(text)
    message = next((m for sign, m in _PLAIN if sign in found[3]), None)
    if message is None or "{prefix}" in message:
        message = (
            f"The prefix {missing} is not declared."
            if missing and message
            else _unexpected(text, line, column)
        )
    return QuerySyntaxError(
        message,
        source="query",
        line=line,
        column=column,
        offset=offset,
        source_line=(text.split("\n") + [""] * line)[line - 1].rstrip("\r"),
        hint=_hint(text, line, column, missing, prefixes),
    )


def _culprit(text: str, line: int, column: int) -> int:
    """The offset of the token at fault.

    The engine reports how far any of its attempts came, which lies behind the fault: at the end of a token, or
    as far as a keyword that it tried is long. So a word shortly before that is no keyword is at fault; else the
    text ends too early, if a bracket is open there; else the token that the engine's position ends.
    """
    reported = sum(len(one) + 1 for one in text.split("\n")[: line - 1]) + column - 1
    before = [token for token in tokens(text) if token.start < max(reported, 1)]
    for token in before[-4:]:
        if token.kind == "word" and token.keyword not in _KEYWORDS:
            return token.start
    if reported >= len(text.rstrip()) and _open_brackets(text):
        return len(text.rstrip())
    prefix = _undeclared_at(text)
    if prefix is not None and before and prefix.start <= before[-1].start:
        return prefix.start
    return before[-1].start if before else reported


def _open_brackets(text: str) -> int:
    found = [token.text for token in tokens(text)]
    return sum(text in ("{", "(", "[") for text in found) - sum(text in ("}", ")", "]") for text in found)


def _unexpected(text: str, line: int, column: int) -> str:
    rest = "\n".join(text.split("\n")[line - 1 :])[column - 1 :]
    following = next(tokens(rest), None)
    if following is None:
        return "The query ends here, and something is missing: a bracket that is not closed, or a term."
    return f"{following.text[:60]!r} cannot stand here."


def _undeclared(text: str) -> str | None:
    """The first prefix that is used without a PREFIX line, with its colon."""
    token = _undeclared_at(text)
    return None if token is None else token.text.partition(":")[0] + ":"


def _undeclared_at(text: str) -> Token | None:
    """The first prefixed name whose prefix has no PREFIX line."""
    declared: set[str] = set()
    previous = ""
    for token in tokens(text):
        if token.kind == "name":
            prefix = token.text.partition(":")[0] + ":"
            if previous == "PREFIX":
                declared.add(prefix)
            elif prefix not in declared:
                return token
        previous = token.keyword
    return None


def _hint(text: str, line: int, column: int, missing: str | None, prefixes: Mapping[str, str]) -> str | None:
    if missing is not None:
        name = missing[:-1]
        if name in prefixes:
            return f"Add this line at the top: PREFIX {missing} <{prefixes[name]}>"
        near = difflib.get_close_matches(name, list(prefixes), n=1)
        if near:
            return f"Did you mean {near[0]}: ? PREFIX {near[0]}: <{prefixes[near[0]]}>"
    return _keyword_hint(text, line, column)


def _keyword_hint(text: str, line: int, column: int) -> str | None:
    """The nearest keyword for a misspelt word at or before the place of the error."""
    offset = sum(len(one) + 1 for one in text.split("\n")[: line - 1]) + column - 1
    words = [token for token in tokens(text) if token.kind == "word" and token.start <= offset]
    for word in reversed(words[-3:]):
        if word.keyword not in _KEYWORDS:
            near = difflib.get_close_matches(word.keyword, sorted(_KEYWORDS), n=1, cutoff=0.7)
            if near:
                return f"Did you mean {near[0]} instead of {word.text}?"
    return None
