"""Whether the service lives, and whether it is ready: never cached, and asked of nobody who may be busy."""

from __future__ import annotations

import json
from typing import Any, Protocol, runtime_checkable

from flask import Blueprint, Response

from graphsvc.errors import StoreError, Unavailable
from graphsvc.formats import RESULTS_JSON
from graphsvc.sparql import read
from graphsvc.store import Limits
from graphsvc.web.service import service

blueprint = Blueprint("health", __name__)
_PATIENCE = 2.0


@runtime_checkable
class Kept(Protocol):
    """A store that somebody keeps, who can be asked how it is without a query."""

    def keeper_state(self, patience: float) -> dict[str, Any]:
        """What the keeper says, within so many seconds. Raises Unavailable, StoreError."""


@blueprint.get("/health/live")
def live() -> Response:
    """200 as long as the process answers at all."""
    return _said({"status": "live"})


@blueprint.get("/health/ready")
def ready() -> Response:
    """200 once the data are loaded and their keeper answers, also while every reader is busy; 503 until then."""
    store = service().store
    try:
        if isinstance(store, Kept):
            return _said({"status": "ready", "epoch": str(store.keeper_state(_PATIENCE)["epoch"])})
        epoch = store.query(read("ASK {}"), RESULTS_JSON, Limits(timeout=_PATIENCE)).epoch
    except StoreError as error:
        raise Unavailable(f"The store is not ready: {error}") from error
    return _said({"status": "ready", "epoch": epoch})


def _said(body: dict[str, str]) -> Response:
    return Response(
        json.dumps(body) + "\n", content_type="application/json", headers={"Cache-Control": "no-store"}
    )
