"""The shapes: named, explained, complete, well formed themselves, and what they find in the shipped graph."""

from __future__ import annotations

import re

import pyoxigraph as ox
import pytest
import rdflib
from rdf_graphs import BASE, ROOT, SHAPE, Finding, findings, paths_of, term
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS, SH, SKOS

from graphsvc.vocab import PREFIXES

# What the source page lacks or says oddly, row by row: node, shape.
ODDITIES = {
    ("id/instrument/mental-health-in-the-digital-world-of-work", "Instrument-referencePresent"),
    ("id/instrument/mental-health-in-the-digital-world-of-work", "Instrument-statedTypePresent"),
    ("id/instrument/com-2020-568", "Instrument-titleComplete"),
    ("id/instrument/sec-2004-661", "Instrument-titlePresent"),
    ("id/instrument/com-2000-323", "Instrument-titleComplete"),
    ("id/instrument/sec-2004-661", "Instrument-withinLifetime"),
    ("id/instrument/com-2000-323", "Instrument-withinLifetime"),
    ("id/instrument/com-1994-492", "Instrument-withinLifetime"),
}


@pytest.fixture(scope="module")
def found(data: rdflib.Graph, ontology: rdflib.Graph, shapes: rdflib.Graph) -> list[Finding]:
    """What the shapes find in the shipped graph."""
    return findings(data + ontology, shapes)


def test_the_shipped_graph_has_no_violation(found: list[Finding]) -> None:
    assert [finding for finding in found if finding.severity == "Violation"] == []


def test_the_warnings_are_the_oddities_of_the_source_and_no_others(found: list[Finding]) -> None:
    assert len(found) == len(ODDITIES)
    assert {(finding.node, finding.shape) for finding in found} == ODDITIES
    assert {finding.severity for finding in found} == {"Warning"}


def test_the_graph_conforms_as_the_store_gives_it_back(
    found: list[Finding], data: rdflib.Graph, ontology: rdflib.Graph, shapes: rdflib.Graph
) -> None:
    """The store respells numbers and makes an integer of every narrower type; no shape minds."""
    store = ox.Store()
    document = (data + ontology).serialize(format="nt", encoding="utf-8")
    store.load(document, ox.RdfFormat.N_TRIPLES)
    given_back = rdflib.Graph()
    for quad in store:
        given_back.add((term(quad.subject), term(quad.predicate), term(quad.object)))
    assert findings(given_back, shapes) == found


# Annotations by which the vocabularies explain themselves, and what hangs on a named graph.
UNCONSTRAINED = {
    str(term)
    for term in (
        SKOS.scopeNote,
        SKOS.editorialNote,
        DCTERMS.source,
        DCTERMS.created,
        DCTERMS.issued,
        DCTERMS.modified,
        DCTERMS.creator,
        OWL.versionInfo,
        RDFS.domain,
        RDFS.range,
        RDFS.subClassOf,
        RDFS.subPropertyOf,
        RDF.type,
    )
} | {
    PREFIXES["foaf"] + "name",
    PREFIXES["vann"] + "preferredNamespacePrefix",
    PREFIXES["vann"] + "preferredNamespaceUri",
}


def test_every_property_of_data_and_ontology_is_constrained(
    data: rdflib.Graph, ontology: rdflib.Graph, shapes: rdflib.Graph
) -> None:
    used = {str(predicate) for predicate in (data + ontology).predicates()}
    assert used - {str(path) for path in paths_of(shapes)} - UNCONSTRAINED == set()


def test_every_class_of_data_and_ontology_has_a_node_shape(
    data: rdflib.Graph, ontology: rdflib.Graph, shapes: rdflib.Graph
) -> None:
    used = set((data + ontology).objects(None, RDF.type))
    targets = set(shapes.objects(None, SH.targetClass))
    assert used - targets == {rdflib.URIRef(PREFIXES["foaf"] + "Agent")}


