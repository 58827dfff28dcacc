"""Linked data: every IRI under the base answers here, whatever host the service runs on.

`addresses.py` says which path stands for which IRI. Every answer can be had by Accept, by suffix and by
parameter, and is the same bytes each way. https://www.w3.org/TR/cooluris/#r303gendocument
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from flask import Blueprint, Response, request

from graphsvc.describe import document as documents
from graphsvc.describe import roles as names
from graphsvc.describe import statements
from graphsvc.describe.links import graph_size
from graphsvc.describe.names import usable
from graphsvc.describe.roles import Kinship, Roles
from graphsvc.describe.statements import Statement
from graphsvc.errors import BadRequest, Gone, NotFound, Unavailable
from graphsvc.formats import HTML, Format
from graphsvc.store import Answer, Store
from graphsvc.store.rows import select
from graphsvc.vocab import PREFIXES
from graphsvc.web import ontology_page, profiles, resource_page, shapes_page
from graphsvc.web.addresses import (
    OFFERS,
    Address,
    Candidate,
    about_link,
    candidates,
    document_of,
    encoded,
    iris_of,
    is_thing,
    taken_suffixes,
    usable_iris,
    with_parameters,
)
from graphsvc.web.caching import allow
from graphsvc.web.document_parts import as_of, catch_up, has_parts, parts_of
from graphsvc.web.headers import links
from graphsvc.web.memory import remembered
from graphsvc.web.parameters import Parameters, from_url
from graphsvc.web.profiles import ALTERNATES, PROVENANCE, Profile, chosen_profile
from graphsvc.web.representation import (
    choose,
    named_format,
    not_modified,
    page_tag,
    respond,
    whole,
)
from graphsvc.web.service import absolute_url, local_path, service
from graphsvc.web.state import state_tag

# What points at a resource that has no statements of its own is part of its document, up to here.
MAX_POINTING = 1_000
MAX_REFERRED_TO = 50
VARY = "Accept, Accept-Profile"
blueprint = Blueprint("resources", __name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Found:
    """A resource that a request stands for: what is described, and where its document is."""

    topic: str
    roles: Roles
    address: Address
    suffix: Format | None = None

    @property
    def document(self) -> str:
        """The IRI of the document that describes the topic."""
        return document_of(self.topic)

    @property
    def has_parts(self) -> bool:
        """Whether IRIs continue the document's with a fragment."""
        return has_parts(self.document)


@blueprint.get("/<path:name>")
def anything(name: str) -> Response:  # noqa: ARG001 (the path is read as it was sent, not as it was decoded)
    """The description of whatever IRI the path stands for, or, for a thing, the way to its document."""
    found = _find(candidates())
    when = withdrawn().get(found.topic)
    if when is not None:
        raise Gone(f"<{found.topic}> was withdrawn: {when}.")
    if is_thing(found.topic) and found.address.url.startswith(local_path("/id/")):
        return _see_other(found)
    return _describe(found)


@blueprint.get("/describe")
def describe() -> Response:
    """The description of any IRI that the graph knows, also of one that belongs elsewhere."""
    iri = from_url().one("iri")
    if iri is None:
        raise BadRequest("The parameter `iri` is missing: the IRI to describe.")
    known = names.roles(service().store, [iri]).get(iri, Roles()) if usable(iri) else Roles()
    if not known.known and not _shown_by_parts(iri):
        raise NotFound(f"Nothing is known of <{iri[:500]}>.")
    return _describe(Found(iri, known, Address(about_link(iri))))


def withdrawn() -> dict[str, str]:
    """What the graph says was withdrawn, and when, as of the store's present epoch.

    https://www.w3.org/TR/prov-o/#invalidatedAtTime
    """
    text = (
        f"SELECT ?thing ?when {{ ?thing <{PREFIXES['prov']}invalidatedAtTime> ?when FILTER(isIRI(?thing)) }}"
    )
    return remembered(
        "withdrawn", lambda: {row["thing"].value: row["when"].value for row in select(service().store, text)}
    )


