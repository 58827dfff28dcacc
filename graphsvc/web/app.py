"""The application factory: it only wires.

A request may come with the public URL's path before its own or without it, so that a proxy may strip it or
not. No link depends on the Host header.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast

from flask import Flask, Response, current_app, request

from graphsvc.feed import Feed
from graphsvc.figures import Source
from graphsvc.project import Project
from graphsvc.search import Indexes, LocalIndexes
from graphsvc.settings import Settings
from graphsvc.store import Store
from graphsvc.stored_queries import Library
from graphsvc.tokens import TokenFile
from graphsvc.validation import LocalValidator, Validator
from graphsvc.validation.stored_job import Stored
from graphsvc.web import (
    compression,
    conformance,
    counts,
    dataset,
    feeds,
    graph_store,
    health,
    interoperability_test_bed,
    ldes,
    memento,
    ontology_page,
    openapi,
    pages,
    problems,
    quality,
    queries,
    query_help,
    resources,
    search,
    shapes_page,
    sparql,
    update,
    validation,
    vocabulary_pages,
)
from graphsvc.web.caching import OF_THE_BODY, allow, static_file
from graphsvc.web.clients import Buckets, Forwarded, limited
from graphsvc.web.cross_origin import shared_with
from graphsvc.web.given_again import GIVEN_AGAIN, GivenAgain
from graphsvc.web.observation import Application, Observed, Observer, note_routes
from graphsvc.web.request_log import logged
from graphsvc.web.service import EXTENSION, Service, local_path, service

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

# The last of them answers whatever no other does.
_ROOMS = (
    counts,
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
    ontology_page,
    shapes_page,
    vocabulary_pages,
    openapi,
    conformance,
    quality,
    queries,
    search,
    validation,
    interoperability_test_bed,
    resources,
)


def create_app(
    settings: Settings,
    store: Store,
    project: Project | None = None,
    validator: Validator | None = None,
    indexes: Indexes | None = None,
    observers: Sequence[Observer] = (),
    feed: Feed | None = None,
) -> Flask:
    """The WSGI application that publishes `store`.

    `project` gives the stored queries, the shapes and the version; by default it is read from
    `settings.project`. `validator` does what `/validate` is asked for; by default in this process, which
    nothing can stop. `indexes` are those of the search; by default they are made in this process when a search
    needs them. `observers` are told of each request.
    `feed` is that of the store's changes, which a store in this process does not have. The store stays the
    caller's to close.
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
    # Done last: what is registered first is done last after a request.
    compression.register(app)
    for room in _ROOMS:
        app.register_blueprint(room.blueprint)
    app.after_request(shared_with(settings.cors_origins))
    app.after_request(_headers)
    app.after_request(_keep_files)
    note_routes(app)
    app.context_processor(lambda: {"local": local_path, "settings": service().settings})
    app.wsgi_app = _surrounded(app, settings, observers)  # type: ignore[method-assign, assignment]
    return app


def figures_of(app: Flask) -> list[Source]:
    """What the parts of the application count; a part adds its own source when it is registered."""
    return cast(list[Source], app.extensions.setdefault("graphsvc.figures", []))


def settings_tag_of(app: Flask) -> str:
    """What the settings are in the entity tags of an application's answers."""
    return cast(Service, app.extensions[EXTENSION]).settings_tag


def _surrounded(app: Flask, settings: Settings, observers: Sequence[Observer]) -> Application:
    """The application with all that stands before the framework, from the inside out."""
    buckets = Buckets(settings.rate_limit, settings.rate_burst) if settings.rate_limit else None
    if buckets is not None:
        figures_of(app).append(buckets.figures)
    application: Application = limited(app, app.wsgi_app, buckets)
    application = _without_root_path(application, settings.root_path)
    told = [*observers, logged(settings)] if settings.log_format == "json" else list(observers)
    observed = Observed(application, told, traces=bool(settings.tracing))
    proxies = settings.trusted_proxies.split()
    forwarded = Forwarded(observed, proxies) if proxies else None
    app.extensions[GIVEN_AGAIN] = GivenAgain(observed, forwarded, buckets)
    return forwarded or observed


def _headers(response: Response) -> Response:
    """Headers of every answer, errors too."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    if response.status_code == 304:
        for name in OF_THE_BODY:
            response.headers.pop(name, None)
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    if request.method == "OPTIONS" and response.status_code == 200:
        response.status_code = 204
    return response


def _keep_files(response: Response) -> Response:
    """Let the files of pages be kept, whatever is written to the store.

    What is given again counts against the rate of its client, and these files do not.
    """
    if service().settings.rate_limit:
        return response
    if request.endpoint == "static" and (request.method, response.status_code) == ("GET", 200):
        path = Path(str(current_app.static_folder)) / str((request.view_args or {})["filename"])
        tag = str(response.get_etag()[0])
        allow(graphs=(), tag_at=lambda _: tag, files=static_file(path))
    return response


def _without_root_path(application: Application, root_path: str) -> Application:
    """Strip the public URL's path from a request that a proxy passed on with it."""

    def stripped(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if root_path and (path == root_path or path.startswith(root_path + "/")):
            environ = environ | {"PATH_INFO": path[len(root_path) :] or "/", "SCRIPT_NAME": root_path}
        return application(environ, start_response)

    return stripped
