"""Graphs of a store on another server: its engine finds what may be at fault, and the nodes found are judged here.

The store is asked in SPARQL alone. A blank node has no name there by which it could be asked about again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from typing import Any

import pyoxigraph as ox

from graphsvc.rdf import Iri, Literal
from graphsvc.validation.setwise.spelling import from_store
from graphsvc.validation.statements import Statements

# The solutions or triples of a query text on the default graphs of these names (None: the store's own), and on
# the values of its variables.
Ask = Callable[[str, Sequence[str] | None, Mapping[str, Iri | Literal]], Any]
# So many statements of one node are fetched at once.
_MANY = 1_000


class NeedsCopy(Exception):
    """The other server cannot be asked this; the message says why."""


# What an engine must get right for its answers to be relied on: a query, and the values of ?x that it finds.
PROBES: tuple[tuple[str, frozenset[str]], ...] = (
    ("SELECT ?x { VALUES ?x { 1 2 3 } FILTER (?x > 1 && !(?x = 3)) }", frozenset("2")),
    ("SELECT ?x { VALUES (?x ?y) { (1 <urn:a>) (2 'b') (3 'c'@en) } FILTER (!isIRI(?y)) }", frozenset("23")),
    (
        "SELECT ?x { VALUES (?x ?y) { (1 'a') (2 'a'@en) (3 'b') } FILTER (!sameTerm(?y, 'a')) }",
        frozenset("23"),
    ),
    ("SELECT ?x { VALUES (?x ?y) { (1 'a') (2 'a'@en) } FILTER (LANG(?y) != '') }", frozenset("2")),
    (
        "SELECT ?x { VALUES (?x ?y) { (1 'a') (2 <urn:a>) } FILTER (COALESCE(LANG(?y) = '', false)) }",
        frozenset("1"),
    ),
    (
        "SELECT ?x { VALUES (?x ?y) { (1 'a') (2 7) } "
        "FILTER (COALESCE(DATATYPE(?y) = <http://www.w3.org/2001/XMLSchema#integer>, false)) }",
        frozenset("2"),
    ),
    ("SELECT ?x { VALUES (?x ?y) { (1 'ab') (2 'cd') } FILTER (!REGEX(STR(?y), '^a')) }", frozenset("2")),
    ("SELECT ?x { VALUES (?x ?y) { (1 '') (2 'é') } FILTER (STRLEN(STR(?y)) < 1) }", frozenset("1")),
    ("SELECT ?x { VALUES (?x ?y) { (1 1) (2 2) } FILTER (IF(?y = 1, false, true)) }", frozenset("2")),
    (
        "SELECT ?x { VALUES (?x ?y) { (1 <urn:a>) (2 <urn:b>) } FILTER (?y NOT IN (<urn:b>, <urn:c>)) }",
        frozenset("1"),
    ),
)
# The same of statements: each node that is found has a type that is an IRI, and none that is a literal.
_TYPED = "?this <http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_EXISTS = f"""
SELECT ?this (EXISTS {{ {_TYPED} ?v FILTER (isIRI(?v)) }} AS ?some)
  ((EXISTS {{ {_TYPED} ?w FILTER (isLiteral(?w)) }}) || (!(EXISTS {{ {_TYPED} ?u }})) AS ?none)
{{
  {{ SELECT ?this {{
    {_TYPED} ?kind FILTER (isIRI(?kind) && EXISTS {{ {_TYPED} ?z FILTER (!isBlank(?z)) }})
  }} LIMIT 3 }}
}}
"""
_ANY = f"SELECT ?this {{ {_TYPED} ?kind FILTER (isIRI(?kind)) }} LIMIT 1"
# How engines write (true, false), as computed.
_RIGHT = (["true", "false"], ["1", "0"])


class TriplesElsewhere:
    """The merge of some graphs of another server's store; its default graph where `data` is None.

    Raises NeedsCopy wherever the answer would need what cannot be asked.
    """

    respelt: Set[str] = frozenset()
    calls_functions = False
    # Some engines find a triple of two graphs twice, some once.
    is_merge = True

    def __init__(self, ask: Ask, data: Sequence[str] | None, ontology: Sequence[str] = ()) -> None:
        self._ask = ask
        self._data = None if data is None else list(dict.fromkeys(data))
        self._ontology = [name for name in dict.fromkeys(ontology) if name not in (self._data or ())]
        self._all = None if self._data is None else [*self._data, *self._ontology]
        self._try_out()
        self._about = lru_cache(maxsize=5_000)(self._statements_of)
        self.has_data = self._holds("?s ?p ?o", self._data)

    def _try_out(self) -> None:
        """Whether the engine gets right what is to be relied on. Raises NeedsCopy."""
        for query, expected in PROBES:
            found = frozenset(row[0].value for row in self._ask(query, None, {}))
            if found != expected:
                raise NeedsCopy(f"its engine finds {sorted(found)} and not {sorted(expected)} for {query}")
        marks = [
            [row[1].value, row[2].value] for row in self._ask(_EXISTS, self._all, {}) if row[1] and row[2]
        ]
        if any(each not in _RIGHT for each in marks) or (
            not marks and any(True for _ in self._ask(_ANY, self._all, {}))
        ):
            raise NeedsCopy("its engine does not compute EXISTS as the standard says")

    def offer_shapes(self, shapes: Statements) -> bool:  # noqa: ARG002
        """Nothing is written to the store."""
        return False

    def solutions(
        self,
        query: str,
        substitutions: Mapping[str, Any] | None = None,
        functions: Mapping[str, Any] | None = None,
    ) -> Any:
        """See `Triples.solutions`."""
        if functions:
            raise NeedsCopy("a condition calls a function of this service")
        values: dict[str, Iri | Literal] = {}
        for name, given in (substitutions or {}).items():
            term = from_store(given)
            if not isinstance(term, Iri | Literal):
                raise NeedsCopy("a shape asks about a blank node")
            values[name] = term
        return self._ask(query, self._all, values)

    def match(self, subject: Any, predicate: Any, value: Any) -> Iterator[tuple[Any, Any, Any]]:
        """See `Triples.match`."""
        for term in (subject, value):
            if isinstance(term, ox.BlankNode):
                raise NeedsCopy("the data have blank nodes that shapes lead to")
        if subject is not None and value is None:
            about = self._about(subject)
            if about is not None:
                yield from ((subject, p, o) for p, o in about if predicate is None or p == predicate)
                return
        yield from self._triples(subject, predicate, value)

    def _statements_of(self, subject: Any) -> list[tuple[Any, Any]] | None:
        """All statements of a node, or None where they are too many to fetch at once."""
        text = f"SELECT DISTINCT ?p ?o {{ {subject} ?p ?o }} LIMIT {_MANY}"
        found = [(row[0], row[1]) for row in self._ask(text, self._all, {})]
        return found if len(found) < _MANY else None

    def _triples(self, subject: Any, predicate: Any, value: Any) -> Iterator[tuple[Any, Any, Any]]:
        terms = {"?s": subject, "?p": predicate, "?o": value}
        open_ = [name for name, term in terms.items() if term is None]
        pattern = " ".join(name if term is None else str(term) for name, term in terms.items())
        if not open_:
            if self._holds(pattern, self._all):
                yield subject, predicate, value
            return
        for row in self._ask(f"SELECT DISTINCT {' '.join(open_)} {{ {pattern} }}", self._all, {}):
            found = dict(zip(open_, row, strict=True))
            yield tuple(found.get(name, term) for name, term in terms.items())

    def _holds(self, pattern: str, graphs: Sequence[str] | None) -> bool:
        return any(True for _ in self._ask(f"SELECT * {{ {pattern} }} LIMIT 1", graphs, {}))

    def is_of_data(self, node: Any) -> bool:
        """Whether data mention the node, or the ontology does not."""
        if self._data is None or not self._ontology:
            return True
        if isinstance(node, ox.BlankNode):
            raise NeedsCopy("a result is at a blank node")
        return self._mentioned(node, self._data) or not self._mentioned(node, self._ontology)

    def _mentioned(self, node: Any, graphs: Sequence[str]) -> bool:
        subject = not isinstance(node, ox.Literal) and self._holds(f"{node} ?p ?o", graphs)
        return subject or self._holds(f"?s ?p {node}", graphs)

    def statements(self) -> Statements:
        """All triples as plain terms: they are not at hand."""
        raise NeedsCopy("there are shapes for an engine that needs all triples at hand")