def _find(readings: list[Candidate]) -> Found:
    """The first reading of which anything is known. Raises NotFound where there is none."""
    known = names.roles(service().store, usable_iris(readings))
    meant = [(reading, iri) for reading in readings for iri in iris_of(reading)]
    for reading, iri in meant:
        role = known.get(iri, Roles())
        if role.known or has_parts(iri):
            return _found(iri, role, reading)
    for reading, iri in meant:
        if _shown_by_parts(iri):
            return _found(iri, Roles(), reading)
    raise NotFound(f"Nothing is known of <{service().settings.base}{readings[0].path[:500]}>.")


def _shown_by_parts(iri: str) -> bool:
    """Whether an IRI of which nothing else is known has parts; who asks so waits until that can be told."""
    if has_parts(iri):
        return True
    if not as_of():
        return False
    with suppress(Unavailable):
        catch_up()
    return has_parts(iri)


def _found(iri: str, role: Roles, reading: Candidate) -> Found:
    rivals = names.roles(service().store, [iri + offer.suffix for offer in OFFERS])
    taken = taken_suffixes(iri, {rival for rival, standing in rivals.items() if standing.known})
    address = Address(local_path(encoded(reading.path)), taken)
    if not role.subject and not role.graph and role.object:
        current = names.current_of(service().store, iri)
        if current is not None:
            role = names.roles(service().store, [current]).get(current, Roles())
            return Found(current, role, address, reading.suffix)
    return Found(iri, role, address, reading.suffix)


def _see_other(found: Found) -> Response:
    """A thing is not a document: see the document about it. https://www.w3.org/TR/cooluris/#r303gendocument"""
    path = found.address.url[len(local_path("/id/")) :]
    query = request.query_string.decode("latin-1")
    location = local_path("/doc/") + path + (f"?{query}" if query and "?" not in path else "")
    headers = {"Location": location, "Vary": VARY, "Cache-Control": "no-cache"}
    response = Response(status=303, headers=headers)
    del response.headers["Content-Type"]
    return response


def _describe(found: Found) -> Response:
    parameters = from_url()
    profile = chosen_profile(parameters)
    named = named_format(parameters)
    chosen = choose(profile.offers, named if named is not None else _suffix_name(found, profile))
    store = service().store
    epoch = store.epoch()
    parts_as_of = as_of()
    tag = _tag(epoch, found, profile, chosen, parameters, parts_as_of)
    if found.roles.graph and chosen is not HTML:
        # So that it can be sent back with a write to this address: see graph_store.
        tag = f"{store.graph_epoch(found.topic)}-{tag}"
    fixed = named is not None or found.suffix is not None
    vary = "Accept-Profile" if fixed else VARY
    if not_modified(tag):
        response = respond(None, chosen, tag=tag, vary=vary)
    else:
        kinship = names.kinship(store, found.topic)
        if chosen is HTML:
            response = _page(found, kinship, parameters, tag, vary)
        else:
            answer = _document(found, profile, chosen)
            response = respond(answer, chosen, tag=tag, vary=vary)
        if not parts_as_of:
            allow()
        response.headers["Link"] = links(found.topic, found.address, kinship, profile, chosen)
    response.headers["Content-Location"] = _location(found, profile, chosen, parameters)
    return response


def _suffix_name(found: Found, profile: Profile) -> str | None:
    if found.suffix is None or found.suffix not in profile.offers:
        return None
    return found.suffix.name


def _tag(
    epoch: str, found: Found, profile: Profile, chosen: Format, parameters: Parameters, parts_as_of: str
) -> str:
    decisive = (found.topic, found.address.url, *([parts_as_of] if parts_as_of else []))
    if chosen is HTML:
        return page_tag(epoch, *decisive, repr(_view(parameters)), repr(resource_page.script()))
    return state_tag(epoch, chosen.media_type, *decisive, profile.token)


