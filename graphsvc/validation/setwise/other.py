"""sh:closed, sh:hasValue, sh:in. https://www.w3.org/TR/shacl/#core-components-others"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from graphsvc.rdf import BlankNode, Iri, Literal, Term
from graphsvc.validation.setwise.coarse import Coarse, any_of, negated
from graphsvc.validation.setwise.constraint import ALWAYS, Constraint, Found, Shape, ValueConstraint
from graphsvc.validation.setwise.evaluation import Evaluation
from graphsvc.validation.setwise.spelling import sparql
from graphsvc.vocab import PREFIXES

_TYPE, _RESOURCE = Iri(PREFIXES["rdf"] + "type"), Iri(PREFIXES["rdfs"] + "Resource")
# Python looks a value up in a longer list; a query would go through it.
_MAX_MEMBERS = 20


@dataclass(eq=False)
class ClosedConstraint(Constraint):
    """Every resource is an rdfs:Resource, and may say so. https://www.w3.org/TR/shacl/#ClosedConstraintComponent"""

    allowed: frozenset[str]
    component = "Closed"

    def found(
        self,
        shape: Shape,  # noqa: ARG002
        focus: Term,  # noqa: ARG002
        values: Collection[Term],
        run: Evaluation,
    ) -> Iterator[Found]:
        """A result for each triple of a value node whose predicate is none of those allowed."""
        for value in values:
            for predicate, object_ in run.data.pairs_of(value):
                if predicate.value not in self.allowed and (predicate, object_) != (_TYPE, _RESOURCE):
                    yield Found(object_, path=predicate)

    def condition(self, shape: Shape, focus: str, coarse: Coarse, certain: bool) -> str:  # noqa: ARG002
        """There is such a triple."""
        value = focus if shape.path is None else coarse.variable()
        reached = "" if shape.path is None else f"{focus} {coarse.path(shape)} {value} . "
        predicate, object_ = coarse.variable(), coarse.variable()
        allowed = ", ".join(Iri(each).n3() for each in sorted(self.allowed))
        tests = f"{predicate} NOT IN ({allowed}) && " if allowed else ""
        tests += f"!(sameTerm({predicate}, {_TYPE.n3()}) && sameTerm({object_}, {_RESOURCE.n3()}))"
        return coarse.exists(f"{reached}{value} {predicate} {object_}", tests)


@dataclass(eq=False)
class HasValueConstraint(Constraint):
    """https://www.w3.org/TR/shacl/#HasValueConstraintComponent"""

    value: Term
    component = "HasValue"

    def found(
        self,
        shape: Shape,  # noqa: ARG002
        focus: Term,  # noqa: ARG002
        values: Collection[Term],
        run: Evaluation,  # noqa: ARG002
    ) -> Iterator[Found]:
        """One result where the value is none of them."""
        if self.value not in values:
            yield Found()

    def condition(self, shape: Shape, focus: str, coarse: Coarse, certain: bool) -> str:  # noqa: ARG002
        """The value is not there. A blank node of the shapes graph is no node of the data graph."""
        if not isinstance(self.value, Iri | Literal):
            return ALWAYS
        wanted = sparql(self.value)
        if shape.path is None:
            return f"!sameTerm({focus}, {wanted})"
        value = coarse.variable()
        return negated(coarse.exists(f"{focus} {coarse.path(shape)} {value}", f"sameTerm({value}, {wanted})"))


@dataclass(eq=False)
class InConstraint(ValueConstraint):
    """https://www.w3.org/TR/shacl/#InConstraintComponent"""

    members: frozenset[Term]
    component = "In"

    def fails(self, value: Term, run: Evaluation | None = None) -> bool:  # noqa: ARG002
        """Whether the value is no member."""
        return value not in self.members

    def value_condition(self, value: str, coarse: Coarse, certain: bool) -> str:
        """The value is no member, as a term and not as a number that is the same."""
        if len(self.members) > _MAX_MEMBERS:
            return coarse.function(self.fails, value, certain)
        members = [each for each in self.members if not isinstance(each, BlankNode)]
        if all(isinstance(each, Iri) for each in members) and members:
            listed = ", ".join(sorted(sparql(each) for each in members))  # type: ignore[arg-type]
            return f"{value} NOT IN ({listed})"
        return negated(any_of(sorted(f"sameTerm({value}, {sparql(each)})" for each in members)))  # type: ignore[arg-type]
