"""The page about a resource: what it is, all that is said of it and why, and what points at it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files

from flask import render_template

from graphsvc.describe import links
from graphsvc.describe.codes import codes
from graphsvc.describe.counting import MOST
from graphsvc.describe.declared import declared
from graphsvc.describe.gathering import MEMBERS_PAGE, PARTS_PAGE, Gathered, gather, mentioned, predicates
from graphsvc.describe.names import RDF
from graphsvc.describe.neighbourhood import neighbourhood
from graphsvc.describe.properties import class_names, presentation
from graphsvc.describe.roles import Kinship, Roles
from graphsvc.describe.schema_org import alignment, in_schema_org
from graphsvc.errors import BadRequest, NotFound
from graphsvc.rdf import Iri
from graphsvc.web.addresses import Address, document_of, is_owned, is_thing, with_parameters
from graphsvc.web.asking import questions
from graphsvc.web.document_parts import parts_of
from graphsvc.web.memory import kept, remembered
from graphsvc.web.neighbourhood import VIEW, Picture, picture
from graphsvc.web.profiles import DESCRIPTION, representations
from graphsvc.web.representation import languages
from graphsvc.web.service import service
from graphsvc.web.source_view import source_view
from graphsvc.web.telling import Teller
from graphsvc.web.term_use import term_use
from graphsvc.web.values import Group, Reader

# How many values a page of one property lists.
PAGE = 100
_REIFICATION = frozenset({RDF + "subject", RDF + "predicate", RDF + "object"})


@dataclass(frozen=True)
class Page:
    """A page as text, and the language of its title."""

    html: str
    language: str


def render(
    topic: str, roles: Roles, address: Address, has_parts: bool, kinship: Kinship, view: Mapping[str, str]
) -> Page:
    """The page about `topic` whose document is at `address`, or the part that `view` names.

    Raises BadRequest for a page number that is none or a view that is none, NotFound for a page past the last.
    """
    number = _page_number(view)
    if view.get("view", VIEW) != VIEW:
        raise BadRequest(f"`view` is `{VIEW}`, or is not there.")
    if "property" in view or "inverse" in view:
        return _listing(topic, address.url, view, number)
    document = document_of(topic) if has_parts and "#" not in topic and "view" not in view else None
    found = gather(service().store, topic, roles, document, parts_of(document) if document else (), number)
    reader = Reader(service().store, languages())
    everything = mentioned(found, kinship.types)
    reader.learn(everything)
    reader.known |= class_names(service().store, set(kinship.types) - reader.known.keys(), languages())
    reader.codes = codes(service().store, (iri for iri in reader.known if not is_owned(iri)))
    order = kept("declared", lambda: declared(service().project))
    presented = presentation(service().store, predicates(found), kinship.shapes, order, languages())
    teller = Teller(found, reader, address.url, presented)
    around = picture(neighbourhood(found, presented.places), reader, teller)
    if "view" in view:
        return _neighbourhood(found, reader, around)
    return _resource(found, address, kinship, reader, teller, around, number, roles)


def _neighbourhood(found: Gathered, reader: Reader, around: Picture) -> Page:
    html = render_template("around.html", picture=around, script=script())
    return Page(html, reader.name(found.topic).language or "en")


def script() -> str | None:
    """The script that moves about in a neighbourhood, where it was built; without it each node is a link."""
    built = files("graphsvc.web") / "static" / "built" / "neighbourhood.js"
    return "/static/built/neighbourhood.js" if built.is_file() else None


def _page_number(view: Mapping[str, str]) -> int:
    given = view.get("page", "1")
    if not re.fullmatch(r"[1-9]\d{0,6}", given):
        raise BadRequest("`page` is a number from 1 on.")
    return int(given)


def _resource(
    found: Gathered,
    address: Address,
    kinship: Kinship,
    reader: Reader,
    teller: Teller,
    around: Picture,
    number: int,
    roles: Roles,
) -> Page:
    url = address.url
    title = reader.name(found.topic)
    pointing = _incoming(found, reader, teller, url)
    types = sorted(kinship.types, key=lambda iri: not is_owned(iri))
    html = render_template(
        "resource.html",
        title=reader.link(found.topic),
        iri=found.topic,
        canonical=_canonical(found.topic),
        is_thing=is_thing(found.topic),
        url=url,
        formats=_formats(address),
        types=[replace(reader.link(kind), about=None) for kind in types],
        questions=questions(found.topic, types, roles, reader),
        groups=teller.groups(Iri(found.topic), top=True),
        sections=teller.sections(),
        source=source_view(found, found.topic, reader),
        part_pages=_pages(url, number, found.part_count, PARTS_PAGE),
        incoming=[group for group in pointing if group.property.iri not in _REIFICATION],
        reified=[group for group in pointing if group.property.iri in _REIFICATION],
        graphs=[reader.link(graph) for graph in teller.graphs],
        quotes=teller.own_quotes,
        is_graph=roles.graph,
        use=term_use(found, kinship.types, reader),
        some_incoming=found.some_incoming,
        size=found.size,
        most=MOST,
        members=[reader.link(iri) for iri in found.members[:MEMBERS_PAGE]],
        earlier=with_parameters(url, page=number - 1) if roles.graph and number > 1 else None,
        later=with_parameters(url, page=number + 1) if len(found.members) > MEMBERS_PAGE else None,
        picture=around,
        script=script(),
        embedded=_embedded(found, reader),
    )
    return Page(html, title.language or "en")


def _canonical(iri: str) -> str | None:
    """The address of the document about a resource, where that is one of the web."""
    document = document_of(iri)
    return document if document.lower().startswith(("http://", "https://")) else None


def _embedded(found: Gathered, reader: Reader) -> dict[str, object] | None:
    """What the page says of the resource in the terms of schema.org, if its classes are of those."""
    known = remembered("schema.org", lambda: alignment(service().store))
    return in_schema_org(
        found.topic, found.own, known, reader.known, reader.languages, _canonical(found.topic)
    )


def _formats(address: Address) -> list[tuple[str, str, str]]:
    """Label, media type and link of each format of the description."""
    return [
        (offer.label, offer.media_type, link)
        for profile, offer, link in representations(address)
        if profile is DESCRIPTION
    ]


def _pages(
    url: str, number: int, count: int | None, size: int, is_last: bool | None = None
) -> dict[str, object]:
    """What a pager shows; without a `count`, `is_last` says whether pages follow."""
    last = None if count is None else max(1, -(-count // size))
    follows = not is_last if last is None else number < last
    return {
        "number": number,
        "last": last,
        "earlier": with_parameters(url, page=number - 1) if number > 1 else None,
        "later": with_parameters(url, page=number + 1) if follows else None,
    }


def _incoming(found: Gathered, reader: Reader, teller: Teller, url: str) -> list[Group]:
    """What points at the resource, by property, most first."""
    groups = []
    for count in found.incoming_counts:
        nodes = found.incoming.get(count.property, ())
        named = sorted((reader.value(node) for node in nodes), key=lambda value: value.text.casefold())
        more = with_parameters(url, inverse=count.property) if count.number > len(nodes) else None
        name = teller.term(count.property, incoming=True)
        meaning = teller.meaning(count.property, incoming=True)
        groups.append(Group(name, tuple(named), count.number, more, meaning, count.more))
    return groups


def _listing(topic: str, url: str, view: Mapping[str, str], number: int) -> Page:
    """All values of one property, or all resources that point here by it, a page at a time."""
    store = service().store
    inverse = "inverse" in view
    wanted = view["inverse"] if inverse else view["property"]
    count = links.count_of(store, topic, wanted, incoming=inverse)
    if count is None:
        raise NotFound(f"<{topic}> has no values by <{wanted[:500]}>.")
    asked = links.incoming_page if inverse else links.outgoing_page
    begin = (number - 1) * PAGE
    found = asked(store, topic, count, PAGE + 1, begin)
    if not found:
        raise NotFound(f"There is no page {number}.")
    terms, is_last = found[:PAGE], len(found) <= PAGE
    # Beyond what is counted, the last page tells how many there are.
    seen = begin + len(terms)
    known = count.number if not count.more else seen if is_last else max(count.number, seen)
    reader = Reader(store, languages())
    reader.learn({topic, wanted} | {term.value for term in terms if isinstance(term, Iri)})
    name = "inverse" if inverse else "property"
    html = render_template(
        "listing.html",
        title=reader.link(topic),
        back=url,
        property=reader.link(wanted),
        inverse=inverse,
        count=known,
        at_least=count.more and not is_last,
        start=begin + 1,
        values=[reader.value(term) for term in terms],
        pages=_pages(
            with_parameters(url, **{name: wanted}), number, None if count.more else known, PAGE, is_last
        ),
    )
    return Page(html, reader.name(topic).language or "en")
