"""What every constraint is: an exact rule for one focus node, and a coarse condition for all of them at once.

https://www.w3.org/TR/shacl/#constraints
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from graphsvc.rdf import Iri, Literal, Term
from graphsvc.validation.path import Path
from graphsvc.vocab import PREFIXES

if TYPE_CHECKING:
    from graphsvc.validation.report import Result
    from graphsvc.validation.setwise.coarse import Coarse
    from graphsvc.validation.setwise.evaluation import Evaluation

SH = PREFIXES["sh"]
_VIOLATION = Iri(SH + "Violation")
# Conditions that are the same for every value.
ALWAYS, NEVER = "true", "false"


@dataclass(frozen=True)
class Found:
    """What a constraint finds at a focus node, with what differs from the usual result of its shape.

    Without `messages`, those of the shape are told, or a sentence.
    """

    value: Term | None = None
    component: str | None = None
    path: Term | None = None
    focus_node: Term | None = None
    messages: tuple[Literal, ...] | None = None
    source_constraint: Term | None = None
    details: tuple[Result, ...] = ()


@dataclass(eq=False)
class Shape:
    """A shape, with all that it refers to. https://www.w3.org/TR/shacl/#shapes

    `path` is None for a node shape; `path_node` is the node of the shapes graph that it was read from.
    """

    node: Term
    path: Path | None = None
    path_node: Term | None = None
    severity: Iri = _VIOLATION
    messages: tuple[Literal, ...] = ()
    deactivated: bool = False
    constraints: list[Constraint] = field(default_factory=list)
    targets: list[tuple[str, Term]] = field(default_factory=list)
    refers_to: list[Shape] = field(default_factory=list)

    def below(self) -> Iterator[Shape]:
        """The shape and all that it refers to, each once."""
        found: dict[int, Shape] = {}
        waiting = [self]
        while waiting:
            shape = waiting.pop()
            if id(shape) not in found:
                found[id(shape)] = shape
                waiting += shape.refers_to
                yield shape


class Constraint:
    """One constraint of one shape.

    `component` is the local name of its component in SHACL's namespace, or an IRI.
    """

    component: ClassVar[str] = ""

    def component_iri(self) -> str:
        """The component's IRI. https://www.w3.org/TR/shacl/#constraint-components"""
        return f"{SH}{self.component}ConstraintComponent"

    def found(self, shape: Shape, focus: Term, values: Collection[Term], run: Evaluation) -> Iterator[Found]:
        """What is at fault, exactly."""
        raise NotImplementedError

    def condition(self, shape: Shape, focus: str, coarse: Coarse, certain: bool) -> str:
        """A SPARQL condition on the focus node in the variable `focus`, which has no error.

        It holds wherever there is a fault, and perhaps elsewhere; with `certain`, only where there is a fault,
        and perhaps not everywhere.
        """
        raise NotImplementedError


class ValueConstraint(Constraint):
    """A constraint that looks at one value node at a time."""

    def fails(self, value: Term, run: Evaluation) -> bool:
        """Whether the value node is at fault."""
        raise NotImplementedError

    def value_condition(self, value: str, coarse: Coarse, certain: bool) -> str:
        """`condition`, on the value node in a variable."""
        raise NotImplementedError

    def found(
        self,
        shape: Shape,  # noqa: ARG002
        focus: Term,  # noqa: ARG002
        values: Collection[Term],
        run: Evaluation,
    ) -> Iterator[Found]:
        """A result for each value node at fault."""
        for value in values:
            if self.fails(value, run):
                yield Found(value)

    def condition(self, shape: Shape, focus: str, coarse: Coarse, certain: bool) -> str:
        """Some value node is at fault."""
        if shape.path is None:
            return self.value_condition(focus, coarse, certain)
        value = coarse.variable()
        inner = self.value_condition(value, coarse, certain)
        return coarse.exists(f"{focus} {coarse.path(shape)} {value}", inner)
