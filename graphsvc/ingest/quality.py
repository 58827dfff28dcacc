"""What is odd in a page: kept as it is, and said."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

from graphsvc.ingest.page import Fact, Page, Row
from graphsvc.ingest.reading import row_name
from graphsvc.ingest.rules import slug, task_name
from graphsvc.ingest.text import Span

# The first day of a body, from the EU table of corporate bodies.
FIRST_DAYS = {"CNECT": datetime.date(2012, 7, 1)}
MISSPELT = {
    "accessability": "accessibility",
    "contentindustry": "content industry",
    "servicesthrough": "services through",
}


@dataclass(frozen=True)
class Oddity:
    """One thing that is odd: the issue, the kind and name of what it is about, where, and a sentence."""

    issue: str
    kind: str
    name: str
    span: Span
    comment: str


def oddities(page: Page) -> Iterator[Oddity]:
    """All that is odd in a page, in the page's order within each kind."""
    acronym = page.acronym.text
    org = acronym.lower()
    for fact in (*page.description, *page.mission):
        yield from _misspelt(fact, "org", org)
    for fact in page.tasks:
        yield from _misspelt(fact, "task", task_name(fact.text)[0])
    for section in page.sections:
        if section.at_least:
            comment = f"The page says 'at least {section.number}': the number itself is not given."
            name = f"{org}-{section.stage}"
            yield Oddity("lower-bound-count", "count", name, section.sentence.span, comment)
    for row in page.rows:
        yield from _row(row, FIRST_DAYS.get(acronym))
    for passed in page.unreadable:
        comment = f"Left out: {passed.reason}"
        yield Oddity(passed.issue, "org", org, passed.fact.span, comment)


def _row(row: Row, first_day: datetime.date | None) -> Iterator[Oddity]:
    name = row_name(row)

    def odd(issue: str, span: Span, comment: str) -> Oddity:
        return Oddity(issue, "instrument", name, span, comment)

    if row.title_is_missing:
        yield odd("missing-title", row.title.span, "Where the title should be stands only a full stop.")
    if row.title_is_cut:
        yield odd(
            "truncated-title", row.title.span, "The title breaks off; the page does not print the rest."
        )
    if row.type is None:
        yield odd("missing-type", row.span, "The row does not say what type of instrument this is.")
    if row.reference is None:
        yield odd("missing-reference", row.span, "The row gives no reference of a document.")
    if first_day is not None and row.date < first_day:
        comment = f"The date lies before {first_day.isoformat()}, the first day of the Directorate-General."
        yield odd("predates-organisation", row.printed_date.span, comment)
    yield from _misspelt(row.title, "instrument", name)


def _misspelt(fact: Fact, kind: str, name: str) -> Iterator[Oddity]:
    for wrong, right in MISSPELT.items():
        for match in re.finditer(rf"\b{wrong}\b", fact.text, re.IGNORECASE):
            start = fact.span.start
            span = Span(start + match.start(), start + match.end())
            comment = f"The page prints {match[0]!r}, most likely for {right!r}."
            yield Oddity("misspelt", kind, name, span, comment)


def annotation_name(oddity: Oddity) -> str:
    """The last part of the annotation's IRI; two oddities of one kind about one thing differ by their place."""
    name = f"{oddity.issue}-{slug(oddity.name)}"
    if oddity.issue in ("misspelt", "unreadable-date", "unreadable-row"):
        name += f"-{oddity.span.start}"
    return name
