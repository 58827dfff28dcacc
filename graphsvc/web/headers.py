"""The Link header of a description. https://www.rfc-editor.org/rfc/rfc8288#section-3"""

from __future__ import annotations

from collections.abc import Iterator

from graphsvc.describe.roles import Kinship
from graphsvc.formats import Format
from graphsvc.web.addresses import (
    Address,
    document_of,
    encoded,
    has_route,
    is_thing,
    link_to,
    with_parameters,
)
from graphsvc.web.memento import links_of
from graphsvc.web.profiles import DESCRIPTION, Profile
from graphsvc.web.service import local_path, service

# A longer IRI is left out: proxies and clients limit the size of headers.
MAX_TARGET = 1_000


def links(topic: str, address: Address, kinship: Kinship, profile: Profile, chosen: Format) -> str:
    """The links of the description of `topic`, whose document is at `address`, as one header value."""
    return ", ".join(
        f'<{encoded(target)}>; rel="{relation}"{parameters}'
        for target, relation, parameters in _links(topic, address, kinship, profile, chosen)
        if len(target) <= MAX_TARGET
    )


def _links(
    topic: str, address: Address, kinship: Kinship, profile: Profile, chosen: Format
) -> Iterator[tuple[str, str, str]]:
    settings = service().settings
    yield document_of(topic), "canonical", ""
    if is_thing(topic):
        yield topic, "describes", ""
    for offer in DESCRIPTION.offers:
        if profile is not DESCRIPTION or offer is not chosen:
            yield address.in_format(offer), "alternate", f'; type="{offer.media_type}"'
    yield with_parameters(address.url, _profile="alt"), "alternate", '; title="All representations"'
    for shape in kinship.shapes:
        yield link_to(shape) or shape, "describedby", ""
    for ontology in kinship.ontologies:
        yield link_to(ontology) or ontology, "describedby", ""
    for kind in kinship.types:
        yield kind, "type", ""
    if has_route("/dataset"):
        yield local_path("/dataset"), "collection", ""
    if settings.license:
        yield settings.license, "license", ""
    yield profile.iri, "profile", ""
    yield from links_of(address.url.removeprefix(settings.root_path).partition("?")[0])
