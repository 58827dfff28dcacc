"""A report as commands of GitHub Actions' log, which GitHub shows beside the lines of a pull request.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphsvc.validation.report import Report, Result, Severity
from graphsvc.validation.wording import message, plain, reasons, shape_name, subject, verdict

_COMMANDS = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def write_github(report: Report, prefixes: Mapping[str, str]) -> bytes:
    """The report as one `::error …::message` (or warning, notice) a result, and the verdict as a plain line."""
    lines = [_command(result, prefixes) for result in report.results]
    lines += [f"::notice::{_escaped(note, _DATA)}" for note in report.notes]
    return ("\n".join([*lines, verdict(report)]) + "\n").encode("utf-8")


def _command(result: Result, prefixes: Mapping[str, str]) -> str:
    texts = [subject(result, prefixes), message(result), result.remedy, *reasons(result, prefixes)]
    # A message may have lines; what else is no plain text in it must not reach a terminal.
    text = "\n".join(plain(each) for each in texts if each)
    properties = ",".join(
        f"{name}={_escaped(str(value), _PROPERTY)}" for name, value in _properties(result, prefixes)
    )
    return f"::{_COMMANDS[result.grade]} {properties}::{_escaped(text, _DATA)}"


def _properties(result: Result, prefixes: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    location = result.location
    if location is not None:
        yield "file", plain(location.document)
        if location.line is not None:
            yield "line", location.line
            yield "endLine", location.end_line
            # GitHub takes columns only where a mark begins and ends on one line.
            if location.line == location.end_line:
                yield "col", location.column
                yield "endColumn", location.end_column
    yield "title", plain(shape_name(result, prefixes))


def _escaped(text: str, characters: Mapping[str, str]) -> str:
    return "".join(characters.get(each, each) for each in text)
