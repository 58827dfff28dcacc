"""RDF files as rdflib graphs, read with pyoxigraph so that no literal is respelt, and pyshacl on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import rdflib
from rdflib.namespace import RDF, SH

ROOT = Path(__file__).resolve().parents[2]
BASE = "https://w3id.org/eu-dg/"
SHAPE = rdflib.Namespace(BASE + "def/shapes#")


def term(value: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> Any:
    """The rdflib term of the same value and the same spelling."""
    if isinstance(value, ox.NamedNode):
        return rdflib.URIRef(value.value)
    if isinstance(value, ox.BlankNode):
        return rdflib.BNode(value.value)
    assert isinstance(value, ox.Literal)
    if value.language:
        return rdflib.Literal(value.value, lang=value.language)
    datatype = rdflib.URIRef(value.datatype.value)
    plain = datatype == rdflib.XSD.string
    return rdflib.Literal(value.value, datatype=None if plain else datatype, normalize=False)


def read(paths: Iterable[Path]) -> rdflib.Graph:
    """The merge of all graphs of the files."""
    graph = rdflib.Graph()
    for path in paths:
        syntax = (
            ox.RdfFormat.RDF_XML if path.suffix == ".owl" else ox.RdfFormat.from_extension(path.suffix[1:])
        )
        for quad in ox.parse(path=path, format=syntax, base_iri=BASE):
            graph.add((term(quad.subject), term(quad.predicate), term(quad.object)))
    return graph


@dataclass(frozen=True, order=True)
class Finding:
    """One result of a validation; shape and severity by their local names."""

    node: str
    shape: str
    severity: str
    message: str


def findings(data: rdflib.Graph, shapes: rdflib.Graph) -> list[Finding]:
    """Every result of validating `data` by `shapes`, sorted; not the details below a result."""
    import pyshacl

    _, report, _ = pyshacl.validate(data, shacl_graph=shapes, inplace=True)
    assert isinstance(report, rdflib.Graph), report
    return sorted(
        Finding(
            str(report.value(result, SH.focusNode)).removeprefix(BASE),
            str(report.value(result, SH.sourceShape)).removeprefix(SHAPE),
            str(report.value(result, SH.resultSeverity)).removeprefix(str(SH)),
            str(report.value(result, SH.resultMessage)),
        )
        for result in report.objects(None, SH.result)
    )


def paths_of(shapes: rdflib.Graph) -> set[rdflib.term.Node]:
    """Every property that the path of some property shape names."""
    found: set[rdflib.term.Node] = set()
    open_nodes = list(shapes.objects(None, SH.path))
    while open_nodes:
        node = open_nodes.pop()
        if isinstance(node, rdflib.URIRef) and node != RDF.nil:
            found.add(node)
        elif isinstance(node, rdflib.BNode):
            open_nodes += shapes.objects(node)
    return found
