"""A validation of some focus nodes alone, or by some shapes alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from graphsvc.errors import BadRequest
from graphsvc.rdf import Iri, Literal, Term
from graphsvc.validation.closeness import MAX_NAMES, Closeness

if TYPE_CHECKING:
    from graphsvc.validation.setwise.data_graph import Triples
    from graphsvc.validation.shapes import Shapes

# So many IRIs of the data are looked through for the one that was meant.
_CANDIDATES = 20_000


@dataclass(frozen=True)
class Scope:
    """The IRIs of the focus nodes that are to be validated, and of the target shapes by which; none: by all."""

    focus_nodes: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ()

    def only(self, shapes: Shapes) -> frozenset[Term] | None:
        """The shapes that are asked for; None for all.

        Raises BadRequest, with the nearest, for one that is not there or has no targets.
        """
        if not self.shapes:
            return None
        from graphsvc.validation.setwise.reading import ShapeReader

        targeted = [node for node, _ in ShapeReader(shapes).targeted()]
        for name in self.shapes:
            node = Iri(name)
            if node in targeted:
                continue
            if shapes.statements.describes(node):
                raise BadRequest(
                    f"{node.n3()} has no targets of its own, or is deactivated; name the shape that leads to it."
                )
            near = nearest(name, [each.value for each in targeted if isinstance(each, Iri)])
            raise BadRequest(f"There is no shape {node.n3()}{_meant(near)}.")
        return frozenset(map(Iri, self.shapes))

    def nodes(self, triples: Triples) -> tuple[Term, ...] | None:
        """The focus nodes that are asked for; None for all.

        Raises BadRequest, with the nearest, for one that the data do not mention.
        """
        if not self.focus_nodes:
            return None
        from graphsvc.validation.setwise.spelling import to_store

        for name in self.focus_nodes:
            term = to_store(Iri(name))
            if not any(any(True for _ in found) for found in _about(triples, term)):
                near = nearest(name, _neighbours(triples, name))
                raise BadRequest(f"The data say nothing of {Iri(name).n3()}{_meant(near)}.")
        return tuple(map(Iri, self.focus_nodes))


def _about(triples: Triples, term: object) -> Iterable[Iterable[object]]:
    yield triples.match(term, None, None)
    yield triples.match(None, None, term)


def _neighbours(triples: Triples, name: str) -> list[str]:
    """The IRIs that the data speak of, and that begin as a name does up to its last part."""
    from graphsvc.validation.setwise.spelling import sparql

    begin = sparql(Literal(_stem(name)))
    query = (
        "SELECT DISTINCT ?node { ?node ?property ?value "
        f"FILTER (isIRI(?node) && STRSTARTS(STR(?node), {begin})) }} LIMIT {_CANDIDATES}"
    )
    return [solution[0].value for solution in triples.solutions(query)]


def _stem(name: str) -> str:
    return name[: max(name.rfind(sign, 0, -1) for sign in "/#:") + 1]


def nearest(name: str, among: Sequence[str]) -> str | None:
    """The IRI that is most like a name; only the parts after the last divider are compared."""
    ends = {each[len(_stem(each)) :]: each for each in reversed(among)}
    end = name[len(_stem(name)) :]
    likely = sorted(ends, key=lambda each: (-_alike(each, end), each))
    found = Closeness().nearest(end, likely[:MAX_NAMES])
    return ends[found] if found is not None else None


def _alike(one: str, other: str) -> int:
    """How many characters are the same from the beginning on."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _meant(near: str | None) -> str:
    return f"; the nearest is <{near}>" if near else ""
