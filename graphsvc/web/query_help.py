"""What helps to write a query: the vocabulary of the graph for editors, and why a query is empty."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, render_template

from graphsvc.dataset.statistics import Statistics
from graphsvc.describe.terms import CLASSES, PROPERTIES, Term, terms
from graphsvc.emptiness import Explanation, explain
from graphsvc.formats import HTML, JSON
from graphsvc.sparql import Query
from graphsvc.sparql.lexer import position
from graphsvc.web import results
from graphsvc.web.caching import allow
from graphsvc.web.counts import statistics
from graphsvc.web.limits import limits
from graphsvc.web.memory import remembered
from graphsvc.web.parameters import from_url
from graphsvc.web.query_pages import query_link
from graphsvc.web.representation import (
    choose,
    languages,
    named_format,
    not_modified,
    page_tag,
    respond,
    whole,
)
from graphsvc.web.service import service
from graphsvc.web.sparql import read_query, read_request

blueprint = Blueprint("query_help", __name__)


@blueprint.get("/sparql/vocabulary.json")
def vocabulary() -> Response:
    """Prefixes, classes and properties, with their labels in the reader's language and how often they are used."""
    choose((JSON,), named_format(from_url()))
    epoch = service().store.epoch()
    counted = statistics()
    tag = page_tag(epoch, "vocabulary", counted.mark)
    if not_modified(tag):
        return respond(None, JSON, tag=tag, vary="Accept-Language")
    wanted = languages()
    # One kind of reader at a time is remembered: most readers have the same languages.
    held, found = remembered(f"vocabulary {counted.mark}", lambda: (wanted, _vocabulary(counted.value)))
    content = found if held == wanted else _vocabulary(counted.value)
    body = json.dumps(content, ensure_ascii=False) + "\n"
    allow()
    return respond(whole(body, epoch), JSON, tag=tag, vary="Accept-Language")


def _vocabulary(counted: Statistics | None) -> dict[str, Any]:
    settings, store = service().settings, service().store
    classes = {one.iri: one.instances for one in counted.classes} if counted else {}
    properties = {one.iri: one.triples for one in counted.properties} if counted else {}
    return {
        "prefixes": dict(sorted(settings.prefixes.items())),
        "classes": _listed(terms(store, classes, CLASSES, settings.prefixes, languages())),
        "properties": _listed(terms(store, properties, PROPERTIES, settings.prefixes, languages())),
    }


def _listed(found: list[Term]) -> list[dict[str, Any]]:
    return [{"iri": one.iri, "name": one.name, "label": one.label, "uses": one.uses} for one in found]


@blueprint.route("/sparql/why-empty", methods=["GET", "POST"])
def why_empty() -> Response:
    """Which part of a query first leaves nothing, and which of its terms never occur."""
    parameters, text = read_request()
    chosen = choose((JSON, HTML), named_format(parameters) or None)
    query = read_query(parameters, text)
    bounds, epoch = limits(parameters), service().store.epoch()
    found = explain(service().store, query, bounds, _known())
    body: str
    if chosen is HTML:
        body = render_template("why_empty.html", **_view(found, text), edit=query_link(text, parameters))
    else:
        body = json.dumps(_described(found, query), ensure_ascii=False, indent=2) + "\n"
    # How far it came depends on how busy the service was.
    return respond(whole(body, epoch), chosen, cache="no-store")


def _known() -> list[str]:
    """The IRIs of the vocabulary, those under the base first."""
    counted, base = statistics().value, service().settings.base
    used = (
        [*(one.iri for one in counted.classes), *(one.iri for one in counted.properties)] if counted else []
    )
    known = {*used, *remembered("defined terms", _defined)}
    return sorted(known, key=lambda iri: (not iri.startswith(base), iri))


def _defined() -> list[str]:
    store, prefixes = service().store, service().settings.prefixes
    return [one.iri for one in terms(store, {}, (*CLASSES, *PROPERTIES), prefixes, [])]


def _view(found: Explanation, text: str) -> dict[str, object]:
    """What the page shows: the query with the part at fault marked."""
    end = found.start + len(found.part)
    missing = [
        {
            "text": one.text,
            "line": position(text, one.start)[0],
            "nearest": one.nearest,
            "short": _short(one.nearest),
            "href": None if one.nearest is None or one.nearest[0] == '"' else results.href(one.nearest),
        }
        for one in found.missing
    ]
    return {
        "found": found,
        "missing": missing,
        "line": position(text, found.start)[0],
        "before": text[: found.start],
        "after": text[end:] if found.part else text,
        "text": text,
    }


def _short(nearest: str | None) -> str | None:
    return None if nearest is None else results.shortened(nearest, service().settings.prefixes)


def _described(found: Explanation, query: Query) -> dict[str, object]:
    line, column = position(query.text, found.start)
    return {
        "cause": found.cause,
        "part": found.part or None,
        "line": line if found.part else None,
        "column": column if found.part else None,
        "matches_alone": found.alone,
        "matches_before": found.kept or None,
        "missing": [
            {
                "term": one.text,
                "line": position(query.text, one.start)[0],
                "column": position(query.text, one.start)[1],
                "nearest": one.nearest,
            }
            for one in found.missing
        ],
        "note": found.note or None,
        "queries": found.asked,
    }
