"""A report for people at a terminal: one line a result, as compilers write them, and the verdict last."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from graphsvc.rdf import Iri, Literal, Term
from graphsvc.validation.compact import compact
from graphsvc.validation.report import Report, Result, Severity

# What could steer a terminal, or look like another line.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def write_text(report: Report, prefixes: Mapping[str, str]) -> bytes:
    """The report as plain text: `severity: focus node path value: message [shape]`, notes, counts, verdict.

    Messages in further languages follow on lines of their own, marked with the language.
    """
    lines = [line for result in report.results for line in _result(result, prefixes, "")]
    lines += [f"note: {_plain(note)}" for note in report.notes]
    lines.append(verdict(report))
    return ("\n".join(lines) + "\n").encode("utf-8")


def verdict(report: Report) -> str:
    """The verdict in one sentence, with the counts where there is something to count."""
    if report.conforms:
        return "The data conform."
    counts = ", ".join(
        f"{count:,} {severity.value}{'' if count == 1 else 's'}"
        for severity, count in report.counts.items()
        if count
    )
    if report.passes:
        return f"The data do not conform ({counts}), and pass: nothing is as grave as {_article(report)}."
    return f"The data do not conform: {counts}."


def _article(report: Report) -> str:
    name = report.threshold.value
    return f"an {name}" if report.threshold is Severity.INFO else f"a {name}"


def _result(result: Result, prefixes: Mapping[str, str], indent: str) -> Iterator[str]:
    about = [compact(result.focus_node, prefixes)]
    if result.owner is not None:
        about.append(f"(of {compact(result.owner, prefixes)})")
    if result.path is not None:
        about.append(result.path.text(prefixes))
    if result.value is not None and result.value != result.focus_node:
        about.append(compact(result.value, prefixes))
    messages = sorted(result.messages, key=_english_first)
    first = messages[0].value if messages else "There is no message."
    shape = shape_name(result, prefixes)
    yield _plain(f"{indent}{result.grade.value}: {' '.join(about)}: {first} [{shape}]")
    for message in messages[1:]:
        language = f"({message.language}) " if message.language else ""
        yield _plain(f"{indent}    {language}{message.value}")
    for detail in result.details:
        yield from _result(detail, prefixes, indent + "    ")


def _english_first(message: Literal) -> bool:
    """What surrounds a message here is English."""
    return bool(message.language) and message.language.partition("-")[0] != "en"


def shape_name(result: Result, prefixes: Mapping[str, str]) -> str:
    """The shape for people: by its IRI, or as a part of the shape that it belongs to."""
    shape: Term = result.source_shape
    if isinstance(shape, Iri):
        return compact(shape, prefixes)
    if result.within is not None:
        return f"a part of {compact(result.within, prefixes)}"
    return compact(shape, prefixes)


def _plain(line: str) -> str:
    return _CONTROL.sub(" ", line)
