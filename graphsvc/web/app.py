"""The application factory: it only wires.

A request may come with the public URL's path before its own or without it, so that a proxy may strip it or
not. No link depends on the Host header.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, request

from graphsvc.feed import Feed
from graphsvc.project import Project
from graphsvc.search import Indexes, LocalIndexes
from graphsvc.settings import Settings
from graphsvc.store import Store
from graphsvc.stored_queries import Library
from graphsvc.tokens import TokenFile
from graphsvc.validation import LocalValidator, Validator
from graphsvc.validation.stored_job import Stored
from graphsvc.web import (
    conformance,
    dataset,
    feeds,
    graph_store,
    health,
    interoperability_test_bed,
    ldes,
    memento,
    openapi,
    pages,
    problems,
    queries,
    query_help,
    resources,
    search,
    sparql,
    update,
    validation,
)
from graphsvc.web.service import EXTENSION, Service, local_path, service

EXPOSED_HEADERS = (
    "Link, ETag, Location, Content-Location, Content-Disposition, Graph-Epoch, Feed-Number, "
    "Accept-Query, Query-Notice, Preference-Applied"
)
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def create_app(
    settings: Settings,
    store: Store,
    project: Project | None = None,
    validator: Validator | None = None,
    indexes: Indexes | None = None,
    feed: Feed | None = None,
) -> Flask:
    """The WSGI application that publishes `store`.

    `project` gives the stored queries, the shapes and the version; by default it is read from
    `settings.project`. `validator` does what `/validate` is asked for; by default in this process, which
    nothing can stop. `indexes` are those of the search; by default they are made in this process when a search
    needs them. `feed` is that of the store's changes, which a store in this process does not have. The store
    stays the caller's to close.
    """
    app = Flask("graphsvc.web", static_url_path="/static")
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    content = project or Project(settings)
    at_hand = store if isinstance(store, Stored) else None
    app.extensions[EXTENSION] = Service(
        settings,
        content,
        store,
        validator or LocalValidator(at_hand),
        TokenFile(settings.token_file),
        indexes or LocalIndexes(store, f"{settings.base}/"),
        Library(content.root / "queries"),
        feed,
    )
    problems.register(app)
    for room in (
        health,
        sparql,
        query_help,
        update,
        graph_store,
        dataset,
        feeds,
        ldes,
        memento,
        pages,
        openapi,
        conformance,
        queries,
        search,
        validation,
        interoperability_test_bed,
        resources,
    ):
        app.register_blueprint(room.blueprint)
    app.after_request(_headers)
    app.context_processor(lambda: {"local": local_path, "settings": service().settings})
    app.wsgi_app = _without_root_path(app.wsgi_app, settings.root_path)  # type: ignore[method-assign]
    return app


def _headers(response: Response) -> Response:
    """Headers of every answer, errors too."""
    response.headers.setdefault("Access-Control-Allow-Origin", "*")
    response.headers.setdefault("Access-Control-Expose-Headers", EXPOSED_HEADERS)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    if request.method == "OPTIONS" and response.status_code == 200:
        response.status_code = 204
        response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
        response.headers["Access-Control-Allow-Headers"] = (
            "Accept, Accept-Language, Content-Type, If-None-Match"
        )
        response.headers["Access-Control-Max-Age"] = "86400"
    return response


def _without_root_path(
    application: Callable[..., Iterable[bytes]], root_path: str
) -> Callable[..., Iterable[bytes]]:
    """Strip the public URL's path from a request that a proxy passed on with it."""

    def stripped(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if root_path and (path == root_path or path.startswith(root_path + "/")):
            environ = environ | {"PATH_INFO": path[len(root_path) :] or "/", "SCRIPT_NAME": root_path}
        return application(environ, start_response)

    return stripped
