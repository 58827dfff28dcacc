"""A write made in the name of a token, logged and answered."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

from flask import Response

from graphsvc.store import Receipt, Write
from graphsvc.tokens import Token
from graphsvc.validation.json_report import read_json
from graphsvc.validation.rendering import REPORT_FORMATS, render
from graphsvc.web.limits import limits
from graphsvc.web.parameters import Parameters
from graphsvc.web.preferences import dry_run
from graphsvc.web.representation import choose
from graphsvc.web.service import service

_LOG = logging.getLogger("graphsvc.writes")


def make(write: Write, token: Token, parameters: Parameters) -> Receipt:
    """Make a write in the name of a token, and log it; only try it where the client prefers that.

    Raises NotAcceptable before anything is tried where no report can be had that the client takes.
    """
    trial = dry_run() is not None
    if trial:
        choose(REPORT_FORMATS, None)
    signed = replace(write, author=token.name, allowed=token.graphs, dry_run=trial)
    receipt = service().store.write(signed, limits(parameters))
    if trial:
        return receipt
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
    """The answer to a write: 201 where it made its graph, else 204; the report of a dry run."""
    if receipt.report is not None:
        return _tried(receipt)
    response = Response(status=201 if receipt.created else 204)
    del response.headers["Content-Type"]
    response.headers["Graph-Epoch"] = receipt.epoch
    response.headers["Cache-Control"] = "no-store"
    if receipt.created and location:
        response.headers["Location"] = location
    return response


def _tried(receipt: Receipt) -> Response:
    """https://www.rfc-editor.org/rfc/rfc7240#section-3"""
    chosen = choose(REPORT_FORMATS, None)
    report = read_json(json.dumps(receipt.report).encode())
    response = Response(render(report, chosen, service().settings.prefixes))
    response.headers["Content-Type"] = chosen.content_type
    response.headers["Preference-Applied"] = dry_run() or ""
    response.headers["Vary"] = "Accept, Prefer"
    response.headers["Graph-Epoch"] = receipt.epoch
    response.headers["Cache-Control"] = "no-store"
    return response
