"""A report on its way from where it is made: a line that says how long it is, and the report in a format."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from graphsvc.formats import Format, by_name
from graphsvc.validation.paging import Page, ReportPage, page_of
from graphsvc.validation.rendering import FILE_FORMATS, render
from graphsvc.validation.report import Report


@dataclass
class Written:
    """A report in a format.

    `results` is how many the whole report has. `length` is the number of bytes where the report is at hand as a
    whole, else None: then iterating may yet raise. `epoch` names the state of the data that were validated where
    they are stored, and is empty for those of a request. The last `kept` bytes are no part of it: they are the
    whole report, for other pages.
    """

    chunks: Iterator[bytes]
    results: int
    length: int | None = None
    epoch: str = ""
    kept: int = 0

    def read(self) -> bytes:
        """All bytes at once."""
        return b"".join(self.chunks)


def written(
    report: Report, form: Format, page: Page | None, prefixes: Mapping[str, str], epoch: str = ""
) -> Written:
    """A report, or a page of it, in a format. Raises NotFound for a page beyond the last."""
    shown = report if page is None or isinstance(report, ReportPage) else page_of(report, page)
    body = render(shown, form, prefixes)
    return Written(iter((body,)), total(shown), len(body), epoch)


def total(report: Report) -> int:
    """How many results a report has, or the one that it is a page of."""
    return report.total if isinstance(report, ReportPage) else len(report.results)


def wishes(form: Format, page: Page | None) -> dict[str, Any]:
    """The format and the page as fields of a job."""
    return {"format": form.name, "page": [page.number, page.size] if page else None}


def wished(fields: Mapping[str, Any]) -> tuple[Format, Page | None]:
    """The format and the page of `wishes`."""
    form = by_name(fields["format"], FILE_FORMATS)
    assert form is not None
    return form, Page(*fields["page"]) if fields["page"] else None


def send(report: Written, out: IO[bytes]) -> None:
    """Write the line and the report."""
    out.write(
        json.dumps({"results": report.results, "epoch": report.epoch, "kept": report.kept}).encode() + b"\n"
    )
    for chunk in report.chunks:
        out.write(chunk)


def received(chunks: Iterator[bytes], length: int | None) -> Written:
    """The report of `send`; `length` is that of the line and the report, where it is known."""
    start = b""
    for chunk in chunks:
        start += chunk
        if b"\n" in chunk:
            break
    line, sign, begun = start.partition(b"\n")
    told = json.loads(line)
    rest = _rest(begun, chunks)
    # Begun here, so that closing it lets go of the job even before its first bytes are taken.
    next(rest)
    left = None if length is None else length - len(line) - len(sign)
    return Written(rest, int(told["results"]), left, str(told["epoch"]), int(told["kept"]))


def _rest(begun: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield b""
        yield begun
        yield from chunks
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
