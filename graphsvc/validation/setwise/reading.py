"""Shapes as they stand in a shapes graph, read into constraints. https://www.w3.org/TR/shacl/#shapes

What breaks a rule that SHACL's own shapes do not check is left to pyshacl, which says what it makes of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from graphsvc.rdf import Iri, Literal, Term
from graphsvc.validation.lexical import is_well_formed
from graphsvc.validation.path import read_path
from graphsvc.validation.setwise.constraint import SH, Shape
from graphsvc.validation.setwise.parameters import READERS
from graphsvc.validation.setwise.sparql_component import component_nodes
from graphsvc.validation.setwise.sparql_query import NotComputed
from graphsvc.validation.shapes import Shapes
from graphsvc.validation.statements import RDF, Statements
from graphsvc.vocab import PREFIXES

_TRUE = Literal("true", PREFIXES["xsd"] + "boolean")
_RDFS = PREFIXES["rdfs"]
_TYPE, _CLASS, _SUBCLASS = Iri(RDF + "type"), Iri(_RDFS + "Class"), Iri(_RDFS + "subClassOf")
_TARGETS = ("targetNode", "targetClass", "targetSubjectsOf", "targetObjectsOf")
# What has been read of a shapes graph, for as long as somebody has it.
_TARGETED: WeakKeyDictionary[Statements, list[tuple[Term, Shape | NotComputed]]] = WeakKeyDictionary()


def targeted(shapes: Shapes) -> list[tuple[Term, Shape | NotComputed]]:
    """Every shape that has targets and is not deactivated, or why it is not computed; read once."""
    found = _TARGETED.get(shapes.statements)
    if found is None:
        found = _TARGETED[shapes.statements] = list(ShapeReader(shapes).targeted())
    return found


class ShapeReader:
    """Reads the shapes of one shapes graph, each once."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.statements = shapes.statements
        self._known: dict[Term, Shape | NotComputed] = {}
        self.components = component_nodes(self.statements)
        # An owl:Class is an rdfs:Class, whether or not the shapes graph says so.
        self._class_like = {_CLASS, Iri(PREFIXES["owl"] + "Class")} | {
            subject for subject, top in self.statements.pairs(_SUBCLASS) if top == _CLASS
        }

    def objects(self, node: Term, name: str) -> list[Term]:
        """The values of a property of SHACL's."""
        return list(self.statements.objects(node, Iri(SH + name)))

    def targeted(self) -> Iterator[tuple[Term, Shape | NotComputed]]:
        """Every shape that has targets and is not deactivated, or why it is not computed."""
        for node in sorted(self._shape_nodes(), key=lambda each: each.n3()):
            targets = [(name, value) for name in _TARGETS for value in self.objects(node, name)]
            if self._class_like.intersection(self.statements.objects(node, _TYPE)):
                targets.append(("targetClass", node))
            if not targets or _TRUE in self.objects(node, "deactivated"):
                continue
            shape: Shape | NotComputed
            try:
                shape = self.shape(node)
                shape.targets = list(dict.fromkeys(targets))
            except NotComputed as reason:
                shape = reason
            yield node, shape

    def _shape_nodes(self) -> set[Term]:
        """The nodes that are shapes and may have targets."""
        kinds = (Iri(SH + "NodeShape"), Iri(SH + "PropertyShape"))
        found = {subject for subject, kind in self.statements.pairs(_TYPE) if kind in kinds}
        for name in (*_TARGETS, "property", "node"):
            found |= {subject for subject, _ in self.statements.pairs(Iri(SH + name))}
        for name in ("property", "node", "not", "qualifiedValueShape"):
            found |= {value for _, value in self.statements.pairs(Iri(SH + name))}
        for name in ("and", "or", "xone"):
            for _, head in self.statements.pairs(Iri(SH + name)):
                found |= set(self.statements.items(head))
        return found

    def shape(self, node: Term) -> Shape:
        """The shape that a node is. Raises NotComputed, each time, for what is left to pyshacl."""
        known = self._known.get(node)
        if known is None:
            try:
                known = self._read(node)
            except NotComputed as reason:
                known = reason
            self._known[node] = known
        if isinstance(known, NotComputed):
            raise known
        return known

    def _read(self, node: Term) -> Shape:
        paths = self.objects(node, "path")
        messages = tuple(each for each in self.objects(node, "message") if isinstance(each, Literal))
        severities = [each for each in self.objects(node, "severity") if isinstance(each, Iri)]
        shape = Shape(
            node,
            read_path(self.statements, paths[0]) if paths else None,
            paths[0] if paths else None,
            (severities or [Iri(SH + "Violation")])[0],
            messages,
            _TRUE in self.objects(node, "deactivated"),
        )
        for read in READERS:
            shape.constraints += read(self, shape)
        return shape

    def refer(self, shape: Shape, node: Term) -> Shape:
        """A shape that another refers to."""
        found = self.shape(node)
        shape.refers_to.append(found)
        return found

    def one(self, node: Term, name: str) -> Term | None:
        """The one value, if there is one. Raises NotComputed for several."""
        found = self.objects(node, name)
        if len(found) > 1:
            raise NotComputed(f"more than one sh:{name}")
        return found[0] if found else None

    def number(self, node: Term, name: str) -> int | None:
        """The one integer, if there is one."""
        found = self.one(node, name)
        if found is None:
            return None
        if (
            not isinstance(found, Literal)
            or not found.datatype.startswith(PREFIXES["xsd"])
            or not re.fullmatch(r"\+?[0-9]{1,9}|-0+", found.value)
            or not is_well_formed(found.value, found.datatype)
        ):
            raise NotComputed(f"an odd sh:{name}")
        return int(found.value)

    def iris(self, node: Term, name: str) -> list[Iri]:
        """The values, all of which must be IRIs."""
        found = self.objects(node, name)
        if not all(isinstance(each, Iri) for each in found):
            raise NotComputed(f"a value of sh:{name} that is no IRI")
        return [each for each in found if isinstance(each, Iri)]
