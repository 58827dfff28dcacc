"""SHACL property paths as values: read from a shapes graph, written as SPARQL text, followed through a graph.

https://www.w3.org/TR/shacl/#property-paths
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from graphsvc.errors import TooComplex
from graphsvc.rdf import Iri, Term
from graphsvc.validation.compact import compact_iri
from graphsvc.validation.statements import RDF, Statements
from graphsvc.vocab import PREFIXES

MAX_DEPTH = 32
_SH = PREFIXES["sh"]


class Kind(Enum):
    """How a path is made of its parts; the value is what JSON reports call it."""

    PREDICATE = "predicate"
    SEQUENCE = "sequence"
    ALTERNATIVE = "alternative"
    INVERSE = "inverse"
    ZERO_OR_MORE = "zeroOrMore"
    ONE_OR_MORE = "oneOrMore"
    ZERO_OR_ONE = "zeroOrOne"


ONE_PART = {
    Kind.INVERSE: Iri(_SH + "inversePath"),
    Kind.ZERO_OR_MORE: Iri(_SH + "zeroOrMorePath"),
    Kind.ONE_OR_MORE: Iri(_SH + "oneOrMorePath"),
    Kind.ZERO_OR_ONE: Iri(_SH + "zeroOrOnePath"),
}
ALTERNATIVE_PATH = Iri(_SH + "alternativePath")
_SIGNS = {Kind.ZERO_OR_MORE: "*", Kind.ONE_OR_MORE: "+", Kind.ZERO_OR_ONE: "?"}


@dataclass(frozen=True)
class Path:
    """A property path: a predicate (`iri`), or other paths put together (`parts`)."""

    kind: Kind
    iri: str = ""
    parts: tuple[Path, ...] = ()

    def text(self, prefixes: Mapping[str, str]) -> str:
        """The path as SPARQL writes it. https://www.w3.org/TR/sparql11-query/#propertypaths"""
        if self.kind is Kind.PREDICATE:
            return compact_iri(self.iri, prefixes)
        texts = [part.text(prefixes) for part in self.parts]
        if self.kind is Kind.SEQUENCE:
            return "/".join(
                map(_grouped, self.parts, texts, [{Kind.SEQUENCE, Kind.ALTERNATIVE}] * len(texts))
            )
        if self.kind is Kind.ALTERNATIVE:
            return "|".join(map(_grouped, self.parts, texts, [{Kind.ALTERNATIVE}] * len(texts)))
        if self.kind is Kind.INVERSE:
            return "^" + _grouped(self.parts[0], texts[0], {Kind.SEQUENCE, Kind.ALTERNATIVE, Kind.INVERSE})
        return _grouped(self.parts[0], texts[0], set(Kind) - {Kind.PREDICATE}) + _SIGNS[self.kind]


def _grouped(part: Path, text: str, kinds: set[Kind]) -> str:
    return f"({text})" if part.kind in kinds else text


def read_path(shapes: Statements, node: Term, above: tuple[Term, ...] = ()) -> Path:
    """The path that a node of the shapes graph is.

    Raises ShapesError, naming the node, where it is not well-formed or contains itself, and TooComplex past
    MAX_DEPTH.
    """
    if isinstance(node, Iri):
        return Path(Kind.PREDICATE, node.value)
    if node in above:
        raise shapes.fault(node, f"The property path at {shapes.name(node)} contains itself.")
    if len(above) >= MAX_DEPTH:
        raise TooComplex(f"The property path at {shapes.name(above[0])} is more than {MAX_DEPTH} deep.")
    inside = (*above, node)
    forms: list[tuple[Kind, Term]] = (
        [(Kind.SEQUENCE, node)] if shapes.describes(node, Iri(RDF + "first")) else []
    )
    forms += [(Kind.ALTERNATIVE, head) for head in shapes.objects(node, ALTERNATIVE_PATH)]
    forms += [(kind, part) for kind, name in ONE_PART.items() for part in shapes.objects(node, name)]
    # A node that is a list and more besides is taken for the list, as the standard's test suite has it.
    if len(forms) != 1 and (not forms or forms[0][0] is not Kind.SEQUENCE):
        raise shapes.fault(node, f"There is no well-formed property path at {shapes.name(node)}.")
    kind, part = forms[0]
    if kind in ONE_PART:
        return Path(kind, parts=(read_path(shapes, part, inside),))
    return _of_list(shapes, node, part, kind, inside)


def _of_list(shapes: Statements, node: Term, head: Term, kind: Kind, inside: tuple[Term, ...]) -> Path:
    members = shapes.items(head)
    if len(members) < 2:
        raise shapes.fault(node, f"The {kind.value} path at {shapes.name(node)} needs two members or more.")
    return Path(kind, parts=tuple(read_path(shapes, member, inside) for member in members))


Step = Callable[[object, str, bool], Iterable[object]]


def follow(path: Path, starts: set[object], step: Step, *, backwards: bool = False) -> set[object]:
    """The nodes that the path leads to from any of `starts`.

    `step(node, predicate, backwards)` gives the nodes one triple away. Each part is followed for all nodes
    at once, so that a closure visits a node once.
    """
    if path.kind is Kind.PREDICATE:
        return {end for start in starts for end in step(start, path.iri, backwards)}
    if path.kind is Kind.INVERSE:
        return follow(path.parts[0], starts, step, backwards=not backwards)
    if path.kind is Kind.SEQUENCE:
        reached = starts
        for part in reversed(path.parts) if backwards else path.parts:
            reached = follow(part, reached, step, backwards=backwards)
        return reached
    if path.kind is Kind.ALTERNATIVE:
        return {end for part in path.parts for end in follow(part, starts, step, backwards=backwards)}
    reached = set(follow(path.parts[0], starts, step, backwards=backwards))
    if path.kind is not Kind.ZERO_OR_ONE:
        fresh = set(reached)
        while fresh := follow(path.parts[0], fresh, step, backwards=backwards) - reached:
            reached |= fresh
    return reached if path.kind is Kind.ONE_OR_MORE else reached | starts
