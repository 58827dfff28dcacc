"""The ontology: own terms documented and used, foreign terms real and in their place, no contradiction."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from rdf_graphs import BASE, ROOT, findings, paths_of, read
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS, SKOS

from graphsvc.settings import load
from graphsvc.vocab import PREFIXES

DG = rdflib.Namespace(BASE + "def/dg#")
CLASSES = {"Instrument", "ReportedCount", "SourceDocument"}
PROPERTIES = {
    "countOf",
    "derivationCertainty",
    "derivedByRule",
    "documentSeries",
    "involvesBody",
    "missionStatement",
    "rawTitle",
    "statedType",
    "theme",
    "year",
}
TURTLE = sorted(
    path
    for folder in ("data", "ontology", "shapes", "tests/shapes")
    for ending in ("*.ttl", "*.trig")
    for path in (ROOT / folder).rglob(ending)
)
PREFIX_LINE = re.compile(r"^@prefix ([\w-]*): <([^>]*)> \.$", re.M)


def own_terms(ontology: rdflib.Graph) -> list[rdflib.URIRef]:
    return sorted(
        term for term in set(ontology.subjects()) if isinstance(term, rdflib.URIRef) and term.startswith(DG)
    )


def test_the_own_terms_are_these(ontology: rdflib.Graph) -> None:
    assert {str(term).removeprefix(DG) for term in own_terms(ontology)} == CLASSES | PROPERTIES
    assert {str(term).removeprefix(DG) for term in ontology.subjects(RDF.type, OWL.Class)} == CLASSES


def test_every_term_has_a_label_a_definition_of_one_sentence_and_its_ontology(ontology: rdflib.Graph) -> None:
    for term in own_terms(ontology):
        (label,) = ontology.objects(term, RDFS.label)
        (definition,) = ontology.objects(term, SKOS.definition)
        assert isinstance(label, rdflib.Literal)
        assert isinstance(definition, rdflib.Literal)
        assert label.language == definition.language == "en"
        assert re.fullmatch(r"[A-Z][^.]*\.", definition), definition
        assert list(ontology.objects(term, RDFS.isDefinedBy)) == [rdflib.URIRef(BASE + "def/dg")]


def test_every_term_is_used_by_the_data_and_by_a_shape(data: rdflib.Graph, shapes: rdflib.Graph) -> None:
    in_data = set(data.predicates()) | set(data.objects(None, RDF.type))
    in_shapes = paths_of(shapes) | set(shapes.objects())
    for name in CLASSES | PROPERTIES:
        assert DG[name] in in_data, f"no statement of the data uses dg:{name}"
        assert DG[name] in in_shapes, f"no shape constrains dg:{name}"


def test_the_header_has_a_version_a_licence_and_fixed_dates(ontology: rdflib.Graph) -> None:
    header = rdflib.URIRef(BASE + "def/dg")
    assert ontology.value(header, OWL.versionIRI) == rdflib.URIRef(BASE + "def/dg/1.0.0")
    assert ontology.value(header, DCTERMS.license)
    assert ontology.value(header, DCTERMS.creator)
    dates = [ontology.value(header, term) for term in (DCTERMS.created, DCTERMS.issued, DCTERMS.modified)]
    assert dates == [rdflib.Literal("2026-11-24", datatype=rdflib.XSD.date)] * 3


def test_the_ontology_and_the_shapes_conform_to_the_shapes(
    ontology: rdflib.Graph, shapes: rdflib.Graph
) -> None:
    assert findings(ontology + shapes, shapes) == []


# --- Prefixes


@pytest.mark.parametrize("path", TURTLE, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_binds_the_prefixes_of_the_one_table_and_uses_each(path: Path) -> None:
    table = load(ROOT, {}).prefixes
    text = path.read_text(encoding="utf-8")
    bare = re.sub(r'"""[\s\S]*?"""|"(?:[^"\\\n]|\\.)*"|<[^>\n]*>', " ", text)
    declared = PREFIX_LINE.findall(text)
    assert len(declared) == text.count("@prefix")
    for prefix, namespace in declared:
        assert table.get(prefix) == namespace
        assert len(re.findall(rf"(?<![\w-]){prefix}:", bare)) > 1, f"{prefix}: is declared and not used"


# --- Foreign terms


@pytest.fixture(scope="module")
def legislation(shared: Path) -> rdflib.Graph:
    """ELI 1.3 with its extension for draft legislation."""
    folder = shared / "vocabularies"
    return read([folder / "eli-1.3.owl", folder / "eli-dl-final1.owl"])


@pytest.fixture(scope="module")
def organisations(shared: Path) -> rdflib.Graph:
    """The Core Public Organisation Vocabulary."""
    return read([shared / "vocabularies" / "cpov-2.1.2.ttl"])


def used_terms(*graphs: rdflib.Graph) -> set[rdflib.term.Node]:
    """Predicates, classes, and what paths and targets of shapes name."""
    return {
        node
        for graph in graphs
        for triple in graph
        for node in triple
        if isinstance(node, rdflib.URIRef) and "/id/" not in node
    }


def test_every_term_of_eli_is_declared_there(
    data: rdflib.Graph, ontology: rdflib.Graph, shapes: rdflib.Graph, legislation: rdflib.Graph
) -> None:
    spaces = (PREFIXES["eli"], PREFIXES["eli-dl"])
    used = {term for term in used_terms(data, ontology, shapes) if str(term).startswith(spaces)}
    used -= {rdflib.URIRef(space) for space in spaces}
    used -= {node for node in used if (node, RDF.type, None) in legislation}
    assert used == set()


def test_every_term_of_the_organisation_vocabulary_is_declared_there(
    data: rdflib.Graph, ontology: rdflib.Graph, shapes: rdflib.Graph, organisations: rdflib.Graph
) -> None:
    used = {term for term in used_terms(data, ontology, shapes) if str(term).startswith(PREFIXES["cv"])}
    assert used == {rdflib.URIRef(PREFIXES["cv"] + "PublicOrganisation")}
    assert all((term, RDF.type, OWL.Class) in organisations for term in used)


def domains(property_: rdflib.term.Node, vocabulary: rdflib.Graph) -> set[rdflib.term.Node]:
    """The classes of which a subject must have one; empty where the vocabulary asks for none."""
    found: set[rdflib.term.Node] = set()
    for domain in vocabulary.objects(property_, RDFS.domain):
        union = vocabulary.value(domain, OWL.unionOf)
        found |= set(vocabulary.items(union)) if union else {domain}
    return found


def test_every_subject_is_in_the_domain_of_its_eli_properties(
    data: rdflib.Graph, ontology: rdflib.Graph, legislation: rdflib.Graph
) -> None:
    classes = legislation + ontology
    checked = set()
    for subject, predicate, _ in data:
        wanted = domains(predicate, legislation)
        if wanted:
            types = set(data.objects(subject, RDF.type))
            above = {up for kind in types for up in classes.transitive_objects(kind, RDFS.subClassOf)}
            assert above & wanted, f"{subject} has {predicate} and is no {wanted}"
            checked.add(predicate)
    assert len(checked) >= 6


# --- Consistency


def contradictions(graph: rdflib.Graph) -> list[str]:
    """What is wrong in the OWL 2 RL closure of the graph, which is extended to it."""
    import owlrl

    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    errors = [
        str(text)
        for _, predicate, text in graph
        if str(predicate).startswith("http://www.daml.org/2002/03/agents")
    ]
    return errors + [f"{member} is in nothing" for member in graph.subjects(RDF.type, OWL.Nothing)]


def test_ontology_and_data_do_not_contradict_each_other(data: rdflib.Graph, ontology: rdflib.Graph) -> None:
    graph = ontology + data
    # Statements about statements and text positions have no axioms in the ontology and would take a minute.
    for kind in (RDF.Statement, rdflib.URIRef(PREFIXES["oa"] + "SpecificResource")):
        for subject in set(graph.subjects(RDF.type, kind)):
            graph.remove((subject, None, None))
    assert contradictions(graph) == []
    instrument = rdflib.URIRef(BASE + "id/instrument/com-2021-574")
    assert (instrument, RDF.type, rdflib.URIRef(PREFIXES["eli"] + "Work")) in graph, "nothing was derived"


def test_a_contradiction_would_be_noticed(ontology: rdflib.Graph) -> None:
    graph = rdflib.Graph() + ontology
    graph.add((DG.Instrument, OWL.disjointWith, DG.ReportedCount))
    example = rdflib.URIRef(BASE + "id/instrument/example")
    graph.add((example, RDF.type, DG.Instrument))
    graph.add((example, RDF.type, DG.ReportedCount))
    assert contradictions(graph) != []


# --- The Core Public Organisation Vocabulary's own shapes


def test_the_data_conform_to_the_shapes_of_the_organisation_vocabulary(
    data: rdflib.Graph, shared: Path
) -> None:
    foreign = read([shared / "vocabularies" / "cpov-2.1.2-SHACL.ttl"])
    targets = set(foreign.objects(None, rdflib.SH.targetClass))
    focus = {node for kind in targets for node in data.subjects(RDF.type, kind)}
    organisation = rdflib.URIRef(PREFIXES["cv"] + "PublicOrganisation")
    assert len(set(data.subjects(RDF.type, organisation))) == 5
    assert len(focus) > 20
    assert not list(data.subjects(RDF.type, OWL.Class)), "a foreign ontology was loaded with the data"
    assert findings(rdflib.Graph() + data, foreign) == []


def test_the_shapes_of_the_organisation_vocabulary_would_notice_an_error(shared: Path) -> None:
    foreign = read([shared / "vocabularies" / "cpov-2.1.2-SHACL.ttl"])
    bad = read([ROOT / "tests" / "shapes" / "invalid" / "Organisation-altName.ttl"])
    assert len(findings(bad, foreign)) == 1


# --- JSON-LD context


def test_the_context_is_what_the_ontology_gives() -> None:
    from graphsvc.ontology_context import context_document

    committed = (ROOT / "ontology" / "context.jsonld").read_bytes()
    assert committed == context_document(ROOT), "run `python -m graphsvc.ontology_context`"


def test_a_document_with_the_context_says_the_same_triples_as_turtle() -> None:
    folder = Path(__file__).parent / "context"
    context = (ROOT / "ontology" / "context.jsonld").read_text(encoding="utf-8")
    inner = context[context.index(":") + 1 : context.rindex("}")]
    document = (folder / "example.jsonld").read_text(encoding="utf-8").replace('"../context.jsonld"', inner)
    from_json = {quad.triple for quad in ox.parse(document, ox.RdfFormat.JSON_LD, base_iri=BASE)}
    from_turtle = {quad.triple for quad in ox.parse(path=folder / "example.ttl", base_iri=BASE)}
    assert from_json == from_turtle


def test_two_terms_of_one_name_are_refused() -> None:
    from graphsvc.errors import ProjectError
    from graphsvc.ontology_context import context_of

    kind = ox.NamedNode(PREFIXES["owl"] + "Class")
    quads = [
        ox.Quad(ox.NamedNode(f"http://example.org/{space}#Book"), ox.NamedNode(str(RDF.type)), kind)
        for space in ("a", "b")
    ]
    with pytest.raises(ProjectError, match="already has 'Book'"):
        context_of(quads, {})
