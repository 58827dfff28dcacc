"""The SPARQL 1.1 Protocol's query operation at `/sparql`.

https://www.w3.org/TR/sparql11-protocol/#query-operation, and the QUERY method of HTTP with the same body as a
direct POST.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from graphsvc.errors import BadRequest, UnsupportedMediaType
from graphsvc.formats import GRAPH_FORMATS, RESULTS_FORMATS
from graphsvc.rdf import Iri
from graphsvc.sparql import Dataset, Query, read
from graphsvc.store import Limits
from graphsvc.web.parameters import FORM, Parameters, content_type, from_form, from_url, read_body
from graphsvc.web.representation import choose, entity_tag, not_modified, respond
from graphsvc.web.service import service

DIRECT = "application/sparql-query"
blueprint = Blueprint("sparql", __name__)


@blueprint.route("/sparql", methods=["GET", "POST", "QUERY"])
def endpoint() -> Response:
    """Answer a query."""
    parameters, text = _request()
    query = read(text, dataset=_dataset(parameters), max_bytes=service().settings.max_query_bytes)
    return _answer(query, parameters)


def _request() -> tuple[Parameters, str]:
    """The parameters and the query text, whichever of the three ways they came."""
    longest = service().settings.max_query_bytes
    if request.method in ("GET", "HEAD"):
        parameters = from_url()
    elif content_type() == FORM and request.method == "POST":
        parameters = from_form(3 * longest)
    elif content_type() == DIRECT:
        parameters = from_url()
        if parameters.all("query"):
            raise BadRequest("The query stands in the body and in the URL; give it once.")
        return parameters, _decoded(read_body(longest))
    else:
        raise UnsupportedMediaType(
            f"A body of type {request.mimetype or 'none'!r} is no query.", [DIRECT, FORM]
        )
    if parameters.all("update"):
        raise BadRequest("This operation takes a query, and `update` was given.")
    text = parameters.one("query")
    if text is None:
        raise BadRequest("The parameter `query` is missing.")
    return parameters, text


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(f"The query is not UTF-8: byte {error.start + 1} fits no character.") from None


def _dataset(parameters: Parameters) -> Dataset:
    """https://www.w3.org/TR/sparql11-protocol/#dataset"""
    default = parameters.all("default-graph-uri")
    named = parameters.all("named-graph-uri")
    for iri in default + named:
        Iri(iri).n3()
    return Dataset(default, named) if default or named else Dataset()


def _answer(query: Query, parameters: Parameters) -> Response:
    offers = GRAPH_FORMATS if query.form.yields_graph else RESULTS_FORMATS
    chosen = choose(offers, parameters.one("format"))
    store = service().store
    dataset = repr((query.dataset.default_graphs, query.dataset.named_graphs))
    tag = entity_tag(store.epoch(), chosen.media_type, query.text, dataset)
    if not_modified(tag):
        return respond(None, chosen, tag=tag)
    return respond(store.query(query, chosen, _limits(parameters)), chosen, tag=tag)


def _limits(parameters: Parameters) -> Limits:
    """The client may ask for less time than the service allows, never for more."""
    longest = service().settings.query_timeout
    asked = parameters.one("timeout")
    try:
        seconds = float(asked) if asked is not None else longest
    except ValueError:
        seconds = -1
    if not 0 < seconds < float("inf"):
        raise BadRequest("`timeout` is a number of seconds greater than 0.")
    gone = request.environ.get("waitress.client_disconnected", lambda: False)
    return Limits(min(seconds, longest), gone)
