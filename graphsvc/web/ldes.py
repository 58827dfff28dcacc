"""The changes as a Linked Data Event Stream at `/ldes`, in every RDF format.

https://w3id.org/ldes/specification, https://w3id.org/tree/specification. A member is the state of a subject since
a change, in all graphs together, or an `as:Delete` where nothing is left of it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote

from flask import Blueprint, Response, current_app, redirect, request

from graphsvc.feed.members import STREAM_PREFIXES, Place, described, members
from graphsvc.feed.stream import Stream, Version
from graphsvc.formats import GRAPH_FORMATS
from graphsvc.rdf import write_document
from graphsvc.store.pooled import PooledStore
from graphsvc.web.feeds import feed
from graphsvc.web.parameters import from_url
from graphsvc.web.representation import choose, entity_tag, named_format, not_modified, respond, whole
from graphsvc.web.service import service

FOR_EVER = "public, max-age=31536000, immutable"
_EXTENSION = "graphsvc.ldes"
blueprint = Blueprint("ldes", __name__)


@blueprint.before_request
def to_the_primary() -> Response | None:
    """Pages are named after the history that one node has, so a replica has none of its own."""
    primary = service().settings.follow.rstrip("/")
    if not primary:
        return None
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    return redirect(primary + quote(request.path) + query, 307)  # type: ignore[return-value]


@blueprint.get("/ldes")
def root() -> Response:
    """The event stream, and where its pages are."""
    base, buckets, pages = _stream().pages()
    quads = described(_place(), base, buckets, pages)
    return _answer(quads, "no-cache", base, *(page.epoch + page.last for page in pages))


@blueprint.get("/ldes/state/<epoch>/<int:bucket>")
def state(epoch: str, bucket: int) -> Response:
    """A part of the state that the stream begins with."""
    return _members(_stream().base(epoch, bucket), f"/ldes/state/{epoch}/{bucket}", FOR_EVER)


@blueprint.get("/ldes/changes/<epoch>")
def changes(epoch: str) -> Response:
    """A page of changes: the last one is called `latest`, a full one after the state that it ends with."""
    if epoch == "latest":
        return _members(_stream().changes(""), "/ldes/changes/latest", "no-cache")
    return _members(_stream().changes(epoch), f"/ldes/changes/{epoch}", FOR_EVER)


@blueprint.get("/ldes/versions/<epoch>")
def versions(epoch: str) -> Response:
    """What one change made of the subjects that it touched: the document in which members are named."""
    return _members(_stream().version(epoch), f"/ldes/versions/{epoch}", FOR_EVER)


def _stream() -> Stream:
    """The stream of this service. Raises NotFound where it offers no feed."""
    log = feed()
    if _EXTENSION not in current_app.extensions:
        store = cast(PooledStore, service().store)
        files = service().project.files

        def since() -> str:
            newest = max(file.path.stat().st_mtime for file in files)
            return datetime.fromtimestamp(newest, UTC).isoformat(timespec="milliseconds")

        current_app.extensions.setdefault(_EXTENSION, Stream(log, store.snapshot, since))
    return cast(Stream, current_app.extensions[_EXTENSION])


def _place() -> Place:
    settings = service().settings
    return Place(settings.root_url, settings.base)


def _members(found: list[Version], path: str, cache: str) -> Response:
    return _answer(members(_place(), found, path), cache, path, found[-1].epoch if found else "")


def _answer(quads: list[Any], cache: str, *parts: str) -> Response:
    settings = service().settings
    chosen = choose(GRAPH_FORMATS, named_format(from_url()))
    tag = entity_tag(settings.published, chosen.media_type, *parts)
    if not_modified(tag):
        return respond(None, chosen, tag=tag, cache=cache)
    body = write_document(quads, chosen, dict(settings.prefixes) | STREAM_PREFIXES)
    return respond(whole(body, service().store.epoch()), chosen, tag=tag, cache=cache)
