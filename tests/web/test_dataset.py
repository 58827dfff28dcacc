"""The dataset's description: VoID with true counts, and DCAT-AP that its shapes accept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from made_projects import FIREFOX, LIBRARY, project_of, served
from werkzeug.test import TestResponse

from graphsvc.dataset.description import FILE_TYPES
from graphsvc.errors import ProjectError
from graphsvc.formats import GRAPH_FORMATS, Format
from graphsvc.rdf import read_document
from graphsvc.vocab import PREFIXES

if TYPE_CHECKING:
    import rdflib

VOID, DCAT, DCT, RDF = (PREFIXES[name] for name in ("void", "dcat", "dct", "rdf"))
DATASET = "http://example.org/library/dataset"
ROOT = "http://127.0.0.1:8000"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def graph_of(response: TestResponse, syntax: Format = GRAPH_FORMATS[0]) -> set[str]:
    assert response.status_code == 200, response.text
    return {str(quad.triple) for quad in read_document(response.data, syntax)}


def described(client: FlaskClient) -> ox.Store:
    store = ox.Store()
    store.load(client.get("/dataset", headers={"Accept": "text/turtle"}).data, ox.RdfFormat.TURTLE)
    return store


def objects(store: ox.Store, predicate: str, subject: str = DATASET) -> list[str]:
    found = store.quads_for_pattern(ox.NamedNode(subject), ox.NamedNode(predicate), None)
    return sorted(quad.object.value for quad in found)  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def whole() -> ox.Store:
    """Every triple of the library, each once, read from its files and not through the service."""
    from graphsvc.project import Project
    from graphsvc.settings import load

    store = ox.Store()
    store.extend(ox.Quad(*quad.triple) for quad in Project(load(LIBRARY, {})).quads())
    return store


@pytest.mark.parametrize("syntax", GRAPH_FORMATS, ids=lambda f: f.name)
def test_the_description_is_had_in_each_rdf_syntax(library: FlaskClient, syntax: Format) -> None:
    response = library.get("/dataset", headers={"Accept": syntax.media_type})
    assert response.content_type == syntax.content_type
    assert graph_of(response, syntax) == graph_of(library.get("/dataset"))
    assert library.get(f"/dataset?format={syntax.name}").data == response.data
    assert f'</dataset?format={syntax.name}>; rel="alternate"' in response.headers["Link"]


def test_the_well_known_place_leads_to_it(library: FlaskClient) -> None:
    response = library.get("/.well-known/void")
    assert response.status_code == 302
    assert response.headers["Location"] == "/dataset"
    with served(LIBRARY, public_url="https://data.example/kg") as client:
        assert client.get("/.well-known/void").headers["Location"] == "/kg/dataset"


def test_it_is_revalidated(library: FlaskClient) -> None:
    response = library.get("/dataset")
    again = library.get("/dataset", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    for name in ("Vary", "Cache-Control"):
        assert again.headers[name] == response.headers[name]
    assert library.get("/dataset?format=nt").headers["ETag"] != response.headers["ETag"]
    assert library.get("/dataset", headers={"Accept": "image/png"}).status_code == 406


def test_the_counts_are_true(library: FlaskClient, whole: ox.Store) -> None:
    triples = {quad.triple for quad in whole}
    subjects = {triple.subject for triple in triples}
    found = described(library)
    expected = {
        "triples": len(triples),
        "distinctSubjects": len(subjects),
        "distinctObjects": len({triple.object for triple in triples}),
        "properties": len({triple.predicate for triple in triples}),
        "classes": len({t.object for t in triples if t.predicate.value == RDF + "type"}),
        "entities": len(
            {
                one
                for one in subjects
                if isinstance(one, ox.NamedNode) and one.value.startswith("http://example.org/library/")
            }
        ),
    }
    assert {name: int(objects(found, VOID + name)[0]) for name in expected} == expected
    assert expected["entities"] < expected["distinctSubjects"]


def test_the_partitions_are_true_and_complete(library: FlaskClient, whole: ox.Store) -> None:
    found = described(library)
    counted = 0
    for node in objects(found, VOID + "propertyPartition"):
        (iri,) = objects(found, VOID + "property", node)
        statements = list(whole.quads_for_pattern(None, ox.NamedNode(iri), None))
        assert objects(found, VOID + "triples", node) == [str(len(statements))]
        assert objects(found, VOID + "distinctSubjects", node) == [str(len({q.subject for q in statements}))]
        assert objects(found, VOID + "distinctObjects", node) == [str(len({q.object for q in statements}))]
        counted += len(statements)
    assert counted == len(whole)
    types = {quad.object for quad in whole.quads_for_pattern(None, ox.NamedNode(RDF + "type"), None)}
    nodes = objects(found, VOID + "classPartition")
    assert len(nodes) == len(types) > 3
    for node in nodes:
        (iri,) = objects(found, VOID + "class", node)
        members = {
            quad.subject
            for quad in whole.quads_for_pattern(None, ox.NamedNode(RDF + "type"), ox.NamedNode(iri))
        }
        assert objects(found, VOID + "distinctSubjects", node) == [str(len(members))]
        assert objects(found, VOID + "entities", node) == [str(len(members))]


def test_a_triple_in_two_graphs_counts_once_and_a_blank_node_is_no_entity(tmp_path: Path) -> None:
    triple = "<http://example.org/made/id/x> a <http://e/C> ."
    project = project_of(
        tmp_path,
        a__ttl=triple,
        b__ttl=triple + "\n_:x a <http://e/C> .\n<http://elsewhere/y> a <http://e/C> .",
    )
    with served(project) as client:
        found = described(client)
    dataset = "http://example.org/made/dataset"
    assert objects(found, VOID + "triples", dataset) == ["3"]
    assert objects(found, VOID + "distinctSubjects", dataset) == ["3"]
    assert objects(found, VOID + "entities", dataset) == ["1"]
    (node,) = objects(found, VOID + "classPartition", dataset)
    assert objects(found, VOID + "entities", node) == ["2"]
    assert objects(found, VOID + "distinctSubjects", node) == ["3"]
    assert objects(found, VOID + "subset", dataset) == [
        "http://example.org/made/graph/a",
        "http://example.org/made/graph/b",
    ]
    assert objects(found, VOID + "triples", "http://example.org/made/graph/b") == ["3"]


def test_example_resources_are_there(library: FlaskClient) -> None:
    (example,) = objects(described(library), VOID + "exampleResource")
    assert example == "http://example.org/library/id/book/emma"
    response = library.get("/id/book/emma", follow_redirects=True, headers={"Accept": "text/turtle"})
    assert response.status_code == 200


def test_vocabularies_are_those_of_properties_and_classes(library: FlaskClient) -> None:
    names = {
        name for name, iri in PREFIXES.items() if iri in objects(described(library), VOID + "vocabulary")
    }
    assert names == {"dct", "owl", "rdf", "rdfs", "sh"}
    assert "http://example.org/library/def/lib#" in objects(described(library), VOID + "vocabulary")


def test_the_space_of_its_iris_is_the_base(library: FlaskClient) -> None:
    assert objects(described(library), VOID + "uriSpace") == ["http://example.org/library/"]
    assert objects(described(library), VOID + "uriRegexPattern") == [r"^http://example\.org/library/"]


def test_each_file_that_is_named_can_be_had(library: FlaskClient) -> None:
    found = described(library)
    assert len(objects(found, VOID + "dataDump")) == len(GRAPH_FORMATS)
    distributions = objects(found, DCAT + "distribution")
    assert len(distributions) == 2 * len(GRAPH_FORMATS)
    for node in distributions:
        (url,) = objects(found, DCAT + "downloadURL", node)
        (media_type,) = objects(found, DCAT + "mediaType", node)
        packed = objects(found, DCAT + "compressFormat", node)
        response = library.get(url.removeprefix(ROOT))
        assert response.status_code == 200
        promised = (packed or [media_type])[0].removeprefix("https://www.iana.org/assignments/media-types/")
        assert response.mimetype == promised


def test_the_endpoint_is_there(library: FlaskClient) -> None:
    found = described(library)
    assert objects(found, VOID + "sparqlEndpoint") == [ROOT + "/sparql"]
    assert objects(found, DCAT + "endpointURL", ROOT + "/sparql#service") == [ROOT + "/sparql"]
    assert objects(found, DCAT + "servesDataset", ROOT + "/sparql#service") == [DATASET]


def test_nothing_is_claimed_of_publisher_and_licence_where_none_is_set(library: FlaskClient) -> None:
    text = library.get("/dataset").text
    for word in ("license", "publisher", "Catalog", "LicenseDocument", "foaf:Agent"):
        assert word not in text
    page = library.get("/dataset", headers={"Accept": FIREFOX}).text
    assert "none is stated" in page


def test_publisher_and_licence_are_stated_where_they_are_set() -> None:
    with served(LIBRARY, publisher="The library", license=LICENCE) as client:
        found = described(client)
        assert objects(found, DCT + "license") == [LICENCE]
        (publisher,) = objects(found, DCT + "publisher")
        assert objects(found, PREFIXES["foaf"] + "name", publisher) == ["The library"]
        for node in objects(found, DCAT + "distribution"):
            assert objects(found, DCT + "license", node) == [LICENCE]
        page = client.get("/dataset", headers={"Accept": FIREFOX}).text
        assert f'<a rel="license" href="{LICENCE}">' in page
        assert "The library" in page


def test_a_licence_that_is_no_iri_is_refused_before_anything_is_served() -> None:
    with pytest.raises(ProjectError, match="license must be the IRI"), served(LIBRARY, license="CC BY"):
        pass


def test_the_page_tells_what_is_in_it_and_how_to_have_it(library: FlaskClient) -> None:
    response = library.get("/dataset", headers={"Accept": FIREFOX})
    assert response.mimetype == "text/html"
    for text in (
        "Three books and who wrote them.",
        "<dt>Triples</dt><dd>34,",
        '<a href="/dataset.trig.gz" type="application/gzip">',
        '<link rel="alternate" type="text/turtle" href="/dataset?format=ttl">',
        '<tr><td><a href="/def/lib#Book">lib:Book</a></td><td class="number">3</td></tr>',
        "http://127.0.0.1:8000/sparql",
    ):
        assert text in response.text


def test_it_says_the_same_each_time() -> None:
    with served(LIBRARY) as one, served(LIBRARY) as other:
        assert one.get("/dataset").data == other.get("/dataset").data


def test_iris_of_the_data_that_have_odd_characters_do_not_break_it(tmp_path: Path) -> None:
    odd = "http://example.org/made/id/été?a=b&c='d'#(e)%20f"
    project = project_of(tmp_path, a__ttl=f"<{odd}> a <{odd}> .")
    with served(project) as client:
        found = described(client)
        (node,) = objects(found, VOID + "classPartition", "http://example.org/made/dataset")
        assert objects(found, VOID + "class", node) == [odd]
        assert client.get("/dataset", headers={"Accept": FIREFOX}).status_code == 200
        assert client.get(f"/sparql?query={quote('ASK {}')}").status_code == 200


def dcat_ap(shared: Path) -> rdflib.Graph:
    """The shapes of DCAT-AP, those of the classes of values too."""
    import rdflib

    shapes = rdflib.Graph()
    for name in ("dcat-ap-3.0.1-shapes.ttl", "dcat-ap-3.0.1-range.ttl"):
        shapes.parse(shared / "vocabularies" / name)
    return shapes


@pytest.mark.parametrize(
    "settings", [{}, {"publisher": "The library", "license": LICENCE}], ids=["plain", "full"]
)
@pytest.mark.parametrize("base", [None, ROOT], ids=["named elsewhere", "named here"])
def test_dcat_ap_accepts_it(shared: Path, settings: dict[str, str], base: str | None) -> None:
    import pyshacl
    import rdflib

    shapes = dcat_ap(shared)
    with served(LIBRARY, base=base, **settings) as client:
        data = rdflib.Graph().parse(data=client.get("/dataset?format=nt").data, format="nt")
    conforms, _, report = pyshacl.validate(data, shacl_graph=shapes, advanced=False)
    assert conforms, report
    dcat = rdflib.Namespace(DCAT)
    focus = {
        kind: len(set(data.subjects(rdflib.RDF.type, dcat[kind])))
        for kind in ("Dataset", "Distribution", "DataService", "Catalog")
    }
    assert focus == {
        "Dataset": 1,
        "Distribution": 12,
        "DataService": 1,
        "Catalog": int("publisher" in settings),
    }
    # The shapes bite: without its title the dataset is refused.
    data.remove((None, rdflib.DCTERMS.title, None))
    assert not pyshacl.validate(data, shacl_graph=shapes, advanced=False)[0]


def test_dcat_ap_accepts_the_description_of_the_shipped_graph(shared: Path, shipped: FlaskClient) -> None:
    import pyshacl
    import rdflib

    data = rdflib.Graph().parse(data=shipped.get("/dataset?format=nt").data, format="nt")
    assert len(set(data.subjects(rdflib.RDF.type, rdflib.DCAT.Distribution))) == 12
    conforms, _, report = pyshacl.validate(data, shacl_graph=dcat_ap(shared), advanced=False)
    assert conforms, report


def test_the_examples_of_the_shipped_graph_are_what_it_is_about(shipped: FlaskClient) -> None:
    store = described(shipped)
    examples = objects(store, VOID + "exampleResource", "https://w3id.org/eu-dg/dataset")
    assert [one for one in examples if "/id/instrument/" in one]
    assert not [one for one in examples if "/id/statement/" in one]


def test_file_types_are_those_of_the_eu_table(shared: Path) -> None:
    table = (shared / "vocabularies" / "eu-authority-slice.ttl").read_text(encoding="utf-8")
    for code in FILE_TYPES.values():
        assert f"<http://publications.europa.eu/resource/authority/file-type/{code}> a skos:Concept" in table
    assert set(FILE_TYPES) == {one.name for one in GRAPH_FORMATS}
