"""A write made in the name of a token, logged and answered."""

from __future__ import annotations

import logging
from dataclasses import replace

from flask import Response

from graphsvc.store import Receipt, Write
from graphsvc.tokens import Token
from graphsvc.web.limits import limits
from graphsvc.web.parameters import Parameters
from graphsvc.web.service import service

_LOG = logging.getLogger("graphsvc.writes")


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
