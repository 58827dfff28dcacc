"""The pages of `/validate`: the form, and a report with its verdict first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template

from graphsvc.formats import Format
from graphsvc.rdf import Iri, Literal, Term
from graphsvc.validation import Report, Result, Severity
from graphsvc.validation.compact import compact
from graphsvc.validation.wording import excerpt, shape_name, verdict
from graphsvc.web.addresses import link_to
from graphsvc.web.representation import languages
from graphsvc.web.service import service

MAX_SHOWN = 1_000
EXAMPLE = """@prefix ex: <http://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

ex:alice a ex:Person ;
    ex:born "1990-13-01"^^xsd:date .
"""
EXAMPLE_SHAPES = """@prefix ex: <http://example.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

ex:PersonShape a sh:NodeShape ;
    sh:targetClass ex:Person ;
    sh:property [
        sh:path ex:born ;
        sh:datatype xsd:date ;
        sh:message "The day of birth is a date, as in 1990-12-31."@en
    ] .
"""


@dataclass(frozen=True)
class Shown:
    """A term as a page shows it: its text, and where it leads, if it is one of ours."""

    text: str
    link: str | None = None


@dataclass(frozen=True)
class ShownResult:
    """A result as a page shows it."""

    severity: Severity
    focus: Shown
    owner: Shown | None
    path: str | None
    value: Shown | None
    messages: tuple[Literal, ...]
    component: str
    place: str | None
    source: str
    carets: str
    remedy: str | None
    details: tuple[ShownResult, ...]


def form_page(syntaxes: Sequence[Format], reports: Sequence[Format]) -> str:
    """The form to paste or upload what is to be validated."""
    return render_template(
        "validate.html",
        syntaxes=syntaxes,
        reports=reports,
        severities=list(Severity),
        example=EXAMPLE,
        example_shapes=EXAMPLE_SHAPES,
        limit=service().settings.max_upload_bytes,
    )


def report_page(report: Report) -> str:
    """A report: the verdict, the counts, and the results by shape, at most MAX_SHOWN of them."""
    groups: dict[Shown, list[ShownResult]] = {}
    preferred = languages()
    for result in report.results[:MAX_SHOWN]:
        groups.setdefault(_shape(result), []).append(_shown(result, preferred))
    return render_template(
        "report.html",
        report=report,
        verdict=verdict(report),
        groups=groups,
        shown=min(MAX_SHOWN, len(report.results)),
    )


def _shape(result: Result) -> Shown:
    link = link_to(result.within.value) if result.within else None
    return Shown(shape_name(result, service().settings.prefixes), link)


def _shown(result: Result, preferred: Sequence[str]) -> ShownResult:
    prefixes = service().settings.prefixes
    source, carets = excerpt(result.location) if result.location else ("", "")
    rank = {language: place for place, language in enumerate(preferred)}
    return ShownResult(
        severity=result.grade,
        focus=_term(result.focus_node),
        owner=_term(result.owner) if result.owner else None,
        path=result.path.text(prefixes) if result.path else None,
        value=_term(result.value) if result.value not in (None, result.focus_node) else None,
        messages=tuple(sorted(result.messages, key=lambda each: rank.get(each.language.lower(), len(rank)))),
        component=compact(result.component, prefixes),
        place=str(result.location) if result.location else None,
        source=source,
        carets=carets,
        remedy=result.remedy,
        details=tuple(_shown(detail, preferred) for detail in result.details),
    )


def _term(term: Term | None) -> Shown:
    assert term is not None
    text = compact(term, service().settings.prefixes)
    return Shown(text, link_to(term.value) if isinstance(term, Iri) else None)
