"""How every form of a report for people and their tools puts a result into words."""

from __future__ import annotations

import re
from collections.abc import Mapping

from graphsvc.rdf import Iri, Literal, Term
from graphsvc.validation.compact import compact
from graphsvc.validation.report import Location, Report, Result, Severity

# What could steer a terminal, or look like another line.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


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


def subject(result: Result, prefixes: Mapping[str, str]) -> str:
    """What a result is about: focus node, path and value."""
    about = [focus_name(result, prefixes)]
    if result.path is not None:
        about.append(result.path.text(prefixes))
    if result.value is not None and result.value != result.focus_node:
        about.append(compact(result.value, prefixes))
    return " ".join(about)


def focus_name(result: Result, prefixes: Mapping[str, str]) -> str:
    """The focus node, and the IRI that leads to it where it is a blank node."""
    name = compact(result.focus_node, prefixes)
    return f"{name} (of {compact(result.owner, prefixes)})" if result.owner is not None else name


def messages(result: Result) -> list[Literal]:
    """The messages, those in English first, as what surrounds them is."""
    return sorted(result.messages, key=_other_language)


def message(result: Result) -> str:
    """The first message."""
    found = messages(result)
    return found[0].value if found else "There is no message."


def reasons(result: Result, prefixes: Mapping[str, str]) -> list[str]:
    """The results that caused this one, each in a sentence with its remedy, and then what caused those."""
    found = []
    for detail in result.details:
        texts = (f"{subject(detail, prefixes)}: {message(detail)}", detail.remedy)
        found += [" ".join(text for text in texts if text), *reasons(detail, prefixes)]
    return found


def _other_language(message: Literal) -> bool:
    return bool(message.language) and message.language.partition("-")[0] != "en"


def shape_name(result: Result, prefixes: Mapping[str, str]) -> str:
    """The shape for people: by its IRI, or as a part of the shape that it belongs to."""
    shape: Term = result.source_shape
    if isinstance(shape, Iri):
        return compact(shape, prefixes)
    if result.within is not None:
        return f"a part of {compact(result.within, prefixes)}"
    return compact(shape, prefixes)


def plain(text: str) -> str:
    """The text on one line, without what could steer a terminal."""
    return _CONTROL.sub(" ", text)


def source(location: Location) -> list[str]:
    """The source line behind a gutter with its number, and the carets under it; nothing where it is not known."""
    line, carets = excerpt(location)
    number = str(location.line)
    return [f"{number} | {line}".rstrip(), f"{' ' * len(number)} | {carets}"] if line else []


def excerpt(location: Location) -> tuple[str, str]:
    """The source line, and a line of carets under what is meant; both empty where the line is not known.

    A mark of more than one line, or beyond what is shown, is pointed at where it begins.
    """
    if location.line is None or location.column is None or not location.text:
        return "", ""
    # One character for one, so that the carets stand where they belong.
    shown = "".join(" " if _CONTROL.match(each) else each for each in location.text)
    before = location.column - location.text_column
    length = 1
    if location.end_line == location.line and location.end_column is not None:
        length = max(1, min(location.end_column - location.column, len(shown) - before))
    cut = "…" if location.text_column > 1 else ""
    return cut + shown, " " * (before + len(cut)) + "^" * length
