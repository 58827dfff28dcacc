"""The set-based engine by itself: spelling, stored graphs, restriction, and what it leaves to pyshacl."""

from __future__ import annotations

import gc
import re
import weakref
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphsvc.errors import BadRequest, ShapesError
from graphsvc.rdf import BlankNode, Iri, Literal, Term
from graphsvc.validation import Document, Engine, Report, Severity, ValidationJob, validate, validate_stored
from graphsvc.validation.command import validate_files
from graphsvc.validation.job import judge, run
from graphsvc.validation.json_report import read_json
from graphsvc.validation.rdf_report import report_quads
from graphsvc.validation.setwise import engine, loaded
from graphsvc.validation.setwise.regular_expression import store_pattern
from graphsvc.validation.setwise.sparql_query import NotComputed, Query
from graphsvc.validation.setwise.spelling import _CANONICAL, _comes_back, from_store, is_stand_in, to_store
from graphsvc.validation.shapes import Shapes
from graphsvc.vocab import PREFIXES

EX = "http://example.org/"
SH, XSD = PREFIXES["sh"], PREFIXES["xsd"]
HEAD = (
    f"@prefix ex: <{EX}> . @prefix sh: <{SH}> . @prefix xsd: <{XSD}> . @prefix rdfs: <{PREFIXES['rdfs']}> .\n"
)


def shapes(text: str) -> Shapes:
    return Shapes.load([Document("shapes.ttl", (HEAD + text).encode(), "ttl")])


def report(data: str, shapes_text: str, kind: Engine = Engine.SETWISE) -> Report:
    documents = [
        (Document(name, (HEAD + text).encode(), "ttl"),) for name, text in (("d", data), ("s", shapes_text))
    ]
    return validate(ValidationJob(*documents), kind)


def store(**graphs: str) -> ox.Store:
    """A store with a graph of each name."""
    made = ox.Store()
    for name, text in graphs.items():
        made.load((HEAD + text).encode(), ox.RdfFormat.TURTLE, to_graph=ox.NamedNode(EX + name))
    return made


def values(found: Report) -> list[str]:
    return sorted(each.value.n3() if each.value else "" for each in found.results)


