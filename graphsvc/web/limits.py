"""What one request may take: its time, its share, and the size of its answer."""

from __future__ import annotations

from collections.abc import Callable

from flask import request

from graphsvc.errors import BadRequest
from graphsvc.store import Delivery, Limits
from graphsvc.validation import ValidationLimits
from graphsvc.web.clients import client_of
from graphsvc.web.parameters import Parameters
from graphsvc.web.service import service


def limits(parameters: Parameters | None = None) -> Limits:
    """What a query or a write of this request may take. Raises BadRequest for a `timeout` that is none."""
    settings = service().settings
    return Limits(
        _seconds(parameters),
        _gone(),
        client_of(request.remote_addr or ""),
        settings.max_result_rows,
        settings.max_result_bytes,
    )


def delivery(parameters: Parameters) -> Delivery:
    """When the client wants the first rows: at once (`stream=true`), or whole if that can be (`stream=false`).

    Raises BadRequest for a `stream` that is neither.
    """
    asked = parameters.one("stream") or ""
    found = {"": Delivery.FLOWING, "true": Delivery.AT_ONCE, "false": Delivery.WHOLE}.get(asked)
    if found is None:
        raise BadRequest("`stream` is true or false.")
    return found


def validation_limits(parameters: Parameters | None = None) -> ValidationLimits:
    """What a validation of this request may take. Raises as `limits` does."""
    return ValidationLimits(_seconds(parameters), _gone(), client_of(request.remote_addr or ""))


def _seconds(parameters: Parameters | None) -> float:
    """A client may ask for less time than is allowed, never for more."""
    longest = service().settings.query_timeout
    asked = parameters.one("timeout") if parameters else None
    try:
        seconds = float(asked) if asked is not None else longest
    except ValueError:
        seconds = -1
    if not 0 < seconds < float("inf"):
        raise BadRequest("`timeout` is a number of seconds greater than 0.")
    return min(seconds, longest)


def _gone() -> Callable[[], bool]:
    gone: Callable[[], bool] = request.environ.get("waitress.client_disconnected", lambda: False)
    return gone
