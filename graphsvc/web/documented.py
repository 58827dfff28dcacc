"""A page about a vocabulary that is there as RDF too: which of the two is sent, and where the other is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import quote

from flask import Response

from graphsvc.describe.document import document
from graphsvc.describe.statements import Statement
from graphsvc.formats import GRAPH_FORMATS, HTML
from graphsvc.web.addresses import with_parameters
from graphsvc.web.caching import allow
from graphsvc.web.parameters import from_url
from graphsvc.web.representation import choose, named_format, not_modified, page_tag, respond, whole
from graphsvc.web.service import local_path, service
from graphsvc.web.state import state_tag

# What a fragment may hold as it is. https://www.rfc-editor.org/rfc/rfc3986#section-3.5
_FRAGMENT = "%/?:@!$&'()*+,;=~-._"


def documented(
    path: str,
    gather: Callable[[], list[Statement]],
    make: Callable[[Sequence[Statement]], str],
    **parameters: str,
) -> Response:
    """The page that `make` writes of what `gather` finds, or the RDF, which is sent where nothing is preferred.

    `parameters` are those of the URL that choose a part.
    """
    chosen = choose((*GRAPH_FORMATS, HTML), named_format(from_url()))
    epoch = service().store.epoch()
    parts = (path, repr(sorted(parameters.items())))
    tag = page_tag(epoch, *parts) if chosen is HTML else state_tag(epoch, *parts, chosen.media_type)
    if not_modified(tag):
        return respond(None, chosen, tag=tag)
    said = gather()
    body: str | bytes
    body = make(said) if chosen is HTML else document(said, chosen, service().settings.prefixes)
    allow()
    response = respond(whole(body, epoch), chosen, tag=tag, language="en" if chosen is HTML else None)
    response.headers["Link"] = ", ".join(
        f'<{with_parameters(local_path(path), **parameters, format=offer.name)}>; rel="alternate"; '
        f'type="{offer.media_type}"'
        for offer in (*GRAPH_FORMATS, HTML)
        if offer is not chosen
    )
    return response


def anchor(iri: str, document_iri: str | None = None) -> str:
    """The id of a term's place on a page: its fragment on the page of its document, elsewhere its IRI."""
    start, sign, fragment = iri.partition("#")
    return fragment if sign and fragment and start == document_iri else iri


def fragment_link(identifier: str) -> str:
    """The link to a place on the same page."""
    return "#" + quote(identifier, safe=_FRAGMENT)
