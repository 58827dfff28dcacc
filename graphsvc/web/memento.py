"""Versions in time: a document as it was, by the Memento framework. https://www.rfc-editor.org/rfc/rfc7089

The service holds one version of the data, issued on the day that the setting `issued` names. So each document has
one memento, `/versions/VERSION/…`, which its TimeGate `/timegate/…` leads to whatever time is asked for, and which
its TimeMap `/timemap/…` lists. Without the setting there is none of this.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from email.utils import format_datetime, parsedate_to_datetime

from flask import Blueprint, Response, current_app, request

from graphsvc.errors import BadRequest, NotFound
from graphsvc.web.addresses import encoded
from graphsvc.web.service import absolute_url, local_path, service

LINK_FORMAT = "application/link-format"
blueprint = Blueprint("memento", __name__)


def issued() -> str | None:
    """When the version that is served was issued, as an HTTP date; None where the project does not say."""
    day = service().settings.issued
    return (
        format_datetime(datetime.combine(date.fromisoformat(day), time(), UTC), usegmt=True) if day else None
    )


def links_of(path: str) -> list[tuple[str, str, str]]:
    """Target, relation and parameters of the links from a document to its versions; none without a date."""
    when = issued()
    if when is None:
        return []
    return [
        (local_path(f"/timegate{path}"), "timegate", ""),
        (local_path(f"/timemap{path}"), "timemap", f'; type="{LINK_FORMAT}"'),
        (
            local_path(f"/versions/{service().store.epoch()}{path}"),
            "first last memento",
            f'; datetime="{when}"',
        ),
    ]


@blueprint.get("/timegate/<path:name>")
def timegate(name: str) -> Response:
    """The way to the version nearest to the time in Accept-Datetime."""
    path = _existing(name)
    asked = request.headers.get("Accept-Datetime")
    if asked is not None:
        try:
            parsedate_to_datetime(asked)
        except ValueError:
            raise BadRequest(
                "Accept-Datetime is no date of the form: Tue, 24 Nov 2026 00:00:00 GMT"
            ) from None
    response = Response(status=302)
    del response.headers["Content-Type"]
    response.headers["Location"] = local_path(f"/versions/{service().store.epoch()}{path}")
    response.headers["Vary"] = "Accept-Datetime"
    response.headers["Link"] = f'<{local_path(path)}>; rel="original", {_header(links_of(path)[1:])}'
    return response


@blueprint.get("/timemap/<path:name>")
def timemap(name: str) -> Response:
    """All versions of a document. https://www.rfc-editor.org/rfc/rfc7089#section-5"""
    path = _existing(name)
    lines = [f'<{absolute_url(path)}>; rel="original"']
    for target, relation, parameters in links_of(path):
        relation = "self" if relation == "timemap" else relation
        lines.append(f'<{absolute_url(target.removeprefix(local_path("")))}>; rel="{relation}"{parameters}')
    return Response(",\n".join(lines) + "\n", content_type=LINK_FORMAT, headers={"Cache-Control": "no-cache"})


@blueprint.get("/versions/<version>/<path:name>")
def memento(version: str, name: str) -> Response:
    """A document as it stands in a version of the data."""
    when = issued()
    if when is None or version != service().store.epoch():
        raise NotFound(f"There is no version {version[:40]!r} of the data here.")
    response = _fetched(name)
    path = encoded(f"/{name}")
    if response.status_code in (200, 304):
        response.headers["Memento-Datetime"] = when
        links = f'<{local_path(path)}>; rel="original", {_header(links_of(path))}'
        response.headers["Link"] = links
        response.headers.pop("Content-Location", None)
    return response


def _header(links: list[tuple[str, str, str]]) -> str:
    return ", ".join(f'<{target}>; rel="{relation}"{parameters}' for target, relation, parameters in links)


def _existing(name: str) -> str:
    """The path of a document that is there. Raises NotFound for another, and where there are no versions."""
    path = encoded(f"/{name}")
    if issued() is None or _fetched(name).status_code not in (200, 304):
        raise NotFound(f"There is no document {path[:200]} with versions in time.")
    return path


def _fetched(name: str) -> Response:
    """What the service answers to this request at another path."""
    environ = dict(request.environ)
    for key in ("REQUEST_URI", "RAW_URI", "werkzeug.request", "werkzeug.socket"):
        environ.pop(key, None)
    environ["PATH_INFO"] = f"/{name}".encode().decode("latin-1")
    with current_app.request_context(environ):
        return current_app.full_dispatch_request()
