"""Questions that a page offers about its resource, each a link to the query page with the query filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphsvc.describe.labels import shortened
from graphsvc.describe.names import LABELS, usable
from graphsvc.describe.roles import Roles
from graphsvc.rdf import Iri
from graphsvc.web.addresses import has_route
from graphsvc.web.parameters import Parameters
from graphsvc.web.query_pages import MAX_LINK, query_link
from graphsvc.web.service import service
from graphsvc.web.values import Reader

MAX_TYPES = 2


@dataclass(frozen=True)
class Question:
    """What is asked, in words, and the link that asks it."""

    words: str
    href: str


def questions(iri: str, types: Sequence[str], roles: Roles, reader: Reader) -> list[Question]:
    """The questions about a resource of these types; none where the service has no endpoint."""
    if not has_route("/sparql") or not usable(iri):
        return []
    asked = ((words, query_link(text, Parameters(()))) for words, text in _queries(iri, types, roles, reader))
    return [Question(words, link) for words, link in asked if len(link) <= MAX_LINK]


def _queries(iri: str, types: Sequence[str], roles: Roles, reader: Reader) -> Iterator[tuple[str, str]]:
    if roles.subject:
        yield (
            "Its properties",
            _query("SELECT ?property ?value WHERE {\n  $ ?property ?value\n}\nORDER BY ?property", iri),
        )
    if roles.object:
        yield (
            "What links to it",
            _query(
                "SELECT ?thing ?property WHERE {\n  ?thing ?property $\n}\nORDER BY ?property ?thing\nLIMIT 500",
                iri,
            ),
        )
    if roles.predicate:
        yield "Where it is used", _query("SELECT ?thing ?value WHERE {\n  ?thing $ ?value\n}\nLIMIT 500", iri)
    if roles.graph:
        text = "SELECT ?thing ?property ?value WHERE {\n  GRAPH $ { ?thing ?property ?value }\n}\nLIMIT 500"
        yield "Its statements", _query(text, iri)
    for kind in [kind for kind in types if usable(kind)][:MAX_TYPES]:
        yield f"Everything of the type {reader.name(kind).value}", _instances(kind)


def _instances(kind: str) -> str:
    names = [_spelt(label, service().settings.prefixes) for label in LABELS[:3]]
    text = (
        "SELECT ?thing (MIN(?name) AS ?label) WHERE {\n"
        f"  ?thing a $\n  OPTIONAL {{ ?thing {'|'.join(names)} ?name }}\n}}\n"
        "GROUP BY ?thing\nORDER BY ?label ?thing\nLIMIT 500"
    )
    return _query(text, kind, names)


def _query(text: str, iri: str, names: Sequence[str] = ()) -> str:
    """The text with an IRI for `$`, by its prefix where there is one for it, and the prefixes of all `names`."""
    prefixes = service().settings.prefixes
    spelt = _spelt(iri, prefixes)
    spaces = {name.partition(":")[0] for name in (spelt, *names) if not name.startswith("<")}
    head = "".join(f"PREFIX {name}: <{prefixes[name]}>\n" for name in sorted(spaces))
    return head + text.replace("$", spelt, 1)


def _spelt(iri: str, prefixes: Mapping[str, str]) -> str:
    """A prefixed name of letters and digits, or the IRI in its brackets."""
    short = shortened(iri, "", prefixes)
    name, sign, local = short.partition(":")
    plain = (
        sign
        and local.replace("_", "").isalnum()
        and local.isascii()
        and prefixes.get(name, "") + local == iri
    )
    return short if plain else Iri(iri).n3()
