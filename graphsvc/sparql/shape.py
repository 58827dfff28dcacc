"""The shape of a query: its text but for the things that it is about.

Two texts of one shape have the same tokens, save what is written in an IRI, a string or a comment, so the gate
makes the same of both, and they take about the same time. IRIs that a prefix stands for belong to the shape, since
names with that prefix do.
"""

from __future__ import annotations

import re

from graphsvc.sparql.lexer import COMMENT, IRI, STRING

# Where none of these signs stands, nothing has to be tried.
_BEGINS = r"""(?=[PpBb<"'#])"""
_KEPT = rf"((?i:PREFIX)\s+[\w.-]*:\s*{IRI}|(?i:BASE)\s+{IRI}|{IRI}(?=\s*\())"
_VARYING = re.compile(rf"{_BEGINS}(?:{_KEPT}|{IRI}|{STRING}|{COMMENT})", re.DOTALL)


def shape(text: str) -> str:
    """The shape of a query's text; a function called by its IRI belongs to it.

    A text in which other tokens may hold what looks like a comment, a string or an IRI has a shape of its own.
    """
    if "\\" in text or "<<" in text or "\0" in text:
        return text
    # Between two marks stands what is kept of one place, or nothing.
    return "\0".join([part or "" for part in _VARYING.split(text)])
