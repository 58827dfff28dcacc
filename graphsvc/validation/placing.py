"""Where results are in the documents that were sent: for each result one triple, and the line where it stands.

Done after the validation, and only for documents in which a result is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from graphsvc.positions import Part, Region, find, regions
from graphsvc.rdf import Iri, Literal, Term
from graphsvc.validation.path import Kind
from graphsvc.validation.report import Location, Report, Result
from graphsvc.validation.statements import Document, Statements, Triple, blank_stem, read_triples
from graphsvc.vocab import PREFIXES

_SH = PREFIXES["sh"]
_CLOSED = Iri(_SH + "ClosedConstraintComponent")
_MAX_COUNT = Iri(_SH + "MaxCountConstraintComponent")
_UNIQUE_LANG = Iri(_SH + "UniqueLangConstraintComponent")


class _Target(NamedTuple):
    """What a result points at."""

    triple: Triple
    part: Part


def placed(report: Report, data: Statements, documents: Sequence[Document]) -> Report:
    """The report with the location of each result, as far as it can be told.

    A result on a value points at the value; one on a property that is not there, or on a node, at the first
    statement about the focus node, by preference of its class; one on too many values at the last of them.
    """
    targets = [_target(result, data) for result in _all(report.results)]
    locations: list[Location | None] = [None] * len(targets)
    by_name: dict[str, list[int]] = {}
    done: set[int] = set()
    for index, target in enumerate(targets):
        if target is not None:
            name = data.triples[target.triple]
            by_name.setdefault(name, []).append(index)
            locations[index] = Location(name)
    for number, document in enumerate(documents, start=1):
        # Two documents may have the same name; what is not in the one is in the other.
        missing = {
            index: target
            for index in by_name.get(document.name, ())
            if (target := targets[index]) is not None and index not in done
        }
        for index, location in _in_document(document, blank_stem("data", number), missing):
            locations[index] = location
            done.add(index)
    following = iter(locations)

    def moved(result: Result) -> Result:
        location = next(following)  # in the order of `_all`
        return replace(result, location=location, details=tuple(map(moved, result.details)))

    return replace(report, results=tuple(map(moved, report.results)))


def _all(results: Iterable[Result]) -> Iterator[Result]:
    for result in results:
        yield result
        yield from _all(result.details)


def _target(result: Result, data: Statements) -> _Target | None:
    """The first that the data have of: the statement that is at fault, and one about the focus node."""
    part = Part.PREDICATE if result.component == _CLOSED else Part.OBJECT
    for triple in _at_fault(result, data):
        if triple in data.triples:
            return _Target(triple, part)
    mention = data.first_mention(result.focus_node)
    if mention is None:
        return None
    return _Target(mention, Part.SUBJECT if mention[0] == result.focus_node else Part.OBJECT)


def _at_fault(result: Result, data: Statements) -> Iterator[Triple]:
    path, focus = result.path, result.focus_node
    if path is not None and path.kind is Kind.PREDICATE:
        if result.value is not None:
            yield focus, Iri(path.iri), result.value
        else:
            value = _surplus(result.component, data.objects(focus, Iri(path.iri)))
            if value is not None:
                yield focus, Iri(path.iri), value
    elif path is not None and path.kind is Kind.INVERSE and result.value is not None:
        # The IRI of a path that is more than a predicate is empty: no triple has it.
        yield result.value, Iri(path.parts[0].iri), focus


def _surplus(component: Iri, values: Sequence[Term]) -> Term | None:
    """The value too many, where a result is on all of them."""
    if component == _UNIQUE_LANG:
        seen: set[str] = set()
        for value in values:
            language = value.language.lower() if isinstance(value, Literal) else ""
            if language and language in seen:
                return value
            seen.add(language)
    return values[-1] if component == _MAX_COUNT and values else None


def _in_document(
    document: Document, stem: str, targets: Mapping[int, _Target]
) -> Iterator[tuple[int, Location]]:
    """Where a document has the targets that it has."""
    if not targets:
        return
    triples = {target.triple for target in targets.values()}
    found = find(document.content, document.syntax, document.base, read_triples(document, stem), triples)
    spots = {
        index: place.parts[target.part.value]
        for index, target in targets.items()
        if (place := found.get(target.triple)) is not None
    }
    shown = regions(document.content, set(spots.values()))
    for index, spot in spots.items():
        yield index, _location(document.name, shown[spot], found[targets[index].triple].pointer)


def _location(document: str, region: Region, pointer: str | None) -> Location:
    start, end = region.start, region.end
    return Location(
        document, start.line, start.column, end.line, end.column, region.text, region.text_column, pointer
    )
