"""What was found, as pages and JSON show it: under which name, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from graphsvc.describe.labels import names_in_shapes, worded
from graphsvc.describe.names import DESCRIPTIONS, TYPE
from graphsvc.rdf import Literal
from graphsvc.search.index import Said
from graphsvc.search.searching import Facet, Found, Hit, Meant
from graphsvc.search.words import excerpt, key_of, marked, words_of
from graphsvc.web.addresses import about_link, link_to
from graphsvc.web.service import service
from graphsvc.web.values import Reader, Value, printable

# How many texts at most say why a thing was found.
MAX_REASONS = 2


class Linked(Protocol):
    """A search whose link can be had with other parameters."""

    def link(self, **changes: str | int | None) -> str:
        """The link."""


@dataclass(frozen=True)
class Reason:
    """A text in which words were found (or by which a thing is described): the property (`by`), and its pieces,
    each with whether it is a hit."""

    by: str
    language: str
    pieces: list[tuple[str, bool]]

    @property
    def text(self) -> str:
        """The text without marks."""
        return "".join(piece for piece, _ in self.pieces)


def reader_of(found: Found, languages: Sequence[str]) -> Reader:
    """A reader that knows the names of all that is on the page; a property without one, and a class, is called by
    what shapes call it, or by the words of its IRI."""
    reader = Reader(service().store, languages)
    reader.learn(_mentioned(found))
    facets, said = (
        {each.property for each in found.facets},
        {s.property for hit in found.hits for s in hit.said},
    )
    nameless = (facets | said) - reader.known.keys()
    reader.known |= names_in_shapes(reader.store, nameless, languages)
    classes = {iri for hit in found.hits for iri in hit.classes}
    classes |= {value for each in found.facets if each.property == TYPE for value, _ in each.values}
    for iri in (nameless | classes) - reader.known.keys():
        reader.known[iri] = Literal(worded(iri))
    return reader


def _mentioned(found: Found) -> Iterator[str]:
    for hit in found.hits:
        yield from (hit.iri, *hit.classes, *(said.property for said in hit.said))
    for facet in found.facets:
        yield facet.property
        yield from (value for value, _ in facet.values if ":" in value)


def reasons(hit: Hit, meant: Meant, title: str, asked: str) -> list[Reason]:
    """The texts that say why something was found: those with words that the title, and the texts before, lack.

    Where there is none, what the thing is said to be.
    """
    wanted = meant.beginnings
    covered = _covered(title, wanted)
    found: list[Reason] = []
    for said in hit.said:
        new = _covered(said.value, wanted) - covered
        if new and len(found) < MAX_REASONS:
            found.append(_reason(said, sorted(new | covered)))
            covered |= new
    if not found and not covered and (exact := _exact(hit.said, asked)):
        found.append(Reason(exact.property, exact.language, [(printable(exact.value), True)]))
    if not found:
        described = [said for said in hit.said if said.property in DESCRIPTIONS]
        found += [_reason(said, wanted) for said in described[:1]]
    return found


def _reason(said: Said, beginnings: Sequence[str]) -> Reason:
    text = printable(excerpt(" ".join(said.value.split()), beginnings))
    return Reason(said.property, said.language, marked(text, beginnings))


def _covered(text: str, beginnings: Sequence[str]) -> set[str]:
    words = words_of(text)
    return {start for start in beginnings if any(word.startswith(start) for word in words)}


def _exact(texts: Sequence[Said], asked: str) -> Said | None:
    return next((said for said in texts if key_of(said.value) == key_of(asked)), None)


def hit_view(hit: Hit, meant: Meant, reader: Reader, asked: str) -> dict[str, Any]:
    """A hit for the page."""
    name = reader.link(hit.iri)
    return {
        "name": name,
        "href": link_to(hit.iri) or about_link(hit.iri),
        "pieces": marked(name.text, meant.beginnings),
        "classes": [reader.link(iri) for iri in hit.classes],
        "reasons": [
            (reader.name(reason.by).value, reason) for reason in reasons(hit, meant, name.text, asked)
        ],
    }


def hit_json(hit: Hit, meant: Meant, reader: Reader, asked: str) -> dict[str, Any]:
    """A hit for programs."""
    name = reader.name(hit.iri)
    settings = service().settings
    root = settings.root_url.removesuffix(settings.root_path)
    why = reasons(hit, meant, name.value, asked)
    return {
        "iri": hit.iri,
        "url": root + (link_to(hit.iri) or about_link(hit.iri)),
        "label": {"value": name.value, "language": name.language or None},
        "classes": list(hit.classes),
        "found": [
            {"property": each.by, "language": each.language or None, "text": each.text} for each in why
        ],
    }


def facet_views(facets: Sequence[Facet], asked: Linked, reader: Reader) -> list[dict[str, Any]]:
    """The facets, each with its values: the value, what it is called, how many have it, a link, whether chosen."""
    views = []
    for facet in facets:
        parameter = parameter_of(facet.property)
        values = [
            (
                value,
                _called(value, reader),
                count,
                asked.link(**{parameter: None if value == facet.chosen else value}),
                value == facet.chosen,
            )
            for value, count in facet.values
        ]
        name = Value("class") if facet.property == TYPE else reader.link(facet.property)
        views.append(
            {
                "iri": facet.property,
                "parameter": parameter,
                "name": name,
                "values": values,
                "more": facet.more,
                "chosen": facet.chosen,
            }
        )
    return views


def _called(value: str, reader: Reader) -> str:
    return reader.link(value).text if ":" in value else value


def parameter_of(iri: str) -> str:
    """The parameter that narrows down by a property: its prefixed name, or else its IRI."""
    if iri == TYPE:
        return "class"
    for prefix, namespace in service().settings.prefixes.items():
        if (
            iri.startswith(namespace)
            and len(iri) > len(namespace)
            and not iri[len(namespace) :].startswith("//")
        ):
            return f"{prefix}:{iri[len(namespace) :]}"
    return iri