def told(found: Report) -> list[object]:
    return sorted(each.key() for each in found.results)


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask the store even about a handful of nodes."""
    monkeypatch.setattr(engine, "FEW", 0)


@pytest.mark.parametrize(
    ("text", "datatype", "kept"),
    [
        ("1", "integer", True),
        ("01", "integer", False),
        ("1", "int", False),
        ("x", "integer", True),
        ("1.0", "decimal", False),
        ("2020-02-29", "date", True),
        ("2020-01-01+00:00", "date", False),
        ("P12M", "duration", False),
        ("01", "string", True),
    ],
)
def test_a_literal_that_the_store_would_respell_has_a_stand_in(text: str, datatype: str, kept: bool) -> None:
    literal = Literal(text, XSD + datatype)
    term = to_store(literal)
    assert is_stand_in(term) != kept
    assert from_store(term) == literal
    made = ox.Store()
    made.add(ox.Quad(ox.NamedNode(EX), ox.NamedNode(EX), term))
    [quad] = made
    assert from_store(quad.object) == literal


@pytest.mark.parametrize("datatype", _CANONICAL)
@given(st.data())
def test_what_is_taken_to_come_back_comes_back(datatype: str, data: st.DataObject) -> None:
    text = data.draw(
        st.from_regex(_CANONICAL[datatype], fullmatch=True, alphabet=st.characters(codec="ascii"))
    )
    assert _comes_back(text, datatype)


@pytest.mark.parametrize("term", [Iri(EX), BlankNode("data1b1"), Literal("a"), Literal("a", "x", "en")])
def test_other_terms_are_kept_as_they_are(term: Term) -> None:
    assert not is_stand_in(to_store(term))


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        (r"^[a-z]+\([12][0-9]{3}\)$", ["com(2021)", "com(2021)\n", "com(2021)\n\n", "COM(2021)", ""]),
        (r"[^\s.…]", [" .…", "\x1c", "\x1fa", "", "x"]),
        (r"^(a|b)$|^c+$", ["a", "ab", "ccc", "c\n", "\n"]),
        ("a.b", ["a\nb", "axb", "ab"]),
    ],
)
def test_a_pattern_that_the_store_matches_matches_as_in_python(pattern: str, texts: list[str]) -> None:
    compiled = re.compile(pattern)
    translated = store_pattern(compiled)
    assert translated is not None
    for text in texts:
        query = f"ASK {{ FILTER (REGEX({Literal(text).n3()}, {Literal(translated).n3()})) }}"
        assert bool(ox.Store().query(query)) == bool(compiled.search(text)), text


@pytest.mark.filterwarnings("ignore:Possible")
@pytest.mark.parametrize(
    "pattern", [r"\d", r"\w+", "(a$)b", "(?=a)", "[[a]", r"a\b", "(?i)a", "a++", "[a&&b]"]
)
def test_a_pattern_that_may_mean_something_else_to_the_store_is_left_to_python(pattern: str) -> None:
    assert store_pattern(re.compile(pattern)) is None


def test_a_pattern_with_flags_is_left_to_python() -> None:
    assert store_pattern(re.compile("a", re.IGNORECASE)) is None


GRAPHS = [ox.NamedNode(EX + "one"), ox.NamedNode(EX + "two")]
ONCE = "ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:property [ sh:path ex:p ; sh:maxCount 1 ] ."


@pytest.mark.usefixtures("many")
def test_a_triple_of_two_stored_graphs_counts_once() -> None:
    made = store(one="ex:a a ex:T ; ex:p 1 . ex:b a ex:T ; ex:p 1 .", two="ex:a ex:p 1 . ex:b ex:p 2 .")
    known = shapes(ONCE)
    for found in (validate_stored(made, known), validate_stored(made, known, graphs=GRAPHS)):
        assert [each.focus_node for each in found.results] == [Iri(EX + "b")]
    assert validate_stored(made, known, graphs=GRAPHS[:1]).conforms


def test_a_query_that_counts_is_judged_by_pyshacl_on_a_merge_of_graphs_alone() -> None:
    made = store(one="ex:a a ex:T ; ex:p 1 .", two="ex:a a ex:T ; ex:p 1 .")
    known = shapes(
        """ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:sparql [ sh:select
        "SELECT $this { $this <http://example.org/p> ?x } GROUP BY $this HAVING (COUNT(?x) > 1)" ] ."""
    )
    for graphs, judged in ((GRAPHS, True), (GRAPHS[:1], False)):
        found = validate_stored(made, known, graphs=graphs)
        assert found.conforms
        assert bool(found.judged_by) == judged


@pytest.mark.usefixtures("many")
def test_a_stored_ontology_counts_and_gets_no_results() -> None:
    made = store(
        one="ex:a a ex:Sub .", two="ex:Sub rdfs:subClassOf ex:T . ex:x a ex:T .", three="ex:y a ex:T ."
    )
    known = shapes(
        "ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:property [ sh:path ex:p ; sh:minCount 1 ] ."
    )
    found = validate_stored(made, known, graphs=GRAPHS[:1], ontology=GRAPHS[1:])
    assert [each.focus_node for each in found.results] == [Iri(EX + "a")]


def test_a_stored_graph_is_not_changed_and_may_be_read_only(tmp_path: Path) -> None:
    on_disk = ox.Store(tmp_path / "store")
    on_disk.extend(store(one="ex:a a ex:T ; ex:p 1, 2 ."))
    on_disk.flush()
    del on_disk
    read_only = ox.Store.read_only(str(tmp_path / "store"))
    before = set(read_only)
    assert len(validate_stored(read_only, shapes(ONCE)).results) == 1
    assert set(read_only) == before


def test_a_report_is_restricted_to_focus_nodes_and_to_shapes() -> None:
    made = store(
        one="ex:a a ex:T ; ex:p 1, 2 . ex:b a ex:T ; ex:p 1, 2 ; ex:q ex:a . _:c a ex:T ; ex:p 1, 2 ."
    )
    known = shapes(ONCE + " ex:U sh:targetSubjectsOf ex:q ; sh:nodeKind sh:Literal .")
    assert len(validate_stored(made, known).results) == 4
    found = validate_stored(made, known, focus_nodes=[Iri(EX + "b"), Iri(EX + "nobody")])
    assert [each.focus_node for each in found.results] == [Iri(EX + "b")] * 2
    found = validate_stored(made, known, only=[Iri(EX + "U")], severity=Severity.WARNING)
    assert [each.source_shape for each in found.results] == [Iri(EX + "U")]
    assert found.threshold is Severity.WARNING


def test_focus_nodes_are_found_among_subclasses_and_values() -> None:
    made = store(one="ex:Sub rdfs:subClassOf ex:T . ex:a a ex:Sub ; ex:p 1, 2 . ex:b ex:q ex:c .")
    known = shapes(ONCE + " ex:O a sh:NodeShape ; sh:targetObjectsOf ex:q ; sh:nodeKind sh:Literal .")
    for name, number in (("a", 1), ("b", 0), ("c", 1)):
        assert len(validate_stored(made, known, focus_nodes=[Iri(EX + name)]).results) == number


ODD = """ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:sparql [ sh:select
  "SELECT $this ?value { $this ?any ?value FILTER (isLiteral(?value)) }" ] .
