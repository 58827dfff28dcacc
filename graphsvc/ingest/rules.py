"""The rules of derivation, as pure functions; `ontology/rules.ttl` says each of them in words."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from graphsvc.formats import TURTLE
from graphsvc.ingest.claims import GUESS, RULE, term
from graphsvc.ingest.page import Reference, Row
from graphsvc.rdf import read_document

_ACTS = {"Decision", "Directive", "Regulation"}
_DESCRIPTORS = {"JOIN": "JC", "SEC": "SC", "SWD": "SC"}
_DOCUMENT_TYPES = {
    ("Decision", "COM"): "PROP_DEC",
    ("Decision", "JOIN"): "JOINT_PROP_DEC",
    ("Regulation", "COM"): "PROP_REG",
}
_PLAIN_TYPES = {"Communication": "COMMUNIC", "Report": "REPORT"}
_CITED = re.compile(
    r"\b(?P<kind>Regulation|Directive|Decision)\s+(?:\((?:EU|EC|EEC|Euratom|EU, Euratom)\)\s+)?"
    r"(?P<no>No\s+)?(?P<first>\d{1,4})/(?P<second>\d{1,4})\b"
)
_ELI_KINDS = {"Regulation": "reg", "Directive": "dir", "Decision": "dec"}
# Names of bodies as pages print them, by their code in the EU table of corporate bodies.
BODIES = {
    "com": ("European Commission", re.compile(r"\bEuropean Commission\b")),
    "consil": ("Council of the European Union", re.compile(r"\bCouncil\b(?! resolution)")),
    "ep": ("European Parliament", re.compile(r"\bEuropean Parliament\b")),
    "eums": ("The Member States", re.compile(r"\bmember states\b", re.IGNORECASE)),
}
# Words of a task's sentence that say nothing of its subject: function words, what tasks do, and measures.
_EMPTY_WORDS = frozenset(
    """
    a an and at by for from in into of on or other that the their this to with which its such
    contribute define develop ensure foster help implement improve increase promote represent stimulate
    strengthen support
    availability based development level order use
    """.split()
)


def document_series(reference: Reference) -> str:
    """`COM` of com(2021)574."""
    return reference.series.upper()


def celex(reference: Reference, stated_type: str) -> tuple[str, str] | None:
    """The CELEX number that a reference and type give, and how surely; None where the rule has none."""
    series = document_series(reference)
    descriptor = _DESCRIPTORS.get(series)
    if series == "COM":
        descriptor = "PC" if stated_type in _ACTS else "DC" if stated_type in _PLAIN_TYPES else None
    if descriptor is None or reference.number > 9999:
        return None
    certainty = GUESS if series in ("SEC", "SWD") else RULE
    return f"5{reference.year:04d}{descriptor}{reference.number:04d}", certainty


def document_type(reference: Reference, stated_type: str) -> str | None:
    """The code in the EU table of resource types, or None."""
    known = _DOCUMENT_TYPES.get((stated_type, document_series(reference)))
    return known or _PLAIN_TYPES.get(stated_type)


def is_draft(reference: Reference, stated_type: str) -> bool:
    """Whether an instrument is a proposal for an act."""
    return stated_type in _ACTS and document_series(reference) in ("COM", "JOIN")


def label(row: Row) -> str:
    """What an instrument is called on a page for people."""
    if not row.title_is_missing:
        text = row.title.text
        return text if row.title_is_cut else text.removesuffix(".")
    parts = [row.type.text if row.type else "", row.reference.printed.text if row.reference else ""]
    return " ".join(part for part in parts if part) or f"Untitled, {row.date.isoformat()}"


def cited_acts(title: str) -> list[tuple[int, str]]:
    """The acts that a title cites: where the citation starts, and the act's ELI."""
    found = []
    for match in _CITED.finditer(title):
        first, second = int(match["first"]), int(match["second"])
        number, year = (first, second) if match["no"] else (second, first)
        if 1950 <= year <= 2100:
            found.append(
                (match.start(), f"http://data.europa.eu/eli/{_ELI_KINDS[match['kind']]}/{year}/{number}/oj")
            )
    return found


def foresees_amendment(title: str, start: int) -> bool:
    """Whether a title says of the act that is cited at `start` that it is to be amended."""
    return title[:start].strip() == "Amendment of"


def slug(text: str) -> str:
    """A text as the last part of an IRI: lower case, without accents, words joined by hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def task_name(sentence: str) -> tuple[str, str]:
    """The slug and the short label of a task: its first two telling words, and what stands between them.

    Words in `_EMPTY_WORDS` and the name of the Commission tell nothing; nor does what follows the first comma,
    semicolon or bracket once a telling word was found.
    """
    words = list(re.finditer(r"[^\W_]+(?:[-’'][^\W_]+)*", sentence))
    hidden = BODIES["com"][1].search(sentence)
    telling: list[re.Match[str]] = []
    for word in words:
        if telling and re.search(r"[,;(:]", sentence[telling[-1].end() : word.start()]):
            break
        inside = hidden is not None and hidden.start() <= word.start() < hidden.end()
        if word[0].lower() not in _EMPTY_WORDS and not inside:
            telling.append(word)
        if len(telling) == 2:
            break
    if not telling:
        return slug(sentence), sentence
    between = sentence[telling[0].start() : telling[-1].end()]
    return slug(" ".join(word[0] for word in telling)), between[0].upper() + between[1:]


@dataclass(frozen=True)
class Theme:
    """A theme: its IRI, the phrases that tell it, and the EuroVoc concepts that are the same."""

    iri: str
    phrases: tuple[str, ...]
    same: tuple[str, ...]

    def found_in(self, text: str) -> bool:
        """Whether the text holds one of the phrases as whole words, ignoring case."""
        return any(
            re.search(rf"(?<![^\W_]){re.escape(phrase)}(?![^\W_])", text, re.IGNORECASE)
            for phrase in self.phrases
        )


def read_themes(path: Path, base: str) -> tuple[Theme, ...]:
    """The themes of a SKOS file, sorted by IRI. Raises DataSyntaxError."""
    phrases: dict[str, set[str]] = {}
    same: dict[str, set[str]] = {}
    telling = {term("skos:altLabel"), term("skos:hiddenLabel")}
    for quad in read_document(path.read_bytes(), TURTLE, source=str(path), base=f"{base}/"):
        if not isinstance(quad.subject, ox.NamedNode):
            continue
        if quad.predicate in telling and isinstance(quad.object, ox.Literal):
            phrases.setdefault(quad.subject.value, set()).add(quad.object.value)
        elif quad.predicate == term("skos:exactMatch") and isinstance(quad.object, ox.NamedNode):
            same.setdefault(quad.subject.value, set()).add(quad.object.value)
    return tuple(
        Theme(iri, tuple(sorted(phrases[iri])), tuple(sorted(same.get(iri, ())))) for iri in sorted(phrases)
    )
