"""sh:class, sh:datatype, sh:nodeKind. https://www.w3.org/TR/shacl/#core-components-value-type"""

from __future__ import annotations

from dataclasses import dataclass

from graphsvc.rdf import BlankNode, Iri, Literal, Term
from graphsvc.validation.lexical import is_known, is_well_formed
from graphsvc.validation.setwise.coarse import Coarse, any_of, holds, negated, unless
from graphsvc.validation.setwise.constraint import SH, ValueConstraint
from graphsvc.validation.setwise.evaluation import Evaluation
from graphsvc.validation.setwise.spelling import WELL_TYPED
from graphsvc.vocab import PREFIXES

_TYPE = f"<{PREFIXES['rdf']}type>"
_SUBCLASS = f"<{PREFIXES['rdfs']}subClassOf>"
# A class with more subclasses than this is looked up by its path.
_MAX_CLASSES = 30
# The datatypes that the store knows by themselves; it makes an integer of the narrower kinds.
_CASTS = frozenset("integer decimal float double boolean date time dateTime gYear gYearMonth".split())
# By the local name of a node kind: the terms that are of it, and how SPARQL asks for them.
KINDS: dict[str, tuple[type[Iri | BlankNode | Literal], ...]] = {
    "BlankNode": (BlankNode,),
    "IRI": (Iri,),
    "Literal": (Literal,),
    "BlankNodeOrIRI": (BlankNode, Iri),
    "BlankNodeOrLiteral": (BlankNode, Literal),
    "IRIOrLiteral": (Iri, Literal),
}
_ASKED = {BlankNode: "isBlank", Iri: "isIRI", Literal: "isLiteral"}


@dataclass(eq=False)
class ClassConstraint(ValueConstraint):
    """https://www.w3.org/TR/shacl/#ClassConstraintComponent"""

    kind: Iri
    component = "Class"

    def fails(self, value: Term, run: Evaluation) -> bool:
        """Whether the value is no instance of the class."""
        return not run.data.is_instance(value, self.kind)

    def value_condition(self, value: str, coarse: Coarse, certain: bool) -> str:  # noqa: ARG002
        """The type of the value is none of the classes."""
        classes = sorted(coarse.data.classes(self.kind), key=lambda each: each.value)
        if len(classes) == 1:
            return f"NOT EXISTS {{ {value} {_TYPE} {self.kind.n3()} }}"
        if len(classes) > _MAX_CLASSES or not all(isinstance(each, Iri) for each in classes):
            return f"NOT EXISTS {{ {value} {_TYPE}/{_SUBCLASS}* {self.kind.n3()} }}"
        kind = coarse.variable()
        known = ", ".join(each.n3() for each in classes)
        return f"NOT EXISTS {{ {value} {_TYPE} {kind} FILTER ({kind} IN ({known})) }}"


@dataclass(eq=False)
class DatatypeConstraint(ValueConstraint):
    """https://www.w3.org/TR/shacl/#DatatypeConstraintComponent"""

    datatype: Iri
    component = "Datatype"

    def fails(self, value: Term, run: Evaluation | None = None) -> bool:  # noqa: ARG002
        """Whether the value is no literal of the datatype, or an ill-typed one."""
        return not (
            isinstance(value, Literal)
            and value.datatype == self.datatype.value
            and is_well_formed(value.value, value.datatype)
        )

    def value_condition(self, value: str, coarse: Coarse, certain: bool) -> str:
        """Another datatype, or a value that the store cannot cast to its own."""
        name = self.datatype.value
        mine = f"DATATYPE({value}) = <{name}>"
        if not is_known(name):
            return negated(holds(mine))
        well_typed = holds(f"DATATYPE({value}) = <{WELL_TYPED}{name}>")
        if name.removeprefix(PREFIXES["xsd"]) not in _CASTS:
            return negated(well_typed)
        exact = holds(f"{mine} && <{name}>({value}) = {value}")
        return unless(any_of([exact, well_typed]), coarse.function(self.fails, value, certain))


@dataclass(eq=False)
class NodeKindConstraint(ValueConstraint):
    """https://www.w3.org/TR/shacl/#NodeKindConstraintComponent"""

    kind: str
    component = "NodeKind"

    def fails(self, value: Term, run: Evaluation) -> bool:  # noqa: ARG002
        """Whether the value is a term of another kind."""
        return not isinstance(value, KINDS[self.kind])

    def value_condition(self, value: str, coarse: Coarse, certain: bool) -> str:  # noqa: ARG002
        """None of the kinds."""
        return negated(any_of(f"{_ASKED[kind]}({value})" for kind in KINDS[self.kind]))


def node_kind(term: Term) -> str | None:
    """The local name of a node kind, where the term is one."""
    name = term.value.removeprefix(SH)
    return name if isinstance(term, Iri) and name in KINDS else None
