"""The SPARQL 1.1 Graph Store HTTP Protocol at `/graph-store`.

https://www.w3.org/TR/sparql11-http-rdf-update/. A graph is named by `?graph=IRI`, by `?default`, or, under this
service's own names, by its own address (`/graph/…`) in requests that write.

An entity tag begins with the epoch in which the graph last changed, so If-Match is compared with what the store
holds at the very moment of the write: two editors cannot overwrite one another.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from flask import Blueprint, Response, redirect, request
from werkzeug.datastructures import ETags

from graphsvc.errors import BadRequest, UnsupportedMediaType
from graphsvc.formats import DATA_FORMATS, GRAPH_FORMATS, by_name
from graphsvc.rdf import Iri
from graphsvc.sparql import read_update
from graphsvc.store import Delivery, Write
from graphsvc.web.addresses import encoded, request_path
from graphsvc.web.caching import allow
from graphsvc.web.limits import limits
from graphsvc.web.parameters import FORM, Parameters, content_type, decoded, from_url, read_body
from graphsvc.web.representation import choose, entity_tag, named_format, not_modified, respond
from graphsvc.web.service import local_path, service
from graphsvc.web.token import check_historian, writer
from graphsvc.web.update import DIRECT
from graphsvc.web.uploads import read_upload
from graphsvc.web.writers import done, make

_ROLES = ("data", "file")
blueprint = Blueprint("graph_store", __name__)


@blueprint.get("/graph-store")
def read() -> Response:
    """One graph; without a name, where the whole dataset is."""
    parameters = from_url()
    if not parameters.all("graph") and not parameters.all("default"):
        return redirect(local_path("/dataset"), 303)  # type: ignore[return-value]
    name = _named(parameters)
    chosen = choose(GRAPH_FORMATS, named_format(parameters))
    if name.startswith(service().settings.system_graphs):
        check_historian()
        return respond(service().store.graph(name, chosen, limits(parameters)), chosen, cache="no-store")
    form = entity_tag(chosen.media_type, repr(service().settings.prefixes))[:8]
    # Of a stream only its end would tell. The tag of a state that is over does no harm.
    store = service().store
    before = store.graph_epoch(name, limits(parameters)) or store.epoch()
    if not_modified(f"{before}-{form}"):
        return respond(None, chosen, tag=f"{before}-{form}")
    bounds = replace(limits(parameters), delivery=Delivery.FLOWING)
    answer = store.graph(name, chosen, bounds)
    tag = f"{answer.graph_epoch or before}-{form}"
    allow(graphs=(name,), tag_at=lambda _: tag)
    return respond(answer, chosen, tag=tag)


@blueprint.route("/graph-store", methods=["PUT", "POST", "DELETE", "PATCH"])
def change() -> Response:
    """Replace, add to, delete or patch a graph; POST without a name makes a new one."""
    token = writer()
    parameters = from_url()
    fresh = request.method == "POST" and not parameters.all("graph") and not parameters.all("default")
    name = f"{service().settings.base}/graph/{uuid4()}" if fresh else _named(parameters)
    write = _write(name, parameters)
    return done(make(write, token, parameters), location=encoded(name))


@blueprint.route("/graph/<path:name>", methods=["PUT", "POST", "DELETE", "PATCH"])
def change_directly(name: str) -> Response:  # noqa: ARG001 (the path is read as it was sent)
    """The same for a graph that is named by its own address.

    https://www.w3.org/TR/sparql11-http-rdf-update/#direct-graph-identification
    """
    token = writer()
    graph = Iri(service().settings.base + request_path()).value
    write = _write(graph, from_url())
    return done(make(write, token, from_url()), location=encoded(graph))


def _named(parameters: Parameters) -> str:
    """The graph that the request names, the default graph as the empty string."""
    name, default = parameters.one("graph"), parameters.one("default")
    if name is not None and default is not None:
        raise BadRequest("`graph` and `default` are both given; one graph at a time.")
    if default is not None:
        return ""
    if name is None:
        raise BadRequest("Which graph? Give `?graph=IRI` or `?default`.")
    Iri(name).n3()
    return name


def _write(name: str, parameters: Parameters) -> Write:
    conditions = {
        "if_epochs": _epochs(request.if_match),
        "unless_epochs": _epochs(request.if_none_match),
    }
    if request.method == "DELETE":
        return Write("delete", graph=name, **conditions)  # type: ignore[arg-type]
    if request.method == "PATCH":
        return Write("patch", _patch(), name, base=name or None, **conditions)  # type: ignore[arg-type]
    content, parts = _documents()
    base = parameters.one("base") or name or None
    kind = request.method.lower()
    return Write(kind, content, name, parts=parts, base=base, **conditions)  # type: ignore[arg-type]


def _epochs(tags: ETags) -> tuple[str, ...] | None:
    """The epochs of entity tags; None where the header is not there."""
    if not tags:
        return None
    if tags.star_tag:
        return ("*",)
    # A weak tag never matches for a write. https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1
    return tuple(tag.partition("-")[0] for tag in tags.as_set())


def _patch() -> bytes:
    if content_type() != DIRECT:
        raise UnsupportedMediaType(f"A body of type {content_type() or 'none'!r} is no patch.", [DIRECT])
    text = decoded(read_body(service().settings.max_upload_bytes), "update")
    return read_update(text, max_bytes=service().settings.max_upload_bytes).text.encode()


def _documents() -> tuple[bytes, tuple[tuple[str, int], ...]]:
    """The documents of the body, one after another, each with its media type and length."""
    if content_type() == FORM:
        raise UnsupportedMediaType("A form holds no RDF.", [one.media_type for one in DATA_FORMATS])
    upload = read_upload(_ROLES, service().settings.max_upload_bytes)
    found = [one for role in _ROLES for one in upload.documents.get(role, ())]
    if not found:
        raise BadRequest("The form holds no RDF document; put files into fields called `data`.")
    parts = []
    for one in found:
        syntax = by_name(one.syntax, DATA_FORMATS)
        assert syntax is not None
        parts.append((syntax.media_type, len(one.content)))
    return b"".join(one.content for one in found), tuple(parts)
