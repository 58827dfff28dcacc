"""Messages with the values of a solution in them. https://www.w3.org/TR/shacl/#sparql-constraints-messages"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PLACEHOLDER = re.compile(r"\{[?$](\w+)\}")


def fill(message: str, values: Mapping[str, Any]) -> str:
    """The message with the values put in for `{?name}` and `{$name}`, once and as they are.

    pyshacl takes a value for the replacement pattern of a regular expression, and fails on a backslash.
    """
    return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), message)
