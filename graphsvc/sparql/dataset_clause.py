"""FROM and FROM NAMED, taken out of a query whose request names the dataset itself.

https://www.w3.org/TR/sparql11-protocol/#dataset
"""

from __future__ import annotations

from graphsvc.sparql.lexer import tokens


def without_dataset(text: str) -> str:
    """The text with spaces in place of each dataset clause, so that all else stands where it stood."""
    found = list(tokens(text))
    kept = list(text)
    for place, token in enumerate(found):
        if token.keyword == "FROM":
            last = place + 1
            last += last < len(found) and found[last].keyword == "NAMED"
            if last < len(found):
                begin, end = token.start, found[last].start + len(found[last].text)
                kept[begin:end] = [sign if sign.isspace() else " " for sign in text[begin:end]]
    return "".join(kept)
