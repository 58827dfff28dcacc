"""Whether the service lives, and whether it is ready to answer."""

from __future__ import annotations

from flask import Blueprint, Response

from graphsvc.formats import RESULTS_JSON
from graphsvc.sparql import read
from graphsvc.store import Limits
from graphsvc.web.service import service

blueprint = Blueprint("health", __name__)


@blueprint.get("/health/live")
def live() -> Response:
    """200 as long as the process answers at all."""
    return _plain("live\n")


@blueprint.get("/health/ready")
def ready() -> Response:
    """200 once the store answers a query; the error's status until then."""
    service().store.query(read("ASK {}"), RESULTS_JSON, Limits(timeout=2)).read()
    return _plain("ready\n")


def _plain(body: str) -> Response:
    return Response(body, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})
