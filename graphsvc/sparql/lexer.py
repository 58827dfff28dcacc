"""SPARQL text as a flat list of tokens, in time linear in its length and without recursion.

It knows just enough of the terminals (https://www.w3.org/TR/sparql11-query/#sparqlGrammar, 139 to 173) not
to take a word inside an IRI, a string, a comment or a prefixed name for a keyword. It never rejects: what
fits no terminal becomes an `other` token, and the engine's parser says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LONG_1 = r"'''(?:[^'\\]|\\.|'(?!''))*'''"
_LONG_2 = r'"""(?:[^"\\]|\\.|"(?!""))*"""'
_SHORT_1 = r"'(?:[^'\\\n\r]|\\.)*'"
_SHORT_2 = r'"(?:[^"\\\n\r]|\\.)*"'
_START = (
    r"A-Za-z_\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C-\u200D\u2070-\u218F"
    r"\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF"
)
_MORE = _START + r"0-9\u00B7\u0300-\u036F\u203F-\u2040"
_ESCAPE = r"\\[_~.\-!$&'()*+,;=/?#@%]|%[0-9A-Fa-f]{2}"
# The prefix is bounded and possessive: a long run without a colon must not be scanned again from each of its
# characters.
_PREFIX = rf"(?:[{_START}](?:[{_MORE}.-]{{0,99}}+))?+(?<!\.):"
_LOCAL = rf"(?:(?:[{_START}0-9:]|{_ESCAPE})(?:[{_MORE}:-]|{_ESCAPE}|\.(?=[{_MORE}.:\\%-]))*+)?+"

COMMENT = r"#[^\n\r]*"
STRING = rf"(?:{_LONG_1}|{_LONG_2}|{_SHORT_1}|{_SHORT_2})"
IRI = r"<[^\x00-\x20<>\"{}|^`\\]*>"

_TOKEN = re.compile(
    "|".join(
        (
            r"(?P<space>\s+)",
            rf"(?P<comment>{COMMENT})",
            rf"(?P<string>{STRING})",
            rf"(?P<iri>{IRI})",
            rf"(?P<blank>_:[{_START}0-9](?:[{_MORE}-]|\.(?=[{_MORE}.-]))*+)",
            rf"(?P<variable>[?$][{_START}0-9][{_MORE}]*+)",
            r"(?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)",
            rf"(?P<name>{_PREFIX}{_LOCAL})",
            r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)",
            r"(?P<word>[A-Za-z][A-Za-z0-9_]*)",
            r"(?P<punctuation><<\(|\)>>|<<|>>|\{\||\|\}|\^\^|\|\||&&|!=|<=|>=|[{}()\[\].,;=<>+*/|^!?&-])",
            r"(?P<other>.)",
        )
    ),
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One terminal: its kind (a group name of the grammar above), its text, and where it starts."""

    kind: str
    text: str
    start: int

    @property
    def keyword(self) -> str:
        """The word in upper case, or nothing where this is no word."""
        return self.text.upper() if self.kind == "word" else ""


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a SPARQL text in order, white space and comments left out."""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        if kind not in ("space", "comment"):
            yield Token(kind, match.group(), match.start())


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of a character offset."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
