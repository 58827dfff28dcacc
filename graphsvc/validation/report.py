"""What a validation finds, as values. https://www.w3.org/TR/shacl/#validation-report"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from graphsvc.errors import BadRequest
from graphsvc.rdf import Iri, Literal, Term
from graphsvc.validation.path import Path
from graphsvc.vocab import PREFIXES

_SH = PREFIXES["sh"]


class Severity(Enum):
    """The severities that SHACL defines, gravest first; any other counts as the gravest.

    https://www.w3.org/TR/shacl/#severity
    """

    VIOLATION = "violation"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)

    @classmethod
    def of(cls, iri: str) -> Severity:
        """The severity that an IRI names."""
        return _BY_IRI.get(iri, cls.VIOLATION)

    @classmethod
    def named(cls, name: str) -> Severity:
        """The severity of that name. Raises BadRequest for another."""
        try:
            return cls(name.strip().lower())
        except ValueError:
            names = ", ".join(each.value for each in cls)
            raise BadRequest(f"{name[:40]!r} is no severity; there are {names}.") from None


_BY_IRI = {_SH + each.value.capitalize(): each for each in Severity}


@dataclass(frozen=True, slots=True)
class Location:
    """Where a result is in the documents: lines and columns count from 1, columns in characters.

    `line` is None where the document is known, and the place in it is not. The end is the first place that no
    longer belongs to it. `text` is the line, or the part of it around the place (with `…` where the line goes on),
    and `text_column` the column of its first character. `pointer` is the JSON Pointer (RFC 6901) to the node
    object in JSON-LD.
    """

    document: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    text: str = ""
    text_column: int = 1
    pointer: str | None = None

    def __str__(self) -> str:
        """`document:line:column`, as compilers write it, as far as it is known."""
        return ":".join(str(each) for each in (self.document, self.line, self.column) if each is not None)


@dataclass(frozen=True)
class Result:
    """One validation result. https://www.w3.org/TR/shacl/#results-validation-result

    `within` is the nearest shape with an IRI: the source shape itself, or one that a blank source shape
    belongs to. `owner` is the nearest IRI that leads to a blank focus node. `messages` keep their languages.
    `details` are the results that caused this one. `location` is where it is in the data, and `remedy` says what
    to do about it.
    """

    focus_node: Term
    severity: Iri
    component: Iri
    source_shape: Term
    path: Path | None = None
    value: Term | None = None
    messages: tuple[Literal, ...] = ()
    source_constraint: Term | None = None
    details: tuple[Result, ...] = ()
    within: Iri | None = None
    owner: Iri | None = None
    location: Location | None = None
    remedy: str | None = None

    @property
    def grade(self) -> Severity:
        """The severity as one of the three."""
        return Severity.of(self.severity.value)

    def key(self) -> tuple[object, ...]:
        """By what results are sorted: gravity, focus node, path, component, value, shape, messages."""
        return (
            self.grade.rank,
            self.focus_node.n3(),
            self.path.text({}) if self.path else "",
            self.component.value,
            self.value.n3() if self.value is not None else "",
            self.source_shape.n3(),
            tuple(message.n3() for message in self.messages),
            self.severity.value,
            tuple(detail.key() for detail in self.details),
        )


@dataclass(frozen=True)
class Report:
    """A validation report: its results in order, what they were made by, and notes on what was left undone.

    `threshold` is the least grave severity that keeps the data from passing. `engine` judged every shape with
    targets but those in `judged_by`: by the name of another engine, the shapes that it judged.
    """

    results: tuple[Result, ...]
    engine: str
    notes: tuple[str, ...] = ()
    threshold: Severity = Severity.INFO
    judged_by: Mapping[str, tuple[Term, ...]] = field(default_factory=dict)

    def fails(self, result: Result) -> bool:
        """Whether the result is grave enough to keep the data from passing."""
        return result.grade.rank <= self.threshold.rank

    @property
    def conforms(self) -> bool:
        """Whether there is no result at all, of whatever severity: the standard's meaning of the word.

        https://www.w3.org/TR/shacl/#conforms
        """
        return not self.results

    @property
    def passes(self) -> bool:
        """Whether no result is as grave as the threshold."""
        return not any(self.fails(result) for result in self.results)

    @property
    def counts(self) -> Mapping[Severity, int]:
        """How many results there are of each severity."""
        found = Counter(result.grade for result in self.results)
        return {severity: found[severity] for severity in Severity}


def merged(reports: Sequence[Report], threshold: Severity | None = None) -> Report:
    """Several reports, at least one, as one, with the threshold of the first or another; nothing is told twice."""
    results = dict.fromkeys(result for report in reports for result in report.results)
    judged_by: dict[str, tuple[Term, ...]] = {}
    for report in reports:
        for engine, shapes in report.judged_by.items():
            judged_by[engine] = tuple(dict.fromkeys((*judged_by.get(engine, ()), *shapes)))
    return Report(
        tuple(sorted(results, key=Result.key)),
        reports[0].engine,
        tuple(sorted({note for report in reports for note in report.notes})),
        threshold or reports[0].threshold,
        judged_by,
    )
