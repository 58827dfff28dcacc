"""Which profile of a description is wanted, and the list of all its representations.

https://www.w3.org/TR/dx-prof-conneg/#qsa-specs
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flask import request

from graphsvc.describe.statements import Statement
from graphsvc.errors import BadRequest
from graphsvc.formats import GRAPH_FORMATS, HTML, Format
from graphsvc.rdf import Iri, Literal
from graphsvc.vocab import PREFIXES
from graphsvc.web.addresses import Address, with_parameters
from graphsvc.web.parameters import Parameters
from graphsvc.web.service import service

ALTR = "http://www.w3.org/ns/dx/connegp/altr#"
PROF = "http://www.w3.org/ns/dx/prof/"
_ACCEPTED = re.compile(r"<([^<>]*)>\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?")


@dataclass(frozen=True)
class Profile:
    """One way to describe a resource: the token for `_profile=`, its IRI, and what it holds."""

    token: str
    label: str
    definition: str
    offers: tuple[Format, ...]
    fixed_iri: str | None = None

    @property
    def iri(self) -> str:
        """The IRI that names the profile in headers."""
        return self.fixed_iri or f"{service().settings.base}/profiles#{self.token}"


DESCRIPTION = Profile(
    "description",
    "Description",
    "Every statement whose subject is the resource, with the blank nodes that it leads to, and where the "
    "document is one about a thing, what is said of the document itself.",
    (*GRAPH_FORMATS, HTML),
)
PROVENANCE = Profile(
    "provenance",
    "Description with provenance",
    "The description, and with it the statements about its statements: each rdf:Statement whose subject is "
    "the resource.",
    GRAPH_FORMATS,
)
ALTERNATES = Profile(
    "alt",
    "Alternate representations",
    "The list of all profiles and media types in which the resource can be had.",
    GRAPH_FORMATS,
    "http://www.w3.org/ns/dx/connegp/altr",
)
PROFILES: tuple[Profile, ...] = (DESCRIPTION, PROVENANCE, ALTERNATES)


def chosen_profile(parameters: Parameters) -> Profile:
    """The profile that `_profile=` names by token or IRI, else the one that Accept-Profile prefers.

    A header that names no profile that there is gives the description, as the specification allows. Raises
    BadRequest for a `_profile` that there is not.
    """
    named = parameters.one("_profile")
    if named is not None:
        for profile in PROFILES:
            if named in (profile.token, profile.iri):
                return profile
        tokens = ", ".join(profile.token for profile in PROFILES)
        raise BadRequest(f"{named[:80]!r} is no profile; there are {tokens}.")
    known = {profile.iri: profile for profile in PROFILES}
    best: tuple[float, Profile] = (0.0, DESCRIPTION)
    for iri, quality in _ACCEPTED.findall(request.headers.get("Accept-Profile", "")):
        if iri in known and float(quality or 1) > best[0]:
            best = float(quality or 1), known[iri]
    return best[1]


def representations(address: Address) -> Iterator[tuple[Profile, Format, str]]:
    """Each profile, format and host-relative link of a resource whose document is at the address."""
    for profile in PROFILES:
        for offer in profile.offers:
            link = address.in_format(offer)
            yield (
                profile,
                offer,
                link if profile is DESCRIPTION else with_parameters(link, _profile=profile.token),
            )


def alternates(document: str, links: list[tuple[Profile, Format, str]]) -> Iterator[Statement]:
    """The list of representations as RDF. https://www.w3.org/TR/dx-prof-conneg/#altr

    `document` is the IRI of what is represented; the links are absolute URLs.
    """
    dct, rdf = PREFIXES["dct"], PREFIXES["rdf"]
    subject = Iri(document)
    for profile in PROFILES:
        yield Statement("", Iri(profile.iri), rdf + "type", Iri(PROF + "Profile"))
        yield Statement("", Iri(profile.iri), PROF + "hasToken", Literal(profile.token))
        yield Statement("", Iri(profile.iri), dct + "title", Literal(profile.label, language="en"))
    for profile, offer, link in links:
        node = Iri(link)
        default = profile is DESCRIPTION and offer is DESCRIPTION.offers[0]
        relation = "hasDefaultRepresentation" if default else "hasRepresentation"
        yield Statement("", subject, ALTR + relation, node)
        yield Statement("", node, rdf + "type", Iri(ALTR + "Representation"))
        yield Statement("", node, dct + "format", Literal(offer.media_type))
        yield Statement("", node, dct + "conformsTo", Iri(profile.iri))
