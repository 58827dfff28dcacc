"""The shipped graph's folders, read once."""

from __future__ import annotations

import pytest
import rdflib
from rdf_graphs import ROOT, SHAPE, read
from rdflib.namespace import RDF, RDFS, SH


@pytest.fixture(scope="session")
def ontology() -> rdflib.Graph:
    """The folder ontology/ as one graph."""
    return read(sorted((ROOT / "ontology").glob("*.ttl")))


@pytest.fixture(scope="session")
def shapes() -> rdflib.Graph:
    """The folder shapes/ as one graph."""
    return read(sorted((ROOT / "shapes").glob("*.ttl")))


@pytest.fixture(scope="session")
def data() -> rdflib.Graph:
    """The folder data/ as one graph."""
    return read(sorted(path for ending in ("*.ttl", "*.trig") for path in (ROOT / "data").glob(ending)))


@pytest.fixture(scope="session")
def axioms(ontology: rdflib.Graph) -> rdflib.Graph:
    """What of the ontology a shape's target can see: the subclass axioms."""
    graph = rdflib.Graph()
    for triple in ontology.triples((None, RDFS.subClassOf, None)):
        graph.add(triple)
    return graph


@pytest.fixture(scope="session")
def property_shapes(shapes: rdflib.Graph) -> set[str]:
    """The local names of all property shapes."""
    return {str(shape).removeprefix(SHAPE) for shape in shapes.subjects(RDF.type, SH.PropertyShape)}
