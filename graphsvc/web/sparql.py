"""The SPARQL 1.1 Protocol's query operation at `/sparql`.

https://www.w3.org/TR/sparql11-protocol/#query-operation, and the QUERY method of HTTP with the same body as a
direct POST. A request without a query gets the service description, or, in a browser, a form.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import lru_cache

from flask import Blueprint, Response, request

from graphsvc.errors import BadRequest, GraphsvcError, UnsupportedMediaType
from graphsvc.federation import with_answers
from graphsvc.formats import CSV, GRAPH_FORMATS, HTML, RESULTS_FORMATS, Format
from graphsvc.rdf import Iri
from graphsvc.search.in_queries import with_findings
from graphsvc.sparql import Dataset, Query, read
from graphsvc.store import Answer, Limits
from graphsvc.web import query_pages
from graphsvc.web.caching import allow
from graphsvc.web.counts import named_graphs
from graphsvc.web.limits import limits
from graphsvc.web.notices import HEADER, notice
from graphsvc.web.observation import noted
from graphsvc.web.parameters import FORM, Parameters, content_type, decoded, from_form, from_url, read_body
from graphsvc.web.representation import choose, named_format, not_modified, page_tag, respond
from graphsvc.web.service import service
from graphsvc.web.service_description import description
from graphsvc.web.state import state_tag
from graphsvc.web.token import check_historian

DIRECT = "application/sparql-query"
# A form may spell every byte of the query with three.
_FORM_FACTOR = 3
_FORMAT_PARAMETERS = frozenset({"format", "_mediatype"})
# The texts that are remembered are no longer than this, so that they take little memory.
_SHORT = 4_000
blueprint = Blueprint("sparql", __name__)


@blueprint.route("/sparql", methods=["GET", "POST", "QUERY"])
def endpoint() -> Response:
    """Answer a query, or describe the service where there is none."""
    if request.method in ("GET", "HEAD") and from_url().names() <= _FORMAT_PARAMETERS:
        return _description(from_url())
    parameters, text = read_request()
    try:
        return _answer(parameters, text)
    except GraphsvcError as error:
        noted().failed(error)
        page = query_pages.failed(error, text, parameters)
        if page is None:
            raise
        return page


@blueprint.after_request
def _advertise(response: Response) -> Response:
    """https://datatracker.ietf.org/doc/draft-ietf-httpbis-safe-method-w-body/"""
    response.headers["Accept-Query"] = DIRECT
    return response


def _description(parameters: Parameters) -> Response:
    chosen = choose((*GRAPH_FORMATS, HTML), _format_name(parameters))
    return query_pages.form() if chosen is HTML else description(chosen)


def _format_name(parameters: Parameters) -> str | None:
    """The format that is asked for by name; the form's empty choice asks for none."""
    return named_format(parameters) or None


def read_request() -> tuple[Parameters, str]:
    """The parameters and the query text, whichever of the three ways they came.

    Raises BadRequest where there is no query, or two, and as `from_form` and `read_body` do.
    """
    longest = service().settings.max_query_bytes
    if request.method in ("GET", "HEAD"):
        parameters = from_url()
    elif content_type() == FORM and request.method == "POST":
        parameters = from_form(_FORM_FACTOR * longest)
    elif content_type() == DIRECT:
        parameters = from_url()
    else:
        accepted = [DIRECT] if request.method == "QUERY" else [DIRECT, FORM]
        raise UnsupportedMediaType(f"A body of type {request.mimetype or 'none'!r} is no query.", accepted)
    if parameters.all("update"):
        raise BadRequest("This operation takes a query, and `update` was given; updates go to /update.")
    text = parameters.one("query")
    if request.method not in ("GET", "HEAD") and content_type() == DIRECT:
        if text is not None:
            raise BadRequest("The query stands in the body and in the URL; give it once.")
        return parameters, decoded(read_body(longest), "query")
    if text is None:
        raise BadRequest("The parameter `query` is missing.")
    return parameters, text


def _dataset(parameters: Parameters) -> Dataset:
    """https://www.w3.org/TR/sparql11-protocol/#dataset"""
    default = parameters.all("default-graph-uri")
    named = parameters.all("named-graph-uri")
    for iri in default + named:
        Iri(iri).n3()
    return Dataset(default, named) if default or named else Dataset()


