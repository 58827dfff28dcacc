"""RDF terms as people read them: text, link, language, and where a statement comes from.

A template gets these values only, and escapes them; no term reaches a page in any other way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from graphsvc.describe.labels import labels, shortened
from graphsvc.rdf import BlankNode, Iri, Literal, Term, TripleTerm
from graphsvc.rdf.terms import XSD_STRING
from graphsvc.store import Store
from graphsvc.vocab import PREFIXES
from graphsvc.web.addresses import about_link, link_to
from graphsvc.web.service import service

XSD = PREFIXES["xsd"]
LINKED_SCHEMES = ("http://", "https://", "mailto:", "urn:")
# A longer text is cut on a page; the RDF has it whole.
MAX_TEXT = 5_000
_MONTHS = "January February March April May June July August September October November December".split()
_DATE = re.compile(r"(-?\d{4,9})-(\d\d)-(\d\d)(Z|[+-]\d\d:\d\d)?\Z")
_MOMENT = re.compile(r"(-?\d{4,9}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)(?:\.\d{1,3})?(Z|[+-]\d\d:\d\d)?\Z")
_WHOLE_NUMBER = re.compile(r"[+-]?\d{5,}\Z")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_PLAIN_TYPES = frozenset(
    {XSD_STRING, PREFIXES["rdf"] + "langString"}
    | {
        XSD + name
        for name in (
            "anyURI boolean byte date dateTime decimal double float gYear gYearMonth int integer long "
            "nonNegativeInteger positiveInteger short time unsignedInt unsignedLong"
        ).split()
    }
)


@dataclass(frozen=True)
class Note:
    """One thing said of a statement: what kind of thing, and the value."""

    label: Value
    value: Value


@dataclass(frozen=True)
class Quote:
    """The words of a source: where they stand, and a link to the place."""

    text: str
    href: str | None
    place: str


@dataclass(frozen=True)
class Value:
    """One value on a page.

    `href` is where a link goes, `external` whether it leaves the service, `about` the page of all that is
    known here of something that belongs elsewhere; `machine` the exact value of a date; `code` that of a concept
    in its vocabulary; `iri` what is linked; `nested` the statements of a blank node; `members` those of a list.
    """

    text: str
    language: str = ""
    href: str | None = None
    external: bool = False
    about: str | None = None
    iri: str = ""
    machine: str | None = None
    code: str = ""
    datatype: str | None = None
    cut: int = 0
    graphs: tuple[int, ...] = ()
    inferred: bool = False
    notes: tuple[Note, ...] = ()
    quotes: tuple[Quote, ...] = ()
    nested: tuple[Group, ...] = ()
    members: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Group:
    """A property and its values; `more` links to all of them where only `len(values)` of `number` are here.

    `meaning` is what the property is defined as; `at_least` says that there are more than `number`.
    """

    property: Value
    values: tuple[Value, ...]
    number: int = 0
    more: str | None = None
    meaning: Value | None = None
    at_least: bool = False


@dataclass
class Reader:
    """Who reads a page: their languages, and the labels that the page needs, asked for all at once."""

    store: Store
    languages: Sequence[str]
    known: dict[str, Literal] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)

    def learn(self, iris: Iterable[str]) -> None:
        """Ask for the labels of IRIs that are not known yet."""
        self.known |= labels(self.store, set(iris) - self.known.keys(), self.languages)

    def name(self, iri: str) -> Literal:
        """What an IRI is called; its short form where it has no label."""
        settings = service().settings
        found = self.known.get(iri)
        return found or Literal(shortened(iri, settings.base, settings.prefixes))

    def link(self, iri: str) -> Value:
        """An IRI by its name, linked if it may be."""
        name = self.name(iri)
        local = link_to(iri)
        if local is not None:
            return Value(printable(name.value), name.language, local, iri=iri)
        href = iri if iri.lower().startswith(LINKED_SCHEMES) else None
        about = about_link(iri) if iri in self.known else None
        code = self.codes.get(iri, "") if iri in self.known else ""
        return Value(
            printable(name.value), name.language, href, href is not None, about, iri, code=printable(code)
        )

    def value(self, term: Term) -> Value:
        """Any term."""
        if isinstance(term, Iri):
            return self.link(term.value)
        if isinstance(term, BlankNode):
            return Value("(a node without a name)")
        if isinstance(term, TripleTerm):
            parts = (self.value(part).text for part in (term.subject, term.predicate, term.object))
            return Value(f"«{' '.join(parts)}»", datatype="triple term")
        return _literal(term, service().settings.prefixes)


def _literal(term: Literal, prefixes: Mapping[str, str]) -> Value:
    text, machine, href = printable(term.value), None, None
    if term.datatype in (XSD + "date", XSD + "dateTime"):
        text, machine = _moment(term)
    elif term.datatype.startswith(XSD) and term.datatype in _PLAIN_TYPES - {XSD_STRING}:
        if _WHOLE_NUMBER.match(term.value):
            text = f"{int(term.value):,}" if len(term.value) < 30 else text
        elif term.datatype == XSD + "anyURI" and term.value.lower().startswith(LINKED_SCHEMES):
            href = term.value if " " not in term.value else None
    datatype = None if term.datatype in _PLAIN_TYPES else shortened(term.datatype, "", prefixes)
    cut = len(text) if len(text) > MAX_TEXT else 0
    return Value(
        text[:MAX_TEXT] if cut else text,
        term.language,
        link_to(href) or href if href else None,
        href is not None and link_to(href) is None,
        machine=machine,
        datatype=datatype,
        cut=cut,
        iri=href or "",
    )


def _moment(term: Literal) -> tuple[str, str | None]:
    """A date or a time as people write it, and as HTML's `time` takes it, if it does.

    https://html.spec.whatwg.org/multipage/text-level-semantics.html#datetime-value
    """
    clock = _MOMENT.match(term.value) if term.datatype == XSD + "dateTime" else None
    day = _DATE.match(clock[1] if clock else term.value)
    if not day or (term.datatype == XSD + "dateTime" and not clock) or not 1 <= int(day[2]) <= 12:
        return printable(term.value), None
    text = f"{int(day[3])} {_MONTHS[int(day[2]) - 1]} {day[1]}"
    usual = len(day[1]) == 4
    if clock is None:
        return text + (f" ({day[4]})" if day[4] else ""), term.value if usual and not day[4] else None
    seconds = "" if clock[3] == ":00" else clock[3]
    zone = " UTC" if clock[4] == "Z" else f" ({clock[4]})" if clock[4] else ""
    return f"{text}, {clock[2]}{seconds}{zone}", term.value if usual else None


def printable(text: str) -> str:
    """The text with what HTML cannot carry replaced."""
    return _UNPRINTABLE.sub("\ufffd", text)