def _view(parameters: Parameters) -> dict[str, str]:
    """The parameters that choose a part of a page."""
    return {
        name: value for name in ("property", "inverse", "page", "view") if (value := parameters.one(name))
    }


def _location(found: Found, profile: Profile, chosen: Format, parameters: Parameters) -> str:
    """The URL of this very representation. https://www.rfc-editor.org/rfc/rfc9110#section-8.7"""
    url = found.address.in_format(chosen)
    if profile is not profiles.DESCRIPTION:
        url = with_parameters(url, _profile=profile.token)
    return with_parameters(url, **_view(parameters)) if chosen is HTML else url


def _page(found: Found, kinship: Kinship, parameters: Parameters, tag: str, vary: str) -> Response:
    epoch, page = at_one_epoch(lambda: _render(found, kinship, _view(parameters)))
    return respond(whole(page.html, epoch), HTML, tag=tag, vary=vary, language=page.language)


def _render(found: Found, kinship: Kinship, view: dict[str, str]) -> resource_page.Page:
    """The page about a resource; an ontology at home is shown with its terms, or its shapes, explained."""
    at_home = request.endpoint != "resources.describe"
    if at_home and not view and ontology_page.is_ontology(kinship.types):
        for write in (ontology_page.ontology_page, shapes_page.shapes_page):
            html = write(found.topic, found.address)
            if html is not None:
                return resource_page.Page(html, "en")
    return resource_page.render(found.topic, found.roles, found.address, found.has_parts, kinship, view)


def _document(found: Found, profile: Profile, chosen: Format) -> Answer:
    """The RDF of a description in one profile and syntax."""
    settings, store = service().settings, service().store
    if found.roles.graph and _is_large(found.topic):
        return Answer(documents.stream_graph(store, found.topic, chosen), store.epoch())
    if profile is ALTERNATES:
        all_of_them = [
            (p, f, absolute_url_of(link)) for p, f, link in profiles.representations(found.address)
        ]
        links = profiles.alternates(found.document, all_of_them)
        epoch, body = store.epoch(), documents.document(links, chosen, settings.prefixes)
        return whole(body, epoch)

    def make() -> bytes:
        said = _statements(found, profile)
        return documents.document(said, chosen, settings.prefixes, of_graph=found.roles.graph)

    epoch, body = at_one_epoch(make)
    return whole(body, epoch)


def _is_large(graph: str) -> bool:
    most = documents.SORTED_STATEMENTS
    return graph_size(service().store, graph, most) > most


def absolute_url_of(link: str) -> str:
    """A host-relative link of this service as an absolute URL under the public URL."""
    return absolute_url(link.removeprefix(service().settings.root_path))


def _statements(found: Found, profile: Profile) -> list[Statement]:
    """All that the description of a resource holds, in no order."""
    store, settings = service().store, service().settings
    subjects = [found.topic, found.document]
    if found.has_parts and "#" not in found.topic:
        subjects += parts_of(found.document)
    said = statements.about(store, (iri for iri in subjects if usable(iri)))
    if found.roles.graph:
        said += statements.in_graph(store, found.topic, documents.SORTED_STATEMENTS)
    if not said:
        referred_to = dict.fromkeys(subjects[:MAX_REFERRED_TO])
        said = [each for iri in referred_to for each in statements.pointing_at(store, iri, MAX_POINTING)]
    if profile is PROVENANCE:
        said += statements.reifying(store, [found.topic])
    if is_thing(found.topic):
        dataset = f"{settings.base}/dataset"
        said += documents.of_document(found.document, found.topic, dataset, settings.license or None)
    return said


def at_one_epoch(make: Callable[[], T]) -> tuple[str, T]:
    """What `make` made of one state of the data, and the name of that state.

    A page asks the store several times; where a write came between, it is made again.
    """
    store: Store = service().store
    for _ in range(3):
        epoch = store.epoch()
        made = make()
        if store.epoch() == epoch:
            break
    return epoch, made
