"""The pages of `/validate`: the form, and a report with its verdict first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from flask import render_template

from graphsvc.formats import Format
from graphsvc.rdf import Iri, Literal, Term
from graphsvc.store.rows import select
from graphsvc.validation import Report, Result, Severity
from graphsvc.validation.compact import compact
from graphsvc.validation.paging import ReportPage
from graphsvc.validation.wording import excerpt, shape_name, verdict
from graphsvc.validation.written import total
from graphsvc.web.addresses import about_link, link_to
from graphsvc.web.representation import languages
from graphsvc.web.service import local_path, service

# So many graphs are offered by name in the form; any other can be typed.
MAX_GRAPHS = 200
# What a fragment may hold as it is. https://www.rfc-editor.org/rfc/rfc3986#section-3.5
_FRAGMENT = "%/?:@!$&'()*+,;=~-._"
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
    """A result as a page shows it; `rule` is where the constraint is documented."""

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
    rule: str | None
    details: tuple[ShownResult, ...]


@dataclass(frozen=True)
class ReportView:
    """How a report is shown.

    `graphs` are the stored graphs that it is on (none: the whole dataset), None for what a request brought.
    `own_shapes` says that the shapes are the project's. `previous` and `following` lead to other pages.
    """

    graphs: tuple[str, ...] | None = None
    own_shapes: bool = False
    previous: str | None = None
    following: str | None = None


def form_page(syntaxes: Sequence[Format], reports: Sequence[Format]) -> str:
    """The form to paste, upload or name what is to be validated."""
    return render_template(
        "validate.html",
        syntaxes=syntaxes,
        reports=reports,
        severities=list(Severity),
        example=EXAMPLE,
        example_shapes=EXAMPLE_SHAPES,
        limit=service().settings.max_upload_bytes,
        graphs=_graphs(),
    )


def _graphs() -> list[str]:
    # Not every engine tells of graphs by an empty pattern.
    remote = service().settings.store.startswith("remote:")
    pattern = "?s ?p ?o" if remote else ""
    found = select(
        service().store,
        f"SELECT DISTINCT ?graph {{ GRAPH ?graph {{ {pattern} }} }} ORDER BY ?graph LIMIT {MAX_GRAPHS}",
    )
    return [row["graph"].value for row in found]


def report_page(report: Report, view: ReportView) -> str:
    """A report, or a page of it: the verdict, the counts, and the results by shape."""
    groups: dict[tuple[Shown, str | None], list[ShownResult]] = {}
    preferred = languages()
    for result in report.results:
        groups.setdefault(_shape(result, view), []).append(_shown(result, preferred, view))
    return render_template(
        "report.html",
        report=report,
        verdict=verdict(report),
        groups=groups,
        view=view,
        total=total(report),
        first=report.first if isinstance(report, ReportPage) else 1,
    )


def _shape(result: Result, view: ReportView) -> tuple[Shown, str | None]:
    """The shape, and where it is documented."""
    link = link_to(result.within.value) if result.within else None
    shown = Shown(shape_name(result, service().settings.prefixes), link)
    return shown, _rule(result.within, view)


def _rule(shape: Term | None, view: ReportView) -> str | None:
    """Where a shape of the project is documented."""
    if not view.own_shapes or not isinstance(shape, Iri):
        return None
    return f"{local_path('/shapes')}#{quote(shape.value, safe=_FRAGMENT)}"


def _shown(result: Result, preferred: Sequence[str], view: ReportView) -> ShownResult:
    prefixes = service().settings.prefixes
    source, carets = excerpt(result.location) if result.location else ("", "")
    rank = {language: place for place, language in enumerate(preferred)}
    return ShownResult(
        severity=result.grade,
        focus=_term(result.focus_node, view),
        owner=_term(result.owner, view) if result.owner else None,
        path=result.path.text(prefixes) if result.path else None,
        value=_term(result.value, view) if result.value not in (None, result.focus_node) else None,
        messages=tuple(sorted(result.messages, key=lambda each: rank.get(each.language.lower(), len(rank)))),
        component=compact(result.component, prefixes),
        place=str(result.location) if result.location else None,
        source=source,
        carets=carets,
        remedy=result.remedy,
        rule=_rule(result.source_shape, view),
        details=tuple(_shown(detail, preferred, view) for detail in result.details),
    )


def _term(term: Term | None, view: ReportView) -> Shown:
    """A term; what is stored has a page here, whatever its IRI."""
    assert term is not None
    text = compact(term, service().settings.prefixes)
    if not isinstance(term, Iri):
        return Shown(text)
    elsewhere = about_link(term.value) if view.graphs is not None else None
    return Shown(text, link_to(term.value) or elsewhere)