def read_query(parameters: Parameters, text: str) -> Query:
    """The query of a request, let through the gate. Raises as `read` does."""
    settings = service().settings
    noted().query = text
    reading = _read_before if len(text) <= _SHORT else _read
    return reading(text, _dataset(parameters), settings.max_query_bytes, settings.endpoints)


def _read(text: str, dataset: Dataset, max_bytes: int, endpoints: tuple[str, ...]) -> Query:
    return read(text, dataset=dataset, max_bytes=max_bytes, endpoints=endpoints)


# What the gate makes of a text is always the same.
_read_before = lru_cache(1_000)(_read)


def _answer(parameters: Parameters, text: str) -> Response:
    query = read_query(parameters, text)
    offers = GRAPH_FORMATS if query.form.yields_graph else RESULTS_FORMATS
    chosen = choose((*offers, HTML), _format_name(parameters))
    bounds = replace(limits(parameters), stream=_asks_for_a_stream(parameters) and chosen is not HTML)
    if _asks_for_history(query):
        check_historian()
        return _respond(replace(query, history=True), parameters, chosen, bounds, tag=None, cache="no-store")
    if query.searches:
        query = with_findings(query, service().indexes.newest(service().store.epoch()))
    if query.calls:
        query, bounds = _federated(query, bounds)
    if query.volatile:
        # What NOW() or RAND() gave is not worth keeping, and nothing can tell whether it is still so.
        return _respond(query, parameters, chosen, bounds, tag=None, cache="no-store")
    tag = _tag(service().store.epoch(), query, chosen)
    if not_modified(tag):
        return respond(None, chosen, tag=tag)
    return _respond(query, parameters, chosen, bounds, tag=tag)


def _asks_for_a_stream(parameters: Parameters) -> bool:
    """Whether the first rows are wanted before it is known that there is a last."""
    asked = parameters.one("stream") or "false"
    if asked not in ("true", "false"):
        raise BadRequest("`stream` is true or false.")
    return asked == "true"


def _asks_for_history(query: Query) -> bool:
    """Whether the dataset has a graph that the service keeps itself."""
    asked = (*query.graphs, *(query.dataset.default_graphs or ()), *(query.dataset.named_graphs or ()))
    return any(graph.startswith(service().settings.system_graphs) for graph in asked)


def _federated(query: Query, bounds: Limits) -> tuple[Query, Limits]:
    """A query with its SERVICE clauses answered, and what is left of its time."""
    deadline = time.monotonic() + (bounds.timeout or service().settings.query_timeout)
    text = with_answers(query.text, query.calls, deadline, bounds.cancelled)
    left = max(0.001, deadline - time.monotonic())
    return replace(query, text=text, calls=()), replace(bounds, timeout=left)


def _tag(epoch: str, query: Query, chosen: Format) -> str:
    dataset = repr((query.dataset.default_graphs, query.dataset.named_graphs))
    if chosen is HTML:
        seen = repr(query_pages.script()), named_graphs().mark
        return page_tag(epoch, "answer", *seen, query.text, dataset)
    return state_tag(epoch, chosen.media_type, query.text, dataset)


def _respond(
    query: Query,
    parameters: Parameters,
    chosen: Format,
    bounds: Limits,
    *,
    tag: str | None,
    cache: str = "no-cache",
) -> Response:
    if chosen is HTML:
        answer = query_pages.answer(query, parameters, bounds)
    else:
        answer = service().store.query(query, chosen, bounds)
    if tag is not None:
        # The data may have changed since the tag was compared.
        tag = _tag(answer.epoch, query, chosen)
    if request.method == "HEAD":
        _let_go(answer)
    told, settled = None, chosen is not HTML
    if chosen is not HTML and request.method != "HEAD":
        told, settled = notice(query.text, answer, chosen)
    response = respond(answer, chosen, tag=tag, cache=cache)
    if tag is not None and settled:
        # A page shows the labels that could be had in time, and the queries that are at hand.
        allow()
    if told:
        response.headers[HEADER] = told
    if chosen is CSV:
        # A cell that starts with `=` is a formula to a spreadsheet. The format has no way to say that it is
        # none, so a browser is to save the file, not to hand it on.
        response.headers["Content-Disposition"] = 'attachment; filename="results.csv"'
    return response


def _let_go(answer: Answer) -> None:
    """Stop an answer of which only the head is wanted; a stream notices only once it has been begun."""
    if answer.length is None:
        next(answer.chunks, None)
        close = getattr(answer.chunks, "close", None)
        if close is not None:
            close()
