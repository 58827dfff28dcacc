"""Request parameters, decoded once and strictly: what is not UTF-8, or stands twice, is an error.

https://www.w3.org/TR/sparql11-protocol/#query-operation
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl

from flask import request

from graphsvc.errors import BadRequest, IncompleteBody, TooLarge, UnsupportedMediaType

FORM = "application/x-www-form-urlencoded"
MAX_FIELDS = 1_000
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class Parameters:
    """Names and values in the order in which they came."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self.pairs = tuple(pairs)

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a parameter."""
        return tuple(value for key, value in self.pairs if key == name)

    def one(self, name: str) -> str | None:
        """The value of a parameter that may stand once. Raises BadRequest where it stands more often."""
        values = self.all(name)
        if len(values) > 1:
            raise BadRequest(
                f"The parameter {name!r} may be given once; here it is given {len(values)} times."
            )
        return values[0] if values else None

    def names(self) -> frozenset[str]:
        """The names of the parameters that are given."""
        return frozenset(name for name, _ in self.pairs)

    def __bool__(self) -> bool:
        return bool(self.pairs)


def from_url() -> Parameters:
    """The parameters of the request's query string.

    Raises BadRequest where they are not percent-encoded UTF-8, or are too many.
    """
    return _parse(request.query_string)


def from_form(max_bytes: int) -> Parameters:
    """The parameters of the URL and of the form in the body. Raises as `read_body` and `from_url` do."""
    return Parameters(from_url().pairs + _parse(read_body(max_bytes)).pairs)


def _parse(raw: bytes) -> Parameters:
    if _BROKEN_ESCAPE.search(raw):
        raise BadRequest("The parameters have a % that two hexadecimal digits do not follow.")
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except UnicodeDecodeError:
        raise BadRequest("The parameters are not percent-encoded UTF-8.") from None
    except ValueError:
        raise BadRequest(f"There are more than {MAX_FIELDS:,} parameters.") from None
    return Parameters(pairs)


def decoded(body: bytes, what: str) -> str:
    """A body as text. Raises BadRequest where it is not UTF-8; `what` is what it should be."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(f"The {what} is not UTF-8: byte {error.start + 1} fits no character.") from None


def read_body(max_bytes: int) -> bytes:
    """The whole body of the request.

    Raises TooLarge past `max_bytes`, IncompleteBody where fewer bytes came than Content-Length said, and
    UnsupportedMediaType for a Content-Encoding.
    """
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise UnsupportedMediaType(f"The body is encoded as {encoding!r}; send it as it is.", ["identity"])
    announced = request.content_length
    if announced is not None and announced > max_bytes:
        raise TooLarge(f"The body is {announced:,} bytes long; the limit is {max_bytes:,}.")
    parts = []
    left = max_bytes + 1
    while left > 0 and (part := request.stream.read(min(left, 1 << 16))):
        parts.append(part)
        left -= len(part)
    if left <= 0:
        raise TooLarge(f"The body is longer than the limit of {max_bytes:,} bytes.")
    body = b"".join(parts)
    if announced is not None and len(body) < announced:
        raise IncompleteBody(f"The body ended after {len(body):,} of {announced:,} bytes.")
    return body


def content_type() -> str:
    """The media type of the body, lower case, '' where none is named.

    Raises UnsupportedMediaType for a charset other than UTF-8.
    """
    charset = request.mimetype_params.get("charset", "utf-8").strip("\"' ").lower()
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedMediaType(f"The body is in {charset}; send it in UTF-8.", ["charset=utf-8"])
    return request.mimetype
