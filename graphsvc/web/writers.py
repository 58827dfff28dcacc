"""Who may write: the token of a request, and a write made, logged and answered.

https://www.rfc-editor.org/rfc/rfc6750#section-2.1
"""

from __future__ import annotations

import logging
from dataclasses import replace

from flask import Response, request

from graphsvc.errors import Forbidden, ReadOnly, Unauthorized
from graphsvc.store import Receipt, Write
from graphsvc.tokens import Token
from graphsvc.web.parameters import Parameters
from graphsvc.web.service import service
from graphsvc.web.sparql import limits

_LOG = logging.getLogger("graphsvc.writes")


def writer() -> Token:
    """The token that allows this request to write; asked before its body is read.

    Raises ReadOnly where there are no tokens at all, Unauthorized without a good one, Forbidden where it is not
    for writing.
    """
    tokens = service().tokens
    if not tokens.tokens():
        raise ReadOnly("This service is read-only: its operator has given nobody a token to write.")
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if not kind:
        raise Unauthorized("Writing needs a token, in a header: Authorization: Bearer TOKEN.")
    token = tokens.check(secret.strip()) if kind.lower() == "bearer" else None
    if token is None:
        raise Unauthorized("The token is not, or no longer, good.", error="invalid_token")
    if not token.may_write:
        raise Forbidden(f"The token {token.name!r} is not for writing.")
    return token


def make(write: Write, token: Token, parameters: Parameters) -> Receipt:
    """Make a write in the name of a token, and log it."""
    signed = replace(write, author=token.name, allowed=token.graphs)
    receipt = service().store.write(signed, limits(parameters))
    _LOG.info(
        "%s by %s: epoch %s, %s added, %s removed, %d bytes",
        write.kind,
        token.name,
        receipt.epoch,
        "?" if receipt.added is None else receipt.added,
        "?" if receipt.removed is None else receipt.removed,
        len(write.content),
    )
    return receipt


def done(receipt: Receipt, *, location: str | None = None) -> Response:
    """The answer to a write: 201 where it made its graph, else 204."""
    response = Response(status=201 if receipt.created else 204)
    del response.headers["Content-Type"]
    response.headers["Graph-Epoch"] = receipt.epoch
    response.headers["Cache-Control"] = "no-store"
    if receipt.created and location:
        response.headers["Location"] = location
    return response
