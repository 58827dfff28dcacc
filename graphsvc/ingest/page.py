"""A Directorate-General's page, taken apart: every fact with the place where it stands.

The layout: a heading `Name (ACRONYM)`; paragraphs; a line that ends in `tasks:`; the tasks, each behind a
bullet; paragraphs; then sections, each with its heading, a sentence that claims a number, the line `Date Title`,
and rows `DD.MM.YYYY title`, of which each may be followed by a line `Type reference`.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from graphsvc.errors import PageError
from graphsvc.ingest.text import Line, SourceText, Span, decode

# Section headings by stage, as the layout has them.
STAGES = {
    "legislative proposals in negotiation": "negotiation",
    "legislation currently being implemented": "implementation",
    "legislation in force": "in-force",
}
_HEADING = re.compile(r"(?P<name>\S.*?)\s*\((?P<acronym>[A-Z][A-Z0-9]+)\)$")
_TASKS = re.compile(r"\btasks\s*:$")
_BULLET = re.compile(r"[•‣▪●◦·*–-]\s+(?P<sentence>\S.*)$")
_COUNT = re.compile(r"There (?:are|is) (?P<bound>at least )?(?P<number>\d{1,3}(?:[,. \u00a0]\d{3})*|\d+)\b")
_HEADER = re.compile(r"Date\s+Title$", re.IGNORECASE)
_ROW = re.compile(r"(?P<date>(?P<day>\d{2})\.(?P<month>\d{2})\.(?P<year>\d{4}))[\s\u00a0]+(?P<title>\S.*)$")
_KIND = re.compile(
    r"(?P<type>[^\W\d_][^()]*?)\s+(?P<reference>(?P<series>[a-z]+)\((?P<year>\d{4})\)(?P<number>\d+))$"
)
_MISSING = re.compile(r"[.…\s]*$")


@dataclass(frozen=True)
class Fact:
    """A piece of the page that states something: its text as printed, and its place."""

    text: str
    span: Span


@dataclass(frozen=True)
class Reference:
    """A document reference, `com(2021)574`, and its parts."""

    printed: Fact
    series: str
    year: int
    number: int


@dataclass(frozen=True)
class Row:
    """One listed instrument: the whole row's place, and what it states."""

    span: Span
    stage: str
    date: datetime.date
    printed_date: Fact
    title: Fact
    type: Fact | None = None
    reference: Reference | None = None

    @property
    def title_is_missing(self) -> bool:
        """Whether only full stops stand where the title should."""
        return _MISSING.match(self.title.text) is not None

    @property
    def title_is_cut(self) -> bool:
        """Whether the title breaks off."""
        return not self.title_is_missing and self.title.text.endswith(("...", "…"))


@dataclass(frozen=True)
class Section:
    """One stage: its sentence, the number that it claims and whether that is a lower bound, and its rows."""

    stage: str
    sentence: Fact
    number: int
    number_span: Span
    at_least: bool
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Unreadable:
    """Lines that a lenient reading passed over: which issue it is, where, and why."""

    issue: str
    fact: Fact
    stage: str
    reason: str


@dataclass(frozen=True)
class Page:
    """All that a page states."""

    source: SourceText
    heading: Fact
    name: Fact
    acronym: Fact
    description: tuple[Fact, ...]
    tasks: tuple[Fact, ...]
    mission: tuple[Fact, ...]
    sections: tuple[Section, ...]
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of all sections, in the page's order."""
        return tuple(row for section in self.sections for row in section.rows)


def read_page(document: bytes, name: str, *, lenient: bool = False) -> Page:
    """Take a page apart.

    Raises PageError with line and column at the first thing that is not laid out as it should be. With
    `lenient`, rows that cannot be read are left out and listed as unreadable; all else is still an error.
    """
    return _Reader(decode(document, name), lenient).page()


def _fact(line: Line, match: re.Match[str] | None = None, group: str = "") -> Fact:
    if match is None:
        return Fact(line.text, line.span)
    return Fact(match[group], line.part(match, group))