def test_every_shape_is_named_and_says_the_remedy(shapes: rdflib.Graph, property_shapes: set[str]) -> None:
    assert not [shape for shape in shapes.objects(None, SH.property) if isinstance(shape, rdflib.BNode)]
    for local in property_shapes:
        shape = SHAPE[local]
        (name,) = shapes.objects(shape, SH.name)
        # A SPARQL constraint names the values at fault, so it has the message for its shape.
        (message,) = shapes.objects(shapes.value(shape, SH.sparql) or shape, SH.message)
        (group,) = shapes.objects(shape, SH.group)
        assert isinstance(name, rdflib.Literal)
        assert isinstance(message, rdflib.Literal)
        assert name.language == message.language == "en"
        assert re.search(r"[.]$", message), local
        assert shapes.value(shape, SH.order) is not None
        assert (group, RDF.type, SH.PropertyGroup) in shapes
        (owner,) = shapes.subjects(SH.property, shape)
        assert local.startswith(str(owner).removeprefix(SHAPE) + "-")
    for node in shapes.subjects(RDF.type, SH.NodeShape):
        assert shapes.value(node, SH.name) is not None


def test_names_of_property_shapes_differ(shapes: rdflib.Graph, property_shapes: set[str]) -> None:
    """A report shows the name; two rules of one name could not be told apart on one node."""
    for owner in shapes.subjects(RDF.type, SH.NodeShape):
        names = [str(shapes.value(shape, SH.name)) for shape in shapes.objects(owner, SH.property)]
        assert len(names) == len(set(names))


def test_a_shape_stands_in_the_file_that_targets_its_class(shapes: rdflib.Graph) -> None:
    for path in sorted((ROOT / "shapes").glob("*.ttl")):
        text = path.read_text(encoding="utf-8")
        owners = set(re.findall(r"^shape:(\w+) a sh:NodeShape", text, re.M))
        members = set(re.findall(r"^shape:(\w+)-\w+ a sh:PropertyShape", text, re.M))
        assert members <= owners, path.name


def test_the_prefixes_of_sparql_constraints_are_of_the_one_table(shapes: rdflib.Graph) -> None:
    declared = {
        str(shapes.value(node, SH.prefix)): str(shapes.value(node, SH.namespace))
        for node in shapes.objects(rdflib.URIRef(BASE + "def/shapes"), SH.declare)
    }
    queries = " ".join(str(query) for query in shapes.objects(None, SH.select))
    used = set(re.findall(r"(?<![\w?$-])([a-z-]+):[A-Za-z]", re.sub(r'"[^"]*"', "", queries)))
    assert set(declared) == used
    table = dict(PREFIXES) | {"dg": BASE + "def/dg#"}
    assert all(table[prefix] == namespace for prefix, namespace in declared.items())


def test_the_shapes_are_valid_by_the_shapes_of_shapes(shapes: rdflib.Graph) -> None:
    import pyshacl

    conforms, _, text = pyshacl.validate(rdflib.Graph(), shacl_graph=shapes, meta_shacl=True)
    assert conforms, text


def test_a_broken_shape_would_be_noticed(shapes: rdflib.Graph) -> None:
    import pyshacl

    broken = rdflib.Graph() + shapes
    broken.set((SHAPE["Instrument-title"], SH.maxCount, rdflib.Literal("one")))
    with pytest.raises(pyshacl.errors.ReportableRuntimeError):
        pyshacl.validate(rdflib.Graph(), shacl_graph=broken, meta_shacl=True)


def test_the_types_known_are_the_notations_of_the_scheme(
    shapes: rdflib.Graph, ontology: rdflib.Graph
) -> None:
    scheme = rdflib.URIRef(BASE + "id/scheme/instrument-type")
    notations = {
        str(code)
        for kind in ontology.subjects(SKOS.inScheme, scheme)
        for code in ontology.objects(kind, SKOS.notation)
    }
    pattern = str(shapes.value(SHAPE["Instrument-statedTypeKnown"], SH.pattern))
    assert set(pattern.strip("^()$").split("|")) == notations


def test_the_stages_allowed_are_those_of_the_scheme(shapes: rdflib.Graph, ontology: rdflib.Graph) -> None:
    stages = set(ontology.subjects(SKOS.inScheme, rdflib.URIRef(BASE + "id/scheme/stage")))
    for shape in ("Instrument-stage", "ReportedCount-stage"):
        allowed = shapes.value(SHAPE[shape], SH["in"])
        assert allowed is not None
        assert set(shapes.items(allowed)) == stages
