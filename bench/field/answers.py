"""Whether two engines say the same: answers in a form in which they can be compared."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pyoxigraph as ox

JSON, GRAPHS = "application/sparql-results+json", "application/n-triples"
_XSD = "http://www.w3.org/2001/XMLSchema#"


def accept_of(text: str) -> str:
    """What a query's answer is asked for as."""
    return GRAPHS if any(line.startswith(("CONSTRUCT", "DESCRIBE")) for line in text.splitlines()) else JSON


def read(text: str, body: bytes) -> Any:
    """An answer to a query, to be compared with `==`. Raises ValueError, KeyError, SyntaxError.

    Rows in their order where the query gives one, the number of rows where it takes any of them, else the rows.
    """
    if accept_of(text) == GRAPHS:
        return frozenset(ox.parse(body, ox.RdfFormat.N_TRIPLES))
    rows = [
        tuple(sorted((name, _term(term)) for name, term in row.items()))
        for row in json.loads(body)["results"]["bindings"]
    ]
    if "ORDER BY" in text:
        return rows
    return len(rows) if "LIMIT" in text else Counter(rows)


def _term(term: dict[str, str]) -> tuple[str, ...]:
    """A term in one spelling: two engines may write the same number or string differently in JSON."""
    kind = "literal" if term["type"] == "typed-literal" else term["type"]
    datatype = term.get("datatype", "")
    datatype = "" if datatype == f"{_XSD}string" else datatype
    return kind, term["value"], datatype, term.get("xml:lang", "").lower()


def difference(expected: Any, found: Any) -> str:
    """How an answer differs from the one that is right, in a few words."""
    if isinstance(expected, int):
        return f"{found} rows for {expected}"
    if isinstance(expected, list):
        if len(expected) != len(found):
            return f"{len(found)} rows for {len(expected)}"
        pairs = enumerate(zip(expected, found, strict=True), 1)
        return f"row {next(number for number, (one, other) in pairs if one != other)} is another"
    if isinstance(expected, Counter):
        missing, more = (expected - found).total(), (found - expected).total()
    else:
        missing, more = len(expected - found), len(found - expected)
    return f"{missing} missing, {more} too many"