ex:plain a sh:NodeShape ; sh:targetClass ex:T ; sh:nodeKind sh:Literal ."""


@pytest.mark.usefixtures("many")
def test_a_report_says_which_shapes_pyshacl_judged_and_why() -> None:
    found = report("ex:a a ex:T ; ex:p '01'^^xsd:integer .", ODD)
    assert values(found) == ['"01"^^<http://www.w3.org/2001/XMLSchema#integer>', f"<{EX}a>"]
    [(other, judged)] = found.judged_by.items()
    assert judged == (Iri(EX + "S"),)
    assert "pyshacl" in other
    assert "pyshacl" not in found.engine
    [note] = found.notes
    assert note.startswith(f"The shape <{EX}S> was judged by pyshacl")
    assert note.endswith("it has a query that may read literals which the store respells.")
    assert any(
        isinstance(quad.object, ox.Literal) and quad.object.value == note for quad in report_quads(found)
    )
    document = (HEAD + "ex:a a ex:T ; ex:p '01'^^xsd:integer .").encode()
    packed = ValidationJob(
        (Document("d", document, "ttl"),), (Document("s", (HEAD + ODD).encode(), "ttl"),)
    ).to_bytes()
    assert read_json(run(packed)).judged_by == found.judged_by
    assert report("ex:a a ex:T ; ex:p 1 .", ODD).judged_by == {}


def test_what_pyshacl_judges_is_restricted_to_the_focus_nodes_too() -> None:
    made = store(one="_:a a ex:T ; ex:p 1 . ex:b a ex:T ; ex:p 2 .")
    known = shapes(
        """ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:sparql [ sh:select
        "SELECT $this ?value { { FILTER (bound($this)) } ?this <http://example.org/p> ?value }" ] ."""
    )
    [blank] = {quad.subject for quad in made if isinstance(quad.subject, ox.BlankNode)}
    found = validate_stored(made, known, focus_nodes=[BlankNode(blank.value)])
    assert found.judged_by
    assert values(found) == ['"1"^^<http://www.w3.org/2001/XMLSchema#integer>']


@pytest.mark.parametrize(
    ("query", "sees"),
    [
        ("SELECT $this { $this ex:p ?x ; ex:q ?y . FILTER (?x = ?y && !BOUND(?z)) }", True),
        ("SELECT $this { $this ex:p/ex:q|^ex:q ?x . $this ex:q* ?y }", True),
        ("SELECT $this { $this (ex:p|ex:q)+ ?x . BIND (?x AS ?y) FILTER NOT EXISTS { ?x a ?y } }", True),
        ("SELECT $this { $this ?p ?x }", False),
        ("SELECT $this { $this ex:p ?x ; ?q ?y }", False),
        ("SELECT $this { $this ex:p [ ?q ?y ] }", False),
        ("SELECT $this { $this !ex:p ?x }", False),
        ("SELECT $this { $this (!(ex:p|ex:q)) ?x }", False),
        ("SELECT $this { ?x ex:r $this }", False),
    ],
)
def test_a_query_is_known_not_to_read_other_predicates(query: str, sees: bool) -> None:
    text = f"PREFIX ex: <{EX}>\n{query}"
    if sees:
        Query(text).check_reads({EX + "r"})
    else:
        with pytest.raises(NotComputed, match="respells"):
            Query(text).check_reads({EX + "r"})


@pytest.mark.parametrize(
    ("query", "is_so"),
    [
        ("SELECT $this { $this <urn:p> ?x FILTER NOT EXISTS { $this <urn:q> ?x } }", True),
        ("SELECT $this { { $this <urn:p> ?x } UNION { $this <urn:q> ?x } }", False),
        ("SELECT $this { $this <urn:p> ?x { ?y <urn:q> ?z FILTER (?y != $this) } }", False),
        ("SELECT $this { $this <urn:p> ?x } LIMIT 1", False),
        ("SELECT ?x { $this <urn:p> ?x }", False),
        ("SELECT $this { FILTER (isIRI($this)) }", False),
    ],
)
def test_a_query_can_be_asked_for_all_nodes_at_once(query: str, is_so: bool) -> None:
    assert Query(query).is_setwise == is_so


# Where pyshacl is wrong by the standard, and the set-based engine is not: the clause, data, shapes, and how many
# results there are by the standard and by pyshacl.
WRONG = {
    "a language range with a subtag matches longer tags": (
        "https://www.w3.org/TR/shacl/#LanguageInConstraintComponent",
        "ex:a a ex:T ; ex:p 'x'@en-gb-oed .",
        "ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:property [ sh:path ex:p ; sh:languageIn ( 'en-GB' ) ] .",
        (0, 1),
    ),
    "a SELECT validator runs once for a focus node, not once for each of its values": (
        "https://www.w3.org/TR/shacl/#sparql-constraint-components-validation",
        "ex:a a ex:T ; ex:p 1, 2 .",
        """ex:C a sh:ConstraintComponent ; sh:parameter [ sh:path ex:c ] ; sh:propertyValidator [
          a sh:SPARQLSelectValidator ; sh:select "SELECT $this { $this a ?any }" ] .
        ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:property [ sh:path ex:p ; ex:c true ] .""",
        (1, 2),
    ),
    "a SELECT validator runs for a focus node without values": (
        "https://www.w3.org/TR/shacl/#sparql-constraint-components-validation",
        "ex:a a ex:T .",
        """ex:C a sh:ConstraintComponent ; sh:parameter [ sh:path ex:c ] ; sh:propertyValidator [
          a sh:SPARQLSelectValidator ; sh:select "SELECT $this { $this a ?any }" ] .
        ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:property [ sh:path ex:p ; ex:c true ] .""",
        (1, 0),
    ),
    "a SELECT validator finds the values itself": (
        "https://www.w3.org/TR/shacl/#sparql-constraint-components-validation",
        "ex:a a ex:T ; ex:p 1 .",
        """ex:C a sh:ConstraintComponent ; sh:parameter [ sh:path ex:c ] ; sh:nodeValidator [
          a sh:SPARQLSelectValidator ;
          sh:select "SELECT $this ?value { $this ?any ?value . FILTER (?value = $c) }" ] .
        ex:S a sh:NodeShape ; sh:targetClass ex:T ; ex:c 1 .""",
        (1, 0),
    ),
    "an ASK validator is asked about an empty text as about any other": (
        "https://www.w3.org/TR/shacl/#sparql-constraint-components-validation",
        "ex:a a ex:T ; ex:p '' .",
        """ex:C a sh:ConstraintComponent ; sh:parameter [ sh:path ex:c ] ; sh:validator [
          a sh:SPARQLAskValidator ; sh:ask "ASK { FILTER (STRLEN(STR($value)) <= $c) }" ] .
        ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:property [ sh:path ex:p ; ex:c 5 ] .""",
        (0, 1),
    ),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.usefixtures("many")
def test_the_standard_counts_where_pyshacl_differs(case: str) -> None:
    _, data, shapes_text, (right, wrong) = WRONG[case]
    assert len(report(data, shapes_text).results) == right
    assert len(report(data, shapes_text, Engine.PYSHACL).results) == wrong


@pytest.mark.usefixtures("many")
def test_an_ask_validator_of_a_property_shape_tells_the_value() -> None:
    """https://www.w3.org/TR/shacl/#sparql-constraint-components-validation; pyshacl leaves it out."""
    text = """ex:C a sh:ConstraintComponent ; sh:parameter [ sh:path ex:c ] ; sh:validator [
      a sh:SPARQLAskValidator ; sh:ask "ASK { FILTER ($value > $c) }" ; sh:message "{?value} is not over {$c}." ] .
    ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:property [ sh:path ex:p ; ex:c 1 ] ."""
    [found] = report("ex:a a ex:T ; ex:p 1, 2 .", text).results
    assert found.value == Literal("1", XSD + "integer")
    assert found.messages == (Literal("1 is not over 1."),)
    [other] = report("ex:a a ex:T ; ex:p 1, 2 .", text, Engine.PYSHACL).results
    assert other.value is None


