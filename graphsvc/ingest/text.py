"""A source text with its positions: characters and lines from 0, as RFC 5147 counts them.

https://www.rfc-editor.org/rfc/rfc5147#section-2.1
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from graphsvc.errors import PageError

_NEWLINE = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, order=True)
class Span:
    """A piece of the text: from character `start` to before character `end`."""

    start: int
    end: int


@dataclass(frozen=True)
class Line:
    """One line: its number from 0, where it starts, and its text without the white space around it."""

    number: int
    start: int
    text: str

    @property
    def span(self) -> Span:
        """The line without the white space around it."""
        return Span(self.start, self.start + len(self.text))

    def part(self, match: re.Match[str], group: int | str) -> Span:
        """Where a group of a match on this line stands in the text."""
        return Span(self.start + match.start(group), self.start + match.end(group))


@dataclass(frozen=True)
class SourceText:
    """The text of a source page under a name; every line end counts as one character."""

    name: str
    text: str

    @cached_property
    def starts(self) -> list[int]:
        """Where each line starts."""
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    @cached_property
    def lines(self) -> list[Line]:
        """The lines that hold more than white space."""
        found = []
        for number, (start, raw) in enumerate(zip(self.starts, self.text.split("\n"), strict=True)):
            bare = raw.strip().strip("\ufeff")
            if bare:
                found.append(Line(number, start + raw.index(bare), bare))
        return found

    def quote(self, span: Span) -> str:
        """The characters of a span."""
        return self.text[span.start : span.end]

    def line_range(self, span: Span) -> tuple[int, int]:
        """The lines that a span touches: the first, and the one after the last, from 0."""
        return self._line_at(span.start), self._line_at(max(span.start, span.end - 1)) + 1

    def _line_at(self, position: int) -> int:
        return bisect_right(self.starts, position) - 1

    def error(self, message: str, line: Line | None = None, *, hint: str | None = None) -> PageError:
        """An error at a line of this text, or at its end."""
        number = line.number if line else len(self.starts) - 1
        shown = self.text.split("\n")[number]
        column = shown.index(line.text) + 1 if line else len(shown) + 1
        return PageError(
            message, source=self.name, line=number + 1, column=column, source_line=shown, hint=hint
        )


def decode(document: bytes, name: str) -> SourceText:
    """The text of a document. Raises PageError for what is empty, binary or not UTF-8."""
    if b"\0" in document:
        line = document[: document.index(b"\0")].count(b"\n") + 1
        raise PageError("This is no text: it holds a NUL byte.", source=name, line=line)
    try:
        text = document.decode("utf-8")
    except UnicodeDecodeError as error:
        line = document[: error.start].count(b"\n") + 1
        raise PageError(
            f"Byte {document[error.start]:#04x} is not UTF-8 here.",
            source=name,
            line=line,
            column=len(document[document.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8")) + 1,
            hint="Save the page as UTF-8; it is likely to be in Latin-1 or Windows-1252.",
        ) from None
    if not text.strip().strip("\ufeff"):
        raise PageError("The page is empty.", source=name, line=1)
    return SourceText(name, _NEWLINE.sub("\n", text))
