"""A small set of statements held by subject and predicate, for pages that show a whole vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from graphsvc.describe.labels import best
from graphsvc.describe.names import DESCRIPTIONS, LABELS, RDF, TYPE
from graphsvc.describe.statements import Statement
from graphsvc.rdf import BlankNode, Iri, Literal, Term

Node = Iri | BlankNode


class Index:
    """Statements as a lookup; each value once, in a fixed order."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self._values: dict[Node, dict[str, list[Term]]] = {}
        for statement in statements:
            values = self._values.setdefault(statement.subject, {}).setdefault(statement.predicate, [])
            if statement.object not in values:
                values.append(statement.object)
        for properties in self._values.values():
            for values in properties.values():
                values.sort(key=lambda term: (type(term).__name__, term.n3()))

    def __contains__(self, node: Node) -> bool:
        return node in self._values

    def subjects(self) -> list[Node]:
        """Every subject, in a fixed order."""
        return sorted(self._values, key=lambda node: (type(node).__name__, node.value))

    def properties(self, node: Node) -> dict[str, list[Term]]:
        """All properties of a node."""
        return self._values.get(node, {})

    def values(self, node: Node, *properties: str) -> list[Term]:
        """The values of some properties of a node."""
        own = self._values.get(node, {})
        return [value for name in properties for value in own.get(name, ())]

    def value(self, node: Node, *properties: str) -> Term | None:
        """The first value of the first property that has any."""
        return next(iter(self.values(node, *properties)), None)

    def types(self, node: Node) -> set[str]:
        """The IRIs of a node's classes."""
        return {value.value for value in self.values(node, TYPE)}

    def text(self, node: Node, properties: Sequence[str], languages: Sequence[str]) -> Literal | None:
        """The literal among the properties' values that suits the reader best."""
        found = [
            (rank, value)
            for rank, name in enumerate(properties)
            for value in self.values(node, name)
            if isinstance(value, Literal)
        ]
        return best(found, languages) if found else None

    def label(self, node: Node, languages: Sequence[str]) -> Literal | None:
        """What the node is called."""
        return self.text(node, LABELS, languages)

    def description(self, node: Node, languages: Sequence[str]) -> Literal | None:
        """What the node is said to be."""
        return self.text(node, DESCRIPTIONS, languages)

    def members(self, node: Term) -> Iterator[Term]:
        """The members of an RDF list; a list that turns back on itself ends there."""
        seen: set[Term] = set()
        while isinstance(node, Iri | BlankNode) and node not in seen:
            seen.add(node)
            first = self.value(node, RDF + "first")
            if first is not None:
                yield first
            node = self.value(node, RDF + "rest") or Iri(RDF + "nil")
