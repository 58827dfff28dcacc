"""Errors over HTTP: the one table from error to status, and the one body.

The body is problem+json (https://www.rfc-editor.org/rfc/rfc9457#section-3) or, for a browser, a page that
says the same. A write that breaks a guarded graph has its validation report in `report`, or, where Accept prefers
RDF, that report as the body.

A syntax error has `line`, `column`, `offset`, `source_line`, `excerpt` (the line with a
caret) and, where it is known, `hint`.
"""

from __future__ import annotations

import json
import logging
import re
from typing import Any

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException

from graphsvc import errors
from graphsvc.formats import HTML, JSON_LD, N_TRIPLES, RDF_XML, TURTLE, Format, Kind
from graphsvc.negotiation import negotiate
from graphsvc.validation.json_report import read_json
from graphsvc.validation.rendering import render
from graphsvc.web.addresses import encoded
from graphsvc.web.observation import noted
from graphsvc.web.service import absolute_url, service

PROBLEM_JSON = Format(
    "json",
    "application/problem+json",
    ".json",
    "Problem details",
    Kind.PAGE,
    aliases=("application/json", "application/*"),
)
STATUS: dict[type[errors.GraphsvcError], int] = {
    errors.BadRequest: 400,
    errors.Unauthorized: 401,
    errors.RemoteAccessRefused: 403,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.PreconditionFailed: 412,
    errors.NotAcceptable: 406,
    errors.TooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.TooManyRequests: 429,
    errors.ProjectError: 500,
    errors.StoreError: 500,
    errors.NotSupported: 501,
    errors.RemoteFailure: 502,
    errors.Unavailable: 503,
    errors.OutOfMemory: 503,
    errors.OutOfTime: 504,
    errors.ShapesViolated: 422,
    errors.StorageFull: 507,
}
# What a validation report may be had in beside the problem.
_GRAPHS = (TURTLE, JSON_LD, N_TRIPLES, RDF_XML)
_LOG = logging.getLogger("graphsvc")


def register(app: Flask) -> None:
    """Answer every error of this package, of the framework, and every unforeseen one, in the one form."""
    app.register_error_handler(errors.GraphsvcError, _known)
    app.register_error_handler(HTTPException, _framework)
    app.register_error_handler(Exception, _unforeseen)


def status_of(error: errors.GraphsvcError) -> int:
    """The HTTP status of an error: that of its nearest ancestor in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def slug(kind: type[errors.GraphsvcError]) -> str:
    """The error's name as the last part of its problem type: `query-syntax-error`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.__name__).lower()


def _known(error: errors.GraphsvcError) -> Response:
    status = status_of(error)
    noted().failed(error)
    problem: dict[str, Any] = {
        "type": absolute_url(f"/problems#{slug(type(error))}"),
        "title": error.title,
        "status": status,
        "detail": str(error),
    }
    headers = {}
    if isinstance(error, errors.SourceSyntaxError):
        problem["detail"] = error.message
        for name in ("source", "line", "column", "offset", "source_line", "excerpt", "hint"):
            if getattr(error, name) is not None:
                problem[name] = getattr(error, name)
    elif isinstance(error, errors.ValueNotAllowed):
        problem |= {"parameter": error.parameter, "allowed": error.allowed}
    elif isinstance(error, errors.NotAcceptable):
        problem["offers"] = list(error.offers)
    elif isinstance(error, errors.UnsupportedMediaType):
        problem["accepted"] = list(error.accepted)
    elif isinstance(error, errors.ShapesViolated):
        problem["report"] = error.report
    elif isinstance(error, errors.Unavailable | errors.TooManyRequests):
        headers["Retry-After"] = str(error.retry_after)
    elif isinstance(error, errors.ReadOnly) and error.primary:
        target = error.primary + request.full_path.rstrip("?")
        problem["primary"] = error.primary
        headers["Link"] = f'<{encoded(target)}>; rel="edit"'
    elif isinstance(error, errors.Unauthorized | errors.Forbidden):
        headers |= _challenge(error)
    if status == 500:
        _LOG.error("%s (request %s)", error, noted().request_id, exc_info=error)
    return _respond(problem, headers)


def _challenge(error: errors.GraphsvcError) -> dict[str, str]:
    """How to be allowed. https://www.rfc-editor.org/rfc/rfc6750#section-3"""
    if isinstance(error, errors.ReadOnly):
        return {}
    code = error.error if isinstance(error, errors.Unauthorized) else "insufficient_scope"
    shown = f', error="{code}"' if code else ""
    return {"WWW-Authenticate": f'Bearer realm="graphsvc"{shown}'}


def _framework(error: HTTPException) -> Response:
    status = error.code or 500
    headers = {
        name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After", "Location")
    }
    if status < 400:
        return Response(status=status, headers=headers)
    detail = error.description or error.name
    if status == 404:
        detail = f"There is nothing at {request.path}."
    if status == 405:
        detail = f"{request.method} cannot be used here; {headers.get('Allow', 'nothing')} can."
    problem = {"type": "about:blank", "title": error.name, "status": status, "detail": detail}
    return _respond(problem, headers)


def _unforeseen(error: Exception) -> Response:
    _LOG.error("unforeseen error at %s (request %s)", request.path, noted().request_id, exc_info=error)
    problem = {
        "type": "about:blank",
        "title": "Internal error",
        "status": 500,
        "detail": "The service failed on this request. The fault is ours, and it has been logged.",
    }
    return _respond(problem, {})


def _respond(problem: dict[str, Any], headers: dict[str, str]) -> Response:
    # The name under which the log has this request.
    problem["instance"] = f"urn:x-graphsvc:request:{noted().request_id}"
    try:
        offers = (PROBLEM_JSON, HTML, *(_GRAPHS if "report" in problem else ()))
        chosen = negotiate(request.headers.get("Accept"), offers)
    except errors.NotAcceptable:
        chosen = PROBLEM_JSON
    body: str | bytes
    if chosen in _GRAPHS:
        body = render(read_json(json.dumps(problem["report"]).encode()), chosen, service().settings.prefixes)
    elif chosen is HTML:
        body = render_template("problem.html", problem=problem)
    else:
        body = json.dumps(problem, ensure_ascii=False, indent=2) + "\n"
    response = Response(body, status=problem["status"], headers=headers)
    response.headers["Content-Type"] = chosen.content_type
    response.headers["Vary"] = "Accept"
    response.headers["Cache-Control"] = "no-store" if problem["status"] >= 500 else "no-cache"
    return response
