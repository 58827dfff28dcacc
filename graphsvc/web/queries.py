"""The stored queries: a list, a page for each with its parameters, and their answers in every format."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from graphsvc.errors import BadRequest, NotFound, ProjectError
from graphsvc.formats import GRAPH_FORMATS, HTML, JSON, N_TRIPLES, RESULTS_FORMATS, TSV, Format
from graphsvc.search.in_queries import with_findings
from graphsvc.sparql import Form, Query
from graphsvc.sparql.paging import part
from graphsvc.store import Answer, Delivery
from graphsvc.stored_queries import BrokenQuery, StoredQuery, without_head
from graphsvc.web import query_parameters, results
from graphsvc.web.caching import allow, settings_files
from graphsvc.web.charts import chart_of
from graphsvc.web.limits import limits
from graphsvc.web.observation import noted
from graphsvc.web.parameters import Parameters, from_url
from graphsvc.web.query_parameters import Window
from graphsvc.web.representation import (
    choose,
    entity_tag,
    languages,
    named_format,
    not_modified,
    page_tag_at,
    respond,
    whole,
)
from graphsvc.web.service import absolute_url, local_path, service
from graphsvc.web.sparql import DIRECT
from graphsvc.web.state import state_tag_at

blueprint = Blueprint("queries", __name__)


@blueprint.get("/queries")
def listing() -> Response:
    """The library: for people, or as JSON."""
    unknown = from_url().names() - {"format", "_mediatype"}
    if unknown:
        raise BadRequest(f"There is no parameter {min(unknown)!r} here; there is `format`.")
    chosen = choose((JSON, HTML), named_format(from_url()))
    files, epoch = settings_files(), service().store.epoch()
    entries = service().library.entries()
    tag_at = state_tag_at("queries", chosen.media_type, repr(entries))
    tag = tag_at(epoch)
    if not_modified(tag):
        return respond(None, chosen, tag=tag)
    queries = [entry for entry in entries if isinstance(entry, StoredQuery)]
    if chosen is HTML:
        broken = [entry for entry in entries if isinstance(entry, BrokenQuery)]
        body = render_template("queries.html", queries=queries, broken=broken)
    else:
        content = [_described(entry) for entry in entries]
        body = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    allow(graphs=(), tag_at=tag_at, files=files)
    return respond(whole(body, epoch), chosen, tag=tag)


@blueprint.get("/queries/<name>.rq")
def text(name: str) -> Response:
    """A query as it stands in its file."""
    files, body = settings_files(), _named(name).text
    tag = entity_tag(body)
    allow(graphs=(), tag_at=lambda _: tag, files=files)
    response = Response(body, content_type=f"{DIRECT}; charset=utf-8", headers={"Cache-Control": "no-cache"})
    response.set_etag(tag)
    response.make_conditional(request)
    return response


@blueprint.get("/queries/<name>")
def answer(name: str) -> Response:
    """The answer to a query with the parameters of the request; in a browser, a page with a form for them."""
    stem, dot, suffix = name.rpartition(".")
    files = settings_files()
    stored, given = _named(stem if dot else name), from_url()
    query_parameters.check_names(stored, given)
    offers = _offers(stored)
    chosen = choose((*offers, HTML), suffix if dot else named_format(given))
    window = query_parameters.window(stored, given, page=chosen is HTML)
    query = stored.bound(query_parameters.values(stored, given))
    noted().query = query.text
    if query.searches:
        query = with_findings(query, service().indexes.newest(service().store.epoch()))
    tag_at = _tag_at(stored, query, chosen, window)
    tag = tag_at(service().store.epoch()) if tag_at else None
    if tag and not_modified(tag):
        return respond(None, chosen, tag=tag)
    found = _page(stored, query, given, window) if chosen is HTML else _data(query, given, window, chosen)
    # The data may have changed since the tag was compared.
    tag = tag_at(found.epoch) if tag_at else None
    if tag_at:
        allow(graphs=query.reads if chosen is not HTML else None, tag_at=tag_at, files=files)
    response = respond(found, chosen, tag=tag, cache="no-cache" if tag else "no-store")
    if window is not None and chosen is not HTML:
        response.headers["Link"] = _page_links(stored, given, window, chosen)
    return response


def _tag_at(
    stored: StoredQuery, query: Query, chosen: Format, window: Window | None
) -> Callable[[str], str] | None:
    """The entity tag of an answer, by epoch; None where another one may come without any change of the data."""
    if query.volatile:
        return None
    parts = (
        "query",
        chosen.media_type,
        repr(stored),
        query.text,
        repr(window),
        request.query_string.decode("latin-1"),
    )
    return page_tag_at(*parts) if chosen is HTML else state_tag_at(*parts)


def _data(query: Query, given: Parameters, window: Window | None, chosen: Format) -> Answer:
    if window is not None:
        query = replace(query, text=part(query.text, window.limit, window.offset))
    return service().store.query(query, chosen, replace(limits(given), delivery=Delivery.FLOWING))


def _page(stored: StoredQuery, query: Query, given: Parameters, window: Window | None) -> Answer:
    """The page of a query: its form, and the answer, one row more than it shows being asked for."""
    asked, bounds = query, limits(given)
    if window is not None:
        asked = replace(query, text=part(query.text, window.limit + 1, window.offset))
    found = service().store.query(asked, N_TRIPLES if query.form.yields_graph else TSV, bounds)
    verdict = table = None
    if query.form is Form.ASK:
        verdict = found.read().strip() == b"true"
    elif query.form.yields_graph:
        table = results.triples(found.chunks)
    else:
        table = results.table(found.chunks)
    if table is not None:
        table = results.labelled(table, languages())
    page = render_template(
        "query.html",
        query=stored,
        fields=query_parameters.fields(stored, given),
        verdict=verdict,
        chart=chart_of(stored) if stored.chart and not stored.parameters else None,
        table=table,
        pager=_pager(stored, given, window, table),
        run=local_path("/sparql?" + urlencode({"query": without_head(query.text)})),
        downloads=[
            (offer, query_parameters.link(stored, given, suffix=f".{offer.name}"))
            for offer in _offers(stored)
        ],
    )
    return whole(page, found.epoch)


def _pager(
    stored: StoredQuery, given: Parameters, window: Window | None, table: results.Table | None
) -> dict[str, object] | None:
    """Which rows a page shows, and the pages beside it."""
    if window is None or table is None:
        return None
    size = window.limit if given.one("limit") else None
    shown = min(window.limit, len(table.rows))
    before, after = window.offset > 0, table.total > shown
    earlier, later = max(0, window.offset - window.limit), window.offset + shown
    return {
        "first": window.offset + 1,
        "last": window.offset + shown,
        "shown": shown,
        "all": not before and not after,
        "previous": query_parameters.link(stored, given, limit=size, offset=earlier) if before else None,
        "next": query_parameters.link(stored, given, limit=size, offset=later) if after else None,
    }


def _page_links(stored: StoredQuery, given: Parameters, window: Window, chosen: Format) -> str:
    """The parts beside this one. Whether there is a next one, only asking for it can tell.

    https://www.rfc-editor.org/rfc/rfc8288#section-3
    """

    def to(offset: int, relation: str) -> str:
        address = query_parameters.link(
            stored, given, suffix=f".{chosen.name}", limit=window.limit, offset=offset
        )
        return f'<{address}>; rel="{relation}"'

    found = [to(0, "first"), to(window.offset + window.limit, "next")]
    if window.offset:
        found.append(to(max(0, window.offset - window.limit), "prev"))
    return ", ".join(found)


def _named(name: str) -> StoredQuery:
    found = next((entry for entry in service().library.entries() if entry.name == name), None)
    if found is None:
        raise NotFound(
            f"There is no stored query of the name {name[:80]!r}; {request.script_root}/queries lists them."
        )
    if isinstance(found, BrokenQuery):
        raise ProjectError(found.error)
    return found


def _offers(query: StoredQuery) -> tuple[Format, ...]:
    return GRAPH_FORMATS if query.query.form.yields_graph else RESULTS_FORMATS


def _described(entry: StoredQuery | BrokenQuery) -> dict[str, object]:
    if isinstance(entry, BrokenQuery):
        return {"name": entry.name, "error": entry.error}
    link = absolute_url(f"/queries/{entry.name}")
    return {
        "name": entry.name,
        "summary": entry.summary,
        "description": entry.description,
        "tags": list(entry.tags),
        "form": entry.query.form.value,
        "url": link,
        "text": f"{link}.rq",
        "formats": [offer.name for offer in _offers(entry)],
        "parameters": [
            {
                "name": each.name,
                "type": "iri" if each.is_iri else "literal",
                "datatype": each.datatype or None,
                "language": each.language or None,
                "description": each.description,
                "default": each.default or None,
                "limited": bool(each.values),
            }
            for each in entry.parameters
        ],
    }