@pytest.mark.usefixtures("many")
def test_shapes_that_branch_again_and_again_are_judged_all_the_same() -> None:
    """Each level conforms where the one below does not."""
    inner = "sh:property [ sh:path ex:p ; sh:minCount 1 ]"
    for _ in range(7):
        inner = f"sh:xone ( [ {inner} ] [ {inner} ] [ sh:nodeKind sh:IRI ] )"
    found = report("ex:a a ex:T ; ex:p 1 .", f"ex:S a sh:NodeShape ; sh:targetClass ex:T ; {inner} .")
    [result] = found.results
    assert result.component == Iri(SH + "XoneConstraintComponent")


def test_the_data_are_let_go_of_with_the_report() -> None:
    triples = loaded.load([Document("d", (HEAD + "ex:a a ex:T ; ex:p 1, 2 .").encode(), "ttl")], [])
    known, gone = shapes(ONCE), weakref.ref(triples)
    gc.disable()
    try:
        assert len(judge(triples, known).results) == 1
        del triples
        assert gone() is None
    finally:
        gc.enable()


def test_broken_shapes_are_errors_of_either_engine() -> None:
    text = "ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:property [ sh:path ex:p ; sh:qualifiedValueShape [] ] ."
    for kind in Engine:
        with pytest.raises(ShapesError):
            report("ex:a a ex:T .", text, kind)


def test_the_command_takes_the_name_of_an_engine(tmp_path: Path) -> None:
    for name, text in (("data", "ex:a a ex:T ; ex:p 1, 2 ."), ("shapes", ONCE)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one.ttl").write_text(HEAD + text)
    outcomes = {
        name: validate_files([], project=tmp_path, engine=name, report_format="json")
        for name in ("setwise", "pyshacl")
    }
    assert {status for _, status in outcomes.values()} == {1}
    found = {name: read_json(text) for name, (text, _) in outcomes.items()}
    assert told(found["setwise"]) == told(found["pyshacl"])
    assert "pyshacl" in found["pyshacl"].engine
    text, status = validate_files([], project=tmp_path, engine="other")
    assert (status, b"setwise, pyshacl" in text) == (2, True)
    with pytest.raises(BadRequest):
        Engine.named("")
