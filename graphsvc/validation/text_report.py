"""A report for people at a terminal: one line a result, its place as compilers show it, and the verdict last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphsvc.validation.paging import ReportPage
from graphsvc.validation.report import Report, Result
from graphsvc.validation.wording import messages, plain, shape_name, source, subject, verdict


def write_text(report: Report, prefixes: Mapping[str, str]) -> bytes:
    """The report as plain text: `severity: focus node path value: message [shape]`, notes, counts, verdict.

    Messages in further languages follow on lines of their own, marked with the language; then
    `--> document:line:column`, the line with carets under what is meant, and the remedy after `=`.
    """
    lines = [line for result in report.results for line in _result(result, prefixes, "")]
    lines += [plain(f"note: {note}") for note in report.notes]
    if isinstance(report, ReportPage) and report.pages > 1:
        last = report.first + len(report.results) - 1
        lines.append(
            f"note: Results {report.first:,} to {last:,} of {report.total:,}: "
            f"page {report.page.number:,} of {report.pages:,}."
        )
    lines.append(verdict(report))
    return ("\n".join(lines) + "\n").encode("utf-8")


def _result(result: Result, prefixes: Mapping[str, str], indent: str) -> Iterator[str]:
    found = messages(result)
    first = found[0].value if found else "There is no message."
    shape = shape_name(result, prefixes)
    yield plain(f"{indent}{result.grade.value}: {subject(result, prefixes)}: {first} [{shape}]")
    for message in found[1:]:
        language = f"({message.language}) " if message.language else ""
        yield plain(f"{indent}    {language}{message.value}")
    yield from _place(result, indent)
    for detail in result.details:
        yield from _result(detail, prefixes, indent + "    ")


def _place(result: Result, indent: str) -> Iterator[str]:
    """The location, the line and the remedy, behind a gutter as wide as the line's number."""
    location = result.location
    number = str(location.line) if location is not None and location.line is not None else ""
    gutter = f"{indent}  {' ' * len(number)}"
    if location is not None:
        yield plain(f"{gutter[:-1]}--> {location}")
        yield from (f"{indent}  {line}" for line in source(location))
    if result.remedy:
        yield plain(f"{gutter} = {result.remedy}")
