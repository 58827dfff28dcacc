"""Search: the pages of what some words find, the same as JSON, and its description for browsers.

https://github.com/dewitt/opensearch/blob/master/opensearch-1-1-draft-6.md
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from graphsvc.describe.names import TYPE
from graphsvc.errors import BadRequest, NotFound
from graphsvc.formats import HTML, JSON
from graphsvc.search.index import MAX_HITS
from graphsvc.search.searching import Found, search
from graphsvc.search.words import MAX_LENGTH
from graphsvc.sparql.search_clause import SEARCH
from graphsvc.web.caching import allow
from graphsvc.web.parameters import Parameters, from_url
from graphsvc.web.representation import (
    choose,
    entity_tag,
    languages,
    named_format,
    not_modified,
    page_tag,
    respond,
    whole,
)
from graphsvc.web.search_views import facet_views, hit_json, hit_view, reader_of
from graphsvc.web.service import absolute_url, local_path, service
from graphsvc.web.state import state_tag
from graphsvc.web.values import Reader, printable

blueprint = Blueprint("search", __name__)
PAGE, MAX_PAGE = 20, 100
_OWN = frozenset({"q", "page", "size", "format", "_mediatype"})


@dataclass(frozen=True)
class Asked:
    """What a request searches for: the words, the values that are wanted by property and as the request names
    them, the number of the page and how many hits a page has."""

    words: str
    narrowing: Mapping[str, str]
    named: Mapping[str, str]
    page: int
    size: int

    def link(self, **changes: str | int | None) -> str:
        """The same search with other parameters, from its first page on; None leaves one out."""
        pairs: dict[str, str | int | None] = {"q": self.words, **self.named}
        if self.size != PAGE:
            pairs["size"] = self.size
        pairs |= changes
        return local_path("/search?" + urlencode({name: v for name, v in pairs.items() if v is not None}))


@blueprint.get("/search")
def results() -> Response:
    """What some words find, for people or as JSON."""
    parameters = from_url()
    chosen = choose((JSON, HTML), named_format(parameters))
    asked = _asked(parameters)
    epoch = service().store.epoch()
    index = service().indexes.newest(epoch)
    tag = (page_tag if chosen is HTML else state_tag)(
        epoch, "search", index.epoch, chosen.media_type, repr(asked)
    )
    if not_modified(tag):
        return respond(None, chosen, tag=tag)
    found = search(
        index, asked.words, asked.narrowing, first=(asked.page - 1) * asked.size, number=asked.size
    )
    if asked.page > 1 and not found.hits:
        number = f"the first {found.total:,} things" if found.capped else f"{found.total:,} things"
        raise NotFound(f"There is no page {asked.page}: {number} are shown.")
    reader = reader_of(found, languages())
    current = index.epoch == epoch
    if current:
        allow()
    body = _page(asked, found, reader, current) if chosen is HTML else _json(asked, found, reader, current)
    response = respond(whole(body, epoch), chosen, tag=tag, language="en" if chosen is HTML else None)
    other = JSON if chosen is HTML else HTML
    link = asked.link(page=asked.page, format=other.name)
    response.headers["Link"] = f'<{link}>; rel="alternate"; type="{other.media_type}"'
    return response


@blueprint.get("/search/description.xml")
def description() -> Response:
    """What a browser needs to search here from its own search field."""
    choose((HTML,), "html")
    body = render_template("opensearch.xml", search=absolute_url("/search"))
    tag = entity_tag(body)
    allow(graphs=(), tag_at=lambda _: tag)
    response = Response(
        body, content_type="application/opensearchdescription+xml", headers={"Cache-Control": "no-cache"}
    )
    response.set_etag(tag)
    response.make_conditional(request)
    return response


def _asked(parameters: Parameters) -> Asked:
    words = printable((parameters.one("q") or "").strip())
    if len(words) > MAX_LENGTH:
        raise BadRequest(f"The search is {len(words):,} characters long; the limit is {MAX_LENGTH:,}.")
    narrowing, named = {}, {}
    for name in sorted(parameters.names() - _OWN):
        value = printable(parameters.one(name) or "")
        iri = TYPE if name == "class" else _expanded(name)
        if value:
            narrowing[iri], named[name] = value, value
    return Asked(
        words,
        narrowing,
        named,
        _number(parameters, "page", 1, 100_000),
        _number(parameters, "size", PAGE, MAX_PAGE),
    )


def _expanded(name: str) -> str:
    """The property that a parameter names. Raises BadRequest for one that is none."""
    prefix, colon, local = name.partition(":")
    known = service().settings.prefixes
    if not colon:
        raise BadRequest(
            f"There is no parameter {name[:80]!r} here; there are q, class, page, size, format, and properties to "
            "narrow down by, such as `skos:inScheme`."
        )
    if prefix in known and not local.startswith("//"):
        return known[prefix] + local
    return name


def _number(parameters: Parameters, name: str, default: int, most: int) -> int:
    given = parameters.one(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdigit() and len(given) < 10 and 1 <= int(given) <= most):
        raise BadRequest(f"`{name}` is a number from 1 to {most:,}.")
    return int(given)


def _page(asked: Asked, found: Found, reader: Reader, current: bool) -> str:
    meant = found.meant
    last = max(1, -(-found.total // asked.size))
    return render_template(
        "search.html",
        asked=asked,
        found=found,
        current=current,
        hits=[hit_view(hit, meant, reader, asked.words) for hit in found.hits],
        facets=facet_views(found.facets, asked, reader),
        suggestion=(found.suggestion, asked.link(q=found.suggestion)) if found.suggestion else None,
        missing=[word for word, others in meant.instead.items() if not others],
        instead=[(word, others) for word, others in meant.instead.items() if others],
        alone=[(part.text, asked.link(q=part.text)) for part in meant.parts] if len(meant.parts) > 1 else [],
        start=(asked.page - 1) * asked.size + 1,
        pages={
            "number": asked.page,
            "last": last,
            "earlier": asked.link(page=asked.page - 1) if asked.page > 1 else None,
            "later": asked.link(page=asked.page + 1) if asked.page < last else None,
        },
        without=asked.link(**dict.fromkeys(asked.named)),
        as_json=asked.link(page=asked.page, format="json"),
        property=SEARCH,
        endpoint=absolute_url("/search"),
        max_size=MAX_PAGE,
        most=MAX_HITS,
    )


def _json(asked: Asked, found: Found, reader: Reader, current: bool) -> str:
    more = asked.page * asked.size < found.total
    root = service().settings.root_url.removesuffix(service().settings.root_path)
    content = {
        "query": asked.words,
        "current": current,
        "total": found.total,
        "totalIsLeast": found.capped,
        "page": asked.page,
        "size": asked.size,
        "next": root + asked.link(page=asked.page + 1, format="json") if more else None,
        "meant": {
            "allWords": found.meant.every,
            "instead": {word: list(others) for word, others in found.meant.instead.items()},
        },
        "suggestion": found.suggestion,
        "results": [hit_json(hit, found.meant, reader, asked.words) for hit in found.hits],
        "facets": [
            {
                "property": view["iri"],
                "parameter": view["parameter"],
                "label": view["name"].text,
                "chosen": view["chosen"],
                "more": view["more"],
                "values": [
                    {"value": value, "label": text, "count": count, "url": root + link}
                    for value, text, count, link, _ in view["values"]
                ],
            }
            for view in facet_views(found.facets, asked, reader)
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
