"""The validation of a whole data graph: a query for each target, and Python for what it lets through.

https://www.w3.org/TR/shacl/#validation
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import islice

from graphsvc.errors import ShapesError, TooComplex
from graphsvc.rdf import BlankNode, Iri, Term
from graphsvc.validation.report import Result
from graphsvc.validation.setwise.coarse import Coarse
from graphsvc.validation.setwise.constraint import ALWAYS, NEVER, Constraint, Shape
from graphsvc.validation.setwise.data_graph import SHAPES_GRAPH, DataGraph
from graphsvc.validation.setwise.evaluation import Evaluation
from graphsvc.validation.setwise.reading import targeted
from graphsvc.validation.setwise.shape_based import PropertyConstraint
from graphsvc.validation.setwise.sparql_component import ComponentConstraint
from graphsvc.validation.setwise.sparql_constraint import SparqlConstraint
from graphsvc.validation.setwise.sparql_query import NotComputed, Query
from graphsvc.validation.setwise.spelling import from_store, to_store
from graphsvc.validation.shapes import Shapes

ENGINE = f"graphsvc's set-based engine on pyoxigraph {version('pyoxigraph')}"
# So many focus nodes are looked at without asking the store which of them may be at fault.
FEW = 20
# So many parts of a shape go into one query.
_MAX_UNITS = 50
_TYPE = Iri("http://www.w3.org/1999/02/22-rdf-syntax-ns#type").n3()


@dataclass(frozen=True)
class Unit:
    """Some constraints of a shape that are looked at together, at the same focus nodes."""

    shape: Shape
    constraints: tuple[Constraint, ...]


@dataclass
class Judgement:
    """The results of a validation, and the target shapes that were left to pyshacl, each with the reason.

    `causes` tell of each result from which target shape and focus node of it the validation came to it.
    `reached` are those of the focus nodes that were asked for that are focus nodes of a target.
    """

    results: list[Result] = field(default_factory=list)
    causes: list[tuple[Term, Term]] = field(default_factory=list)
    left: dict[Term, str] = field(default_factory=dict)
    reached: set[Term] = field(default_factory=set)


def evaluate(
    data: DataGraph,
    shapes: Shapes,
    focus_nodes: Collection[Term] | None = None,
    only: Collection[Term] | None = None,
) -> Judgement:
    """Validate the data by every target shape, or those in `only`; all its focus nodes, or those in `focus_nodes`.

    Raises ShapesError where a query of a shape fails, and TooComplex where shapes nest too deep.
    """
    judgement = Judgement()
    run = Evaluation(data, shapes.statements)
    for node, shape in targeted(shapes):
        if only is not None and node not in only:
            continue
        if isinstance(shape, NotComputed):
            judgement.left[node] = str(shape)
            continue
        try:
            target = _Target(shape, run, focus_nodes)
            for focus, result in list(target.results()):
                judgement.results.append(result)
                judgement.causes.append((node, focus))
            judgement.reached |= target.reached
        except NotComputed as reason:
            judgement.left[node] = str(reason)
        except RecursionError:
            raise TooComplex(
                "The shapes or the paths through the data nest too deep to be followed."
            ) from None
        except (OSError, RuntimeError, SyntaxError, ValueError) as error:
            name = shapes.statements.name(node)
            raise ShapesError(f"A query of the shape {name} fails: {error}") from error
    return judgement


class _Target:
    """One shape with targets."""

    def __init__(self, shape: Shape, run: Evaluation, focus_nodes: Collection[Term] | None) -> None:
        self._shape = shape
        self._run = run
        self._focus_nodes = focus_nodes
        self._done: dict[Unit, set[Term]] = {}
        # Those of the asked-for focus nodes that the targets have.
        self.reached: set[Term] = set()

    def results(self) -> Iterator[tuple[Term, Result]]:
        """Everything found at the focus nodes of the shape, each with the one that led to it."""
        for part in self._shape.below():
            for constraint in part.constraints:
                if isinstance(constraint, SparqlConstraint | ComponentConstraint):
                    self._check(constraint.query)
        named = [value for kind, value in self._shape.targets if kind == "targetNode"]
        if self._focus_nodes is not None:
            named = [each for each in self._focus_nodes if self._is_target(each)]
            self.reached.update(named)
        units = list(_units(self._shape))
        for focus in dict.fromkeys(named):
            for unit in units:
                yield from self._evaluated(unit, focus)
        if self._focus_nodes is None:
            for pattern, bound in self._patterns():
                yield from self._scanned(units, pattern, bound)

    def _check(self, query: Query) -> None:
        """Raises NotComputed where the query cannot see what it must, as it is written."""
        triples = self._run.data.triples
        if query.mentions("shapesGraph") and not triples.offer_shapes(self._run.shapes):
            raise NotComputed("a query with $shapesGraph")
        if triples.is_merge and query.counts:
            raise NotComputed("a query that counts, where a triple of two graphs would count twice")
        query.check_reads(triples.respelt)

    def _evaluated(self, unit: Unit, focus: Term) -> Iterator[tuple[Term, Result]]:
        """The results of one unit at one focus node, the first time that it is asked for."""
        done = self._done.setdefault(unit, set())
        if focus not in done:
            done.add(focus)
            for result in self._run.results(unit.shape, focus, unit.constraints):
                yield focus, result

    def _is_target(self, node: Term) -> bool:
        """https://www.w3.org/TR/shacl/#targets"""
        data = self._run.data
        for kind, value in self._shape.targets:
            if kind == "targetNode":
                found = node == value
            elif kind == "targetClass":
                found = isinstance(value, Iri) and data.is_instance(node, value)
            else:
                found = bool(data.objects(node, value.value, kind == "targetObjectsOf"))
            if found:
                return True
        return False

    def _patterns(self) -> Iterator[tuple[str, dict[str, object]]]:
        """For each target, or class of one: the pattern of its focus nodes, and what is bound in it."""
        for kind, value in self._shape.targets:
            if kind == "targetClass" and isinstance(value, Iri):
                for each in sorted(self._run.data.classes(value), key=lambda each: each.n3()):
                    if isinstance(each, BlankNode):
                        yield f"?this {_TYPE} ?graphsvc_class .", {"graphsvc_class": to_store(each)}
                    elif isinstance(each, Iri):
                        yield f"?this {_TYPE} {each.n3()} .", {}
            elif kind == "targetSubjectsOf":
                yield f"{{ SELECT DISTINCT ?this {{ ?this <{value.value}> ?any }} }}", {}
            elif kind == "targetObjectsOf":
                yield f"{{ SELECT DISTINCT ?this {{ ?any <{value.value}> ?this }} }}", {}

    def _scanned(
        self, units: list[Unit], pattern: str, bound: dict[str, object]
    ) -> Iterator[tuple[Term, Result]]:
        """The results at all focus nodes of a pattern; where they are few, there is no need of a plan."""
        solutions = self._run.data.triples.solutions(f"SELECT DISTINCT ?this {{ {pattern} }}", bound)
        first = [from_store(solution[0]) for solution in islice(solutions, FEW + 1)]
        if len(first) <= FEW:
            for focus in first:
                for unit in units:
                    yield from self._evaluated(unit, focus)
            return
        coarse = Coarse(self._run.data)
        parts = {
            unit: Shape(unit.shape.node, unit.shape.path, constraints=[*unit.constraints]) for unit in units
        }
        conditions = {unit: coarse.violation(part, "?this", certain=False) for unit, part in parts.items()}
        mixed = [unit for unit, condition in conditions.items() if condition not in (ALWAYS, NEVER)]
        for begin in range(0, len(mixed), _MAX_UNITS):
            chosen = mixed[begin : begin + _MAX_UNITS]
            flags = [f"({conditions[unit]} AS ?at{number})" for number, unit in enumerate(chosen)]
            one = coarse.violation_of_one([parts[unit] for unit in chosen], "?this")
            query = f"SELECT ?this {' '.join(flags)} {{ {{ SELECT ?this {{ {pattern} FILTER ({one}) }} }} }}"
            for solution in self._run.data.triples.solutions(query, bound, coarse.functions):
                focus = from_store(solution[0])
                for unit, flag in zip(chosen, islice(solution, 1, None), strict=True):
                    if flag is None or flag.value != "false":
                        yield from self._evaluated(unit, focus)
        for unit, condition in conditions.items():
            if condition == ALWAYS:
                for solution in self._run.data.triples.solutions(_asked(unit, pattern), bound):
                    yield from self._evaluated(unit, from_store(solution[0]))


def _asked(unit: Unit, pattern: str) -> str:
    """A query for the focus nodes that may be at fault where a condition cannot tell."""
    [first, *others] = unit.constraints
    if isinstance(first, SparqlConstraint) and not others:
        query = first.query
        if query.is_setwise and not query.mentions("currentShape"):
            return query.within(pattern, {"shapesGraph": SHAPES_GRAPH.n3()})
    return f"SELECT DISTINCT ?this {{ {pattern} }}"


def _units(shape: Shape) -> Iterable[Unit]:
    """The shape in parts: each property shape by itself, and each query."""
    if shape.deactivated:
        return
    plain = []
    for constraint in shape.constraints:
        if isinstance(constraint, SparqlConstraint):
            yield Unit(shape, (constraint,))
        elif isinstance(constraint, PropertyConstraint) and shape.path is None:
            yield from _units(constraint.shape)
        else:
            plain.append(constraint)
    if plain:
        yield Unit(shape, tuple(plain))
