"""The token of a request, and what it allows.

https://www.rfc-editor.org/rfc/rfc6750#section-2.1
"""

from __future__ import annotations

from flask import request

from graphsvc.errors import Forbidden, ReadOnly, Unauthorized
from graphsvc.tokens import Token
from graphsvc.web.service import service


def writer() -> Token:
    """The token that allows this request to write; asked before its body is read.

    Raises ReadOnly on a replica and where there are no tokens at all, Unauthorized without a good one, Forbidden
    where it is not for writing.
    """
    primary = service().settings.follow.rstrip("/")
    if primary:
        raise ReadOnly(f"This is a replica; writes are for the primary at {primary}/.", primary)
    if not service().tokens.tokens():
        raise ReadOnly("This service is read-only: its operator has given nobody a token to write.")
    token = _token("Writing")
    if not token.may_write:
        raise Forbidden(f"The token {token.name!r} is not for writing.")
    return token


def check_historian() -> None:
    """Make sure that the token of this request is for the record of writes. Raises Unauthorized, Forbidden."""
    token = _token("The record of writes")
    if not token.may_read_history:
        raise Forbidden(f"The token {token.name!r} is not for the record of writes; its scope is history.")


def _token(what: str) -> Token:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if not kind:
        raise Unauthorized(f"{what} needs a token, in a header: Authorization: Bearer TOKEN.")
    token = service().tokens.check(secret.strip()) if kind.lower() == "bearer" else None
    if token is None:
        raise Unauthorized("The token is not, or no longer, good.", error="invalid_token")
    return token
