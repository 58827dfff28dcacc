"""Triples as plain terms with an index, read from documents: what shapes are checked on, and results told by.

The documents of one validation are merged into one graph: named graphs do not stay apart, and a blank node
belongs to the document that it stands in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from graphsvc.errors import DataSyntaxError, ShapesError
from graphsvc.formats import DATA_FORMATS, by_name
from graphsvc.rdf import BlankNode, Iri, Literal, Term, read_document
from graphsvc.vocab import PREFIXES

RDF = PREFIXES["rdf"]
_FIRST, _REST, _NIL = Iri(RDF + "first"), Iri(RDF + "rest"), Iri(RDF + "nil")
_TYPE = Iri(RDF + "type")
Triple = tuple[Term, Iri, Term]


@dataclass(frozen=True)
class Document:
    """One RDF document: the name by which errors call it, its bytes unpacked, its format's short name.

    `base` resolves its relative IRIs; without it they are errors.
    """

    name: str
    content: bytes
    syntax: str
    base: str | None = None


class Statements:
    """A graph in memory: the triples in the order of their documents, each once, found by subject and object."""

    def __init__(self, triples: Iterable[tuple[Triple, str]] = ()) -> None:
        self.triples: dict[Triple, str] = {}
        self._forward: dict[Term, dict[Iri, list[Term]]] = defaultdict(lambda: defaultdict(list))
        self._backward: dict[Term, list[tuple[Term, Iri]]] = defaultdict(list)
        for triple, document in triples:
            if triple not in self.triples:
                subject, predicate, value = triple
                self.triples[triple] = document
                self._forward[subject][predicate].append(value)
                self._backward[value].append((subject, predicate))

    def objects(self, subject: Term, predicate: Iri) -> Sequence[Term]:
        """The objects of the triples with that subject and predicate."""
        return self._forward[subject][predicate] if self.describes(subject, predicate) else ()

    def describes(self, subject: Term, predicate: Iri | None = None) -> bool:
        """Whether a triple has that subject, and that predicate if one is given."""
        return subject in self._forward and (predicate is None or predicate in self._forward[subject])

    def mentions(self, node: Term) -> bool:
        """Whether the node is the subject or the object of a triple."""
        return node in self._forward or node in self._backward

    def subjects(self) -> Iterator[Term]:
        """Every subject, in the order of first appearance."""
        yield from self._forward

    def pairs(self, predicate: Iri) -> Iterator[tuple[Term, Term]]:
        """Subject and object of each triple with that predicate."""
        for subject, found in self._forward.items():
            for value in found.get(predicate, ()):
                yield subject, value

    def first_mention(self, node: Term) -> Triple | None:
        """The triple that first has the node as its subject (rdf:type by preference), or else as its object."""
        if node in self._forward:
            described = self._forward[node]
            predicate = _TYPE if _TYPE in described else next(iter(described))
            return node, predicate, described[predicate][0]
        for subject, predicate in self._backward.get(node, ()):
            return subject, predicate, node
        return None

    def document_of(self, node: Term) -> str | None:
        """The name of the document that first has the node as a subject."""
        for predicate, values in self._forward.get(node, {}).items():
            return self.triples[(node, predicate, values[0])]
        return None

    def owner(self, node: Term) -> Iri | None:
        """The nearest IRI from which the node can be reached: itself, or, for a blank node, one above it."""
        seen = {node}
        level = [node]
        while level:
            named = sorted(each for each in level if isinstance(each, Iri))
            if named:
                return named[0]
            above = [subject for each in level for subject, _ in self._backward.get(each, ())]
            level = [each for each in dict.fromkeys(above) if each not in seen]
            seen.update(level)
        return None

    def name(self, node: Term) -> str:
        """The node for a sentence: its IRI or value, or the IRI that leads to a blank node."""
        if isinstance(node, BlankNode):
            owner = self.owner(node)
            return f"a blank node of <{owner.value}>" if owner else f"the blank node {node.n3()}"
        return f"<{node.value}>" if isinstance(node, Iri) else node.n3()

    def items(self, head: Term) -> list[Term]:
        """The members of an RDF list. Raises ShapesError where it is cyclic or not well-formed.

        https://www.w3.org/TR/shacl/#shacl-list
        """
        found: list[Term] = []
        seen: set[Term] = set()
        node = head
        while node != _NIL:
            first, rest = self.objects(node, _FIRST), self.objects(node, _REST)
            if node in seen:
                raise self.fault(node, f"The RDF list at {self.name(node)} runs in a circle.")
            if len(first) != 1 or len(rest) != 1:
                raise self.fault(node, f"There is no well-formed RDF list at {self.name(node)}.")
            seen.add(node)
            found.append(first[0])
            node = rest[0]
        return found

    def fault(self, node: Term, message: str) -> ShapesError:
        """An error about a node, which tells the document that the node stands in, or that refers to it."""
        places = [node, *(subject for subject, _ in self._backward.get(node, ()))]
        source = next((found for each in places if (found := self.document_of(each))), None)
        return ShapesError(message, source=source)


def read(documents: Iterable[Document], *, role: str) -> Statements:
    """The merge of the documents; blank nodes are labelled by `role`, document and order of appearance.

    Raises DataSyntaxError with the document's name, line and column; also for what RDF 1.2 adds to RDF 1.1.
    """
    return Statements(
        (triple, document.name)
        for number, document in enumerate(documents, start=1)
        for triple in read_triples(document, blank_stem(role, number))
    )


def blank_stem(role: str, number: int) -> str:
    """What the labels of the blank nodes of a document begin with; documents of a role count from 1."""
    return f"{role}{number}b"


def read_triples(document: Document, stem: str) -> Iterator[Triple]:
    """The triples of one document in its order, repeated where they are; see `read`."""
    syntax = by_name(document.syntax, DATA_FORMATS)
    if syntax is None:
        raise DataSyntaxError(f"{document.syntax!r} is no RDF syntax.", source=document.name)
    labels: dict[str, BlankNode] = {}

    def term(given: object) -> Term:
        match given:
            case ox.NamedNode(value=value):
                return Iri(value)
            case ox.BlankNode(value=value):
                return labels.setdefault(value, BlankNode(f"{stem}{len(labels) + 1}"))
            case ox.Literal() if given.direction is None:
                return Literal(given.value, given.datatype.value, given.language or "")
        raise DataSyntaxError(
            "Triple terms and text with a base direction are RDF 1.2; SHACL is defined on RDF 1.1.",
            source=document.name,
        )

    for quad in read_document(document.content, syntax, source=document.name, base=document.base):
        predicate = term(quad.predicate)
        assert isinstance(predicate, Iri)
        yield term(quad.subject), predicate, term(quad.object)
