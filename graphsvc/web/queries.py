"""The stored queries: a list, a page for each, and their answers in every format."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from graphsvc.errors import BadRequest, NotFound
from graphsvc.formats import GRAPH_FORMATS, HTML, JSON, RESULTS_FORMATS, Format
from graphsvc.search.in_queries import with_findings
from graphsvc.stored_queries import StoredQuery
from graphsvc.web.charts import chart_of
from graphsvc.web.limits import limits
from graphsvc.web.parameters import from_url
from graphsvc.web.representation import choose, named_format, not_modified, respond, whole
from graphsvc.web.service import absolute_url, local_path, service
from graphsvc.web.sparql import DIRECT
from graphsvc.web.state import state_tag

blueprint = Blueprint("queries", __name__)


@blueprint.get("/queries")
def listing() -> Response:
    """The library: for people, or as JSON."""
    _only_format()
    chosen = choose((JSON, HTML), named_format(from_url()))
    epoch = service().store.epoch()
    tag = state_tag(epoch, "queries", chosen.media_type, repr(service().queries))
    if not_modified(tag):
        return respond(None, chosen, tag=tag)
    if chosen is HTML:
        body = render_template("queries.html", queries=service().queries)
    else:
        content = [_described(query) for query in service().queries]
        body = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    return respond(whole(body, epoch), chosen, tag=tag)


@blueprint.get("/queries/<name>.rq")
def text(name: str) -> Response:
    """A query as it stands in its file."""
    body = _named(name).text
    return Response(body, content_type=f"{DIRECT}; charset=utf-8", headers={"Cache-Control": "no-cache"})


@blueprint.get("/queries/<name>")
def answer(name: str) -> Response:
    """The answer to a query; in a browser, a page about it."""
    stem, dot, suffix = name.rpartition(".")
    stored = _named(stem if dot else name)
    _only_format()
    offers = _offers(stored)
    chosen = choose((*offers, HTML), suffix if dot else named_format(from_url()))
    store = service().store
    cache = "no-store" if stored.query.volatile else "no-cache"
    tag = None
    if not stored.query.volatile:
        tag = state_tag(store.epoch(), "query", chosen.media_type, repr(stored))
        if not_modified(tag):
            return respond(None, chosen, tag=tag)
    if chosen is HTML:
        page = render_template(
            "query.html",
            query=stored,
            run=local_path("/sparql?" + urlencode({"query": stored.text})),
            offers=offers,
            chart=chart_of(stored) if stored.chart else None,
        )
        return respond(whole(page, store.epoch()), chosen, tag=tag, cache=cache)
    query = stored.query
    if query.searches:
        query = with_findings(query, service().indexes.newest(store.epoch()))
    return respond(store.query(query, chosen, limits()), chosen, tag=tag, cache=cache)


def _only_format() -> None:
    unknown = from_url().names() - {"format", "_mediatype"}
    if unknown:
        raise BadRequest(f"There is no parameter {min(unknown)!r} here; there is `format`.")


def _named(name: str) -> StoredQuery:
    found = next((query for query in service().queries if query.name == name), None)
    if found is None:
        raise NotFound(
            f"There is no stored query of the name {name[:80]!r}; {request.script_root}/queries lists them."
        )
    return found


def _offers(query: StoredQuery) -> tuple[Format, ...]:
    return GRAPH_FORMATS if query.query.form.yields_graph else RESULTS_FORMATS


def _described(query: StoredQuery) -> dict[str, object]:
    link = absolute_url(f"/queries/{query.name}")
    return {
        "name": query.name,
        "summary": query.summary,
        "description": query.description,
        "tags": list(query.tags),
        "form": query.query.form.value,
        "url": link,
        "text": f"{link}.rq",
        "formats": [offer.name for offer in _offers(query)],
    }
