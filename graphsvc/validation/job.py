"""One validation as a job: all that it needs goes in as bytes, the report comes out as bytes.

The work can be long and large; a caller that serves others runs it where it can be stopped.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from graphsvc.rdf import Iri
from graphsvc.validation.json_report import read_json, write_json
from graphsvc.validation.placing import placed
from graphsvc.validation.remedy import with_remedies
from graphsvc.validation.report import Report, Severity
from graphsvc.validation.shapes import Shapes
from graphsvc.validation.statements import Document, Statements, read
from graphsvc.validation.structure import undescribed
from graphsvc.vocab import PREFIXES

_IMPORTS = Iri(PREFIXES["owl"] + "imports")
_SHAPES_GRAPH = Iri(PREFIXES["sh"] + "shapesGraph")
_ROLES = ("data", "shapes", "ontology")


@dataclass(frozen=True)
class ValidationJob:
    """What to validate against what.

    `ontology` is what the data rely on: class hierarchies, concepts. Its triples count as the data's do when
    targets and values are looked up. `severity` is the least grave that keeps the data from passing. `prefixes`
    shorten the IRIs in what results say is to be done.
    """

    data: tuple[Document, ...]
    shapes: tuple[Document, ...]
    ontology: tuple[Document, ...] = ()
    severity: Severity = Severity.INFO
    prefixes: Mapping[str, str] = field(default_factory=lambda: PREFIXES)

    def to_bytes(self) -> bytes:
        """A line of JSON, and after it the documents one after the other."""
        documents = [*self.data, *self.shapes, *self.ontology]
        header = {
            "severity": self.severity.value,
            "prefixes": dict(self.prefixes),
            **{
                role: [[each.name, each.syntax, each.base, len(each.content)] for each in getattr(self, role)]
                for role in _ROLES
            },
        }
        return json.dumps(header).encode() + b"\n" + b"".join(each.content for each in documents)

    @classmethod
    def from_bytes(cls, packed: bytes) -> ValidationJob:
        """The job of `to_bytes`."""
        line, _, rest = packed.partition(b"\n")
        header = json.loads(line)
        taken = 0
        documents: dict[str, list[Document]] = {role: [] for role in _ROLES}
        for role in _ROLES:
            for name, syntax, base, size in header[role]:
                documents[role].append(Document(name, rest[taken : taken + size], syntax, base))
                taken += size
        data, shapes, ontology = (tuple(documents[role]) for role in _ROLES)
        return cls(data, shapes, ontology, Severity(header["severity"]), header["prefixes"])


def run(packed: bytes) -> bytes:
    """Do a packed job; the report is in JSON (`json_report.read_json` reads it).

    Raises the errors of `validate`.
    """
    return write_json(validate(ValidationJob.from_bytes(packed)), {})


def result(packed: bytes) -> Report:
    """The report that `run` gave."""
    return read_json(packed)


def validate(job: ValidationJob) -> Report:
    """Validate the merge of the data documents against the merge of the shapes documents.

    Each result says where in the data it is, and what to do about it.

    Raises DataSyntaxError for a document that does not parse, ShapesError for shapes that cannot run,
    RemoteAccessRefused and TooComplex as `Shapes.load` does. Broken input never counts as a lack of conformance.
    """
    shapes = Shapes.load(job.shapes)
    data = read(job.data, role="data")
    ontology = read(job.ontology, role="ontology")
    report = check(data, shapes, ontology, job.severity)
    return with_remedies(placed(report, data, job.data), shapes.statements, data, ontology, job.prefixes)


def check(
    data: Statements,
    shapes: Shapes,
    ontology: Statements | None = None,
    severity: Severity = Severity.INFO,
) -> Report:
    """The report on the data.

    A node that only the ontology mentions gets no result: it is not the data's fault.
    """
    from graphsvc.validation import engine

    ontology = ontology or Statements()
    found = engine.evaluate(Statements(chain(data.triples.items(), ontology.triples.items())), shapes)
    kept = tuple(
        each for each in found if data.mentions(each.focus_node) or not ontology.mentions(each.focus_node)
    )
    return Report(kept, engine.ENGINE, tuple(_notes(data, shapes.statements, ontology)), severity)


def _notes(data: Statements, shapes: Statements, ontology: Statements) -> Sequence[str]:
    """What a reader of the report must know was left undone."""
    notes = []
    for statements in (data, ontology, shapes):
        for _, imported in statements.pairs(_IMPORTS):
            notes.append(f"owl:imports {imported.n3()} was not followed.")
    for _, named in data.pairs(_SHAPES_GRAPH):
        notes.append(f"sh:shapesGraph {named.n3()} was not fetched; the shapes are those given.")
    for shape in undescribed(shapes):
        notes.append(
            f"The shape {shape.n3()} is referred to, and nothing is said of it: it holds for everything."
        )
    if not shapes.triples:
        notes.append("There are no shapes, so everything conforms.")
    if not data.triples:
        notes.append("There are no data.")
    return sorted(set(notes))
