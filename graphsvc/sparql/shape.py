"""The shape of a query: its text but for the things that it is about.

Two texts of one shape have the same tokens, save what is written in an IRI, a string or a comment, so the gate
makes the same of both, and they take about the same time. IRIs that a prefix stands for belong to the shape, since
names with that prefix do.
"""

from __future__ import annotations

import re

from graphsvc.sparql.lexer import COMMENT, IRI, STRING

_VARYING = re.compile(
    rf"((?i:PREFIX)\s+[\w.-]*:\s*{IRI}|(?i:BASE)\s+{IRI}|{IRI}(?=\s*\())|{IRI}|{STRING}|{COMMENT}", re.DOTALL
)


def shape(text: str) -> str:
    """The shape of a query's text; a function called by its IRI belongs to it.

    A text in which other tokens may hold what looks like a comment, a string or an IRI has a shape of its own.
    """
    if "\\" in text or "<<" in text or "\0" in text:
        return text
    return _VARYING.sub(_kept, text)


def _kept(found: re.Match[str]) -> str:
    return found[1] or "\0"
