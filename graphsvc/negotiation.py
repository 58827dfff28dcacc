"""Proactive content negotiation as pure functions: no request, no response, no framework.

https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeVar

from graphsvc.errors import NotAcceptable

_ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_PARAMETER = re.compile(r';\s*([\w!#$%&\'*+.^`|~-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]*)')
_TYPE = re.compile(r"\s*([\w!#$%&'*+.^`|~-]+/[\w!#$%&'*+.^`|~-]+)\s*(?=;|$)")
# The versions of RDF and SPARQL of which a representation can be asked for; 1.1 is what there is without asking.
_VERSIONS = frozenset({"1.1", "1.2", "1.2-basic"})
# Headers that are remembered are no longer than this.
_SHORT = 500
_QVALUE = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$")


class Offer(Protocol):
    """What can be negotiated: anything with a media type and the aliases under which it is asked for."""

    @property
    def media_type(self) -> str:
        """The media type that will be sent."""

    @property
    def aliases(self) -> Sequence[str]:
        """Media types that clients name in its place."""


OfferT = TypeVar("OfferT", bound=Offer)


@dataclass(frozen=True)
class MediaRange:
    """One element of an Accept header: `text/*;q=0.5`, or `text/turtle;version=1.2`."""

    type: str
    subtype: str
    quality: float
    version: str = ""

    def specificity(self, media_type: str) -> int:
        """How closely the range names the media type: 3 exactly, 2 by type, 1 by `*/*`, 0 not at all."""
        main, _, sub = media_type.partition("/")
        if (self.type, self.subtype) == (main, sub):
            return 3
        if self.subtype != "*":
            return 0
        return 2 if self.type == main else int(self.type == "*")


def read_accept(header: str) -> tuple[MediaRange, ...]:
    """The media ranges of an Accept header; an element that is not well-formed is passed over."""
    return _read_before(header) if len(header) <= _SHORT else _read(header)


def _read(header: str) -> tuple[MediaRange, ...]:
    ranges = []
    for element in _ELEMENT.findall(header):
        named = _TYPE.match(element)
        if named is None:
            continue
        quality, version = 1.0, ""
        for name, value in _PARAMETER.findall(element):
            if name.lower() == "q":
                quality = float(value) if _QVALUE.match(value) else -1.0
            elif name.lower() == "version":
                version = value.strip('"')
        if quality >= 0 and (not version or version in _VERSIONS):
            main, _, sub = named[1].lower().partition("/")
            ranges.append(MediaRange(main, sub, quality, version))
    return tuple(ranges)


_read_before = lru_cache(1_000)(_read)


def negotiate(accept: str | None, offers: Sequence[OfferT]) -> OfferT:
    """The offer that the Accept header prefers.

    The most specific range that fits an offer gives its quality. The highest quality wins, then the
    closer match, then the earlier offer; an alias is a slightly less close match than the media type itself.
    No header, or an empty one, takes the first offer. Raises NotAcceptable, with what there is, if every
    offer is at quality 0 or matched by nothing.
    """
    if accept is None or not accept.strip():
        return offers[0]
    ranges = read_accept(accept)
    best: tuple[float, float, int] | None = None
    chosen: OfferT | None = None
    for position, offer in enumerate(offers):
        quality, closeness = _fit(offer, ranges)
        rank = (quality, closeness, -position)
        if quality > 0 and (best is None or rank > best):
            best, chosen = rank, offer
    if chosen is None:
        names = [offer.media_type for offer in offers]
        raise NotAcceptable(f"There is no representation that fits; there are {', '.join(names)}.", names)
    return chosen


def asks_for_1_2(accept: str | None, media_type: str) -> bool:
    """Whether the header asks for a media type in version 1.2. https://www.w3.org/TR/rdf12-turtle/#sec-mediaReg"""
    return any(
        one.version.startswith("1.2") and one.specificity(media_type) == 3
        for one in read_accept(accept or "")
    )


def _fit(offer: Offer, ranges: Sequence[MediaRange]) -> tuple[float, float]:
    """Quality and closeness of the best-fitting name of an offer."""
    best = (0.0, 0.0)
    for name in (offer.media_type, *offer.aliases):
        discount = 0.0 if name == offer.media_type else 0.5
        closest = max(
            ((r.specificity(name), -r.quality) for r in ranges if r.specificity(name)), default=None
        )
        if closest is None or (discount and closest[0] < 3):
            continue
        specificity, negated = closest
        best = max(best, (-negated, specificity - discount))
    return best


def preferred_languages(header: str | None) -> list[str]:
    """Language ranges of an Accept-Language header, best first, `*` and quality 0 left out, lower case.

    https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4
    """
    found: list[tuple[float, int, str]] = []
    for position, element in enumerate((header or "").split(",")):
        tag, _, parameters = element.partition(";")
        quality = 1.0
        name, _, value = parameters.strip().partition("=")
        if name.strip().lower() == "q":
            quality = float(value) if _QVALUE.match(value.strip()) else 0.0
        if quality > 0 and re.fullmatch(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", tag.strip()):
            found.append((-quality, position, tag.strip().lower()))
    return [tag for _, _, tag in sorted(found)]