@dataclass
class _Reader:
    """Goes through the lines once, from the top."""

    source: SourceText
    lenient: bool
    place: int = 0
    unreadable: list[Unreadable] = field(default_factory=list)

    def page(self) -> Page:
        heading = self._next("The heading is missing.")
        named = _HEADING.match(heading.text)
        if named is None:
            raise self.source.error(
                "The page does not begin with a name and its acronym.",
                heading,
                hint="The first line is of the form: Directorate-General for … (ACRONYM)",
            )
        description = tuple(self._until_tasks())
        tasks = tuple(self._tasks())
        mission = tuple(self._paragraphs())
        sections = tuple(self._sections())
        return Page(
            self.source,
            _fact(heading),
            _fact(heading, named, "name"),
            _fact(heading, named, "acronym"),
            description,
            tasks,
            mission,
            sections,
            tuple(self.unreadable),
        )

    def _peek(self) -> Line | None:
        lines = self.source.lines
        return lines[self.place] if self.place < len(lines) else None

    def _next(self, missing: str, hint: str | None = None) -> Line:
        line = self._peek()
        if line is None:
            raise self.source.error(missing, hint=hint)
        self.place += 1
        return line

    def _until_tasks(self) -> Iterator[Fact]:
        while True:
            line = self._next(
                "The list of tasks is missing.", "It begins with: The DG has the following tasks:"
            )
            if _TASKS.search(line.text):
                return
            if _stage(line) or _HEADER.match(line.text):
                raise self.source.error("The list of tasks is missing before this section.", line)
            yield _fact(line)

    def _tasks(self) -> Iterator[Fact]:
        first = self._peek()
        if first is None or not _BULLET.match(first.text):
            raise self.source.error("There is no task under the heading of the tasks.", first)
        while (line := self._peek()) and (bullet := _BULLET.match(line.text)):
            self.place += 1
            yield _fact(line, bullet, "sentence")

    def _paragraphs(self) -> Iterator[Fact]:
        """The paragraphs up to the first section."""
        while (line := self._peek()) and not _stage(line):
            self._check_paragraph(line)
            self.place += 1
            yield _fact(line)

    def _check_paragraph(self, line: Line) -> None:
        if _HEADER.match(line.text) or _COUNT.match(line.text) or _ROW.match(line.text):
            raise self.source.error(
                "This belongs to a section, and the section's heading is missing or not known.",
                line,
                hint="The headings are: " + "; ".join(heading.capitalize() for heading in STAGES),
            )

    def _sections(self) -> Iterator[Section]:
        seen: dict[str, Line] = {}
        while (line := self._peek()) is not None:
            stage = _stage(line)
            assert stage is not None, "a section ends where the next begins"
            if stage in seen:
                raise self.source.error(
                    f"This section stands in line {seen[stage].number + 1} already.", line
                )
            seen[stage] = line
            self.place += 1
            yield self._section(stage)
        if not seen:
            raise self.source.error("The page has no section with instruments.")

    def _section(self, stage: str) -> Section:
        sentence = self._next("The sentence with the number is missing.")
        claimed = _COUNT.match(sentence.text)
        if claimed is None:
            raise self.source.error(
                "The sentence that says how many there are is missing.",
                sentence,
                hint="It begins with: There are … , or: There are at least …",
            )
        header = self._next("The line 'Date Title' is missing.")
        if not _HEADER.match(header.text):
            raise self.source.error("The line 'Date Title' is missing before this one.", header)
        return Section(
            stage,
            _fact(sentence),
            int(re.sub(r"\D", "", claimed["number"])),
            sentence.part(claimed, "number"),
            claimed["bound"] is not None,
            tuple(self._rows(stage)),
        )

    def _rows(self, stage: str) -> Iterator[Row]:
        while (line := self._peek()) is not None and not _stage(line):
            self.place += 1
            try:
                yield self._row(line, stage)
            except PageError as error:
                if not self.lenient:
                    raise
                self._skip(line, stage, error)

    def _skip(self, line: Line, stage: str, error: PageError) -> None:
        """Pass over a row that cannot be read, with the line of its type and reference."""
        issue = "unreadable-date" if line.text[0].isdigit() else "unreadable-row"
        following = self._peek()
        end = line.span.end
        if issue == "unreadable-date" and following and _KIND.match(following.text):
            self.place += 1
            end = following.span.end
        span = Span(line.start, end)
        self.unreadable.append(Unreadable(issue, Fact(self.source.quote(span), span), stage, error.message))

    def _row(self, line: Line, stage: str) -> Row:
        match = _ROW.match(line.text)
        if match is None:
            raise self._not_a_row(line)
        try:
            date = datetime.date(int(match["year"]), int(match["month"]), int(match["day"]))
        except ValueError:
            raise self.source.error(f"{match['date']} is not a day of the calendar.", line) from None
        row = Row(line.span, stage, date, _fact(line, match, "date"), _fact(line, match, "title"))
        following = self._peek()
        kind = _KIND.match(following.text) if following else None
        if following is None or kind is None:
            return row
        self.place += 1
        reference = Reference(
            _fact(following, kind, "reference"), kind["series"], int(kind["year"]), int(kind["number"])
        )
        return Row(
            Span(line.start, following.span.end),
            stage,
            date,
            row.printed_date,
            row.title,
            _fact(following, kind, "type"),
            reference,
        )

    def _not_a_row(self, line: Line) -> PageError:
        if line.text.casefold().startswith("legislat"):
            return self.source.error(
                "This looks like the heading of a section, and there is no such section.",
                line,
                hint="The headings are: " + "; ".join(heading.capitalize() for heading in STAGES),
            )
        if re.search(r"\([^)]*\d|\d\)", line.text) and not line.text[0].isdigit():
            return self.source.error(
                "This is neither a row nor a type and reference.",
                line,
                hint="A reference is printed as series, year in four digits in brackets, number: com(2021)574",
            )
        if line.text[0].isdigit():
            return self.source.error(
                "This row has no date of the form DD.MM.YYYY, or nothing after it.",
                line,
                hint="As in: 15.09.2021",
            )
        return self.source.error(
            "This row has no date.", line, hint="A row begins with a date, as in: 15.09.2021"
        )


def _stage(line: Line) -> str | None:
    return STAGES.get(re.sub(r"\s+", " ", line.text).casefold())
