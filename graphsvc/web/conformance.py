"""What the W3C's tests say of this release, at `/conformance`: a table for people, EARL for programs."""

from __future__ import annotations

from functools import cache

from flask import Blueprint, Response, render_template

from graphsvc.conformance import Outcome, earl, outcomes, summary
from graphsvc.formats import GRAPH_FORMATS, HTML
from graphsvc.rdf import write_document
from graphsvc.web.caching import allow
from graphsvc.web.parameters import from_url
from graphsvc.web.representation import choose, named_format, not_modified, page_tag, respond, whole
from graphsvc.web.service import local_path, service
from graphsvc.web.state import state_tag

blueprint = Blueprint("conformance", __name__)
_read = cache(outcomes)


@blueprint.get("/conformance")
def conformance() -> Response:
    """The report of the tests, which come with the release and do not change with the data."""
    chosen = choose((HTML, *GRAPH_FORMATS), named_format(from_url()))
    tag = page_tag("", "conformance") if chosen is HTML else state_tag("", "conformance", chosen.media_type)
    if not_modified(tag):
        return respond(None, chosen, tag=tag)
    body: str | bytes
    if chosen is HTML:
        body = _page(_read())
    else:
        settings = service().settings
        quads = earl(_read(), f"{settings.root_url}/conformance")
        body = write_document(quads, chosen, settings.prefixes)
    allow(graphs=(), tag_at=lambda _: tag)
    response = respond(whole(body, service().store.epoch()), chosen, tag=tag)
    response.headers["Link"] = ", ".join(
        f'<{local_path(f"/conformance?format={offer.name}")}>; rel="alternate"; type="{offer.media_type}"'
        for offer in (HTML, *GRAPH_FORMATS)
        if offer is not chosen
    )
    return response


def _page(found: list[Outcome]) -> str:
    stores = sorted({one.store for one in found})
    totals = {
        store: (
            sum(one.passed for one in found if one.store == store),
            sum(one.store == store for one in found),
        )
        for store in stores
    }
    reasons: dict[str, dict[str, list[str]]] = {}
    for one in found:
        if not one.passed:
            reasons.setdefault(one.reason, {}).setdefault(one.test, []).append(one.store)
    return render_template(
        "conformance.html", stores=stores, groups=summary(found), totals=totals, reasons=reasons
    )
