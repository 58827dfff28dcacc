"""The gate: what form a text has, and what does not pass."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphsvc.errors import BadRequest, GraphsvcError, RemoteAccessRefused, TooComplex
from graphsvc.sparql import Dataset, Form, read
from graphsvc.sparql.diagnosis import diagnose
from graphsvc.sparql.lexer import tokens
from graphsvc.vocab import PREFIXES


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("SELECT * {}", Form.SELECT),
        ("ask {}", Form.ASK),
        ("BASE <http://x/> PREFIX ask: <SELECT> # SELECT\nCONSTRUCT WHERE {}", Form.CONSTRUCT),
        ("PREFIX : <#> describe :select", Form.DESCRIBE),
    ],
)
def test_the_form_is_the_first_keyword_after_the_prologue(text: str, form: Form) -> None:
    assert read(text).form is form


@pytest.mark.parametrize("text", ["", "   ", "# nothing", "PREFIX a: <b>", "FOO {}", "{}", "<a>", "PREFIX"])
def test_a_text_without_form_is_no_query(text: str) -> None:
    with pytest.raises(BadRequest):
        read(text)


@pytest.mark.parametrize(
    ("text", "dataset", "graphs"),
    [
        ("SELECT * FROM <urn:a> FROM NAMED <urn:b> {}", Dataset(), {"urn:a", "urn:b"}),
        ("PREFIX e: <http://e/> ASK FROM e:a {}", Dataset(), {"http://e/a"}),
        ("ASK {}", Dataset(("urn:a",), ("http://e/a/../b",)), {"urn:a", "http://e/a/../b"}),
        ("ASK FROM <urn:b> {}", Dataset(("urn:a",)), {"urn:a"}),
        ("ASK {}", Dataset(None, ("urn:a",)), {"urn:a"}),
        ("ASK { GRAPH <urn:a> {} }", Dataset(), None),
        # What the engine may read as another name.
        ("BASE <http://e/> ASK FROM <a> FROM <urn:b> {}", Dataset(), None),
        ("PREFIX e: <a/> ASK FROM e:b {}", Dataset(), None),
        ("ASK FROM <http://e/a/../b> {}", Dataset(), None),
        ("ASK FROM <http://e/a/..?b> {}", Dataset(), None),
        ("ASK FROM <http://e/a/.> {}", Dataset(), None),
        ("ASK FROM <urn:\\u0061> {}", Dataset(), None),
        ("PREFIX e: <http://e/> ASK FROM e:a\\-b {}", Dataset(), None),
        ("ASK FROM e:a {}", Dataset(), None),
    ],
)
def test_the_graphs_that_an_answer_can_depend_on_are_known_where_the_dataset_is_named(
    text: str, dataset: Dataset, graphs: set[str] | None
) -> None:
    assert read(text, dataset=dataset).reads == graphs


@pytest.mark.parametrize("word", "NOW RAND UUID STRUUID BNODE now".split())
def test_a_query_that_may_answer_otherwise_is_volatile(word: str) -> None:
    assert read(f"SELECT ({word}() AS ?x) {{}}").volatile
    assert not read(f'SELECT * {{ ?{word} ?p "{word}()" }} # {word}()').volatile


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <x> {} }",
        "SELECT * { service silent ?x {} }",
        "PREFIX : <x> SELECT * { SERVICE:a {} }",
        "SELECT * { {}SeRvIcE<x>{} }",
    ],
)
def test_service_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(RemoteAccessRefused, match="line 1, column"):
        read(text)


def test_names_and_texts_that_look_like_service_pass() -> None:
    read("PREFIX ex: <SERVICE> SELECT ?service { ?service ex:SERVICE 'SERVICE <x>' } # SERVICE <x>")


@pytest.mark.parametrize("opening", ["{", "(", "[", "<<("])
def test_brackets_nest_so_far_and_no_further(opening: str) -> None:
    read("ASK " + opening * 128)
    with pytest.raises(TooComplex):
        read("ASK " + opening * 129)


def test_every_query_of_the_suites_passes_and_its_form_is_the_engines(shared: Path) -> None:
    forms = {
        ox.QuerySolutions: {Form.SELECT},
        ox.QueryBoolean: {Form.ASK},
        ox.QueryTriples: {Form.CONSTRUCT, Form.DESCRIBE},
    }
    store = ox.Store()
    checked = 0
    for path in sorted((shared / "w3c" / "sparql11").rglob("*.rq")):
        text = path.read_text(encoding="utf-8")
        if "service" in text.lower():
            continue
        try:
            answer = store.query(text, base_iri="http://example.org/")
        except (SyntaxError, ValueError, RuntimeError):
            continue
        assert read(text).form in forms[type(answer)], path
        checked += 1
    assert checked > 200


@given(st.text(max_size=300))
def test_any_text_is_taken_apart_without_loss(text: str) -> None:
    assert all(text[token.start :].startswith(token.text) for token in tokens(text))


@given(
    st.lists(
        st.sampled_from("SELECT * WHERE { } ?s a . ; ( ) FILTER OPTIONAL skos:x < > 'x' \" 1 \n".split(" "))
    )
)
def test_any_text_passes_or_is_refused_for_a_reason(parts: list[str]) -> None:
    try:
        query = read(" ".join(parts))
    except GraphsvcError:
        return
    try:
        ox.Store().query(query.text)
    except SyntaxError as error:
        found = diagnose(query.text, str(error), PREFIXES)
        assert found.line is not None
        assert found.column is not None
        assert 1 <= found.line <= query.text.count("\n") + 1
        assert "[_]" not in found.message


@pytest.mark.parametrize(
    ("text", "line", "column", "says", "hint"),
    [
        ("SELECT *\n{ ?s ?p }", 2, 9, "'}' cannot stand here", None),
        ("SELECT * WHRE { ?s ?p ?o }", 1, 10, "'WHRE'", "Did you mean WHERE"),
        ("SELECT * { ?s ?p ?o\n} LIMT 10", 2, 3, "'LIMT'", "Did you mean LIMIT"),
        ("SELECT * { ?s ?p ?o FILTR(?o > 1) }", 1, 21, "'FILTR'", "Did you mean FILTER"),
        ("SELECT * { ?s ?p ?o", 1, 20, "something is missing", None),
        (
            "SELECT * {\n  ?s a skos:Concept }",
            2,
            8,
            "prefix skos: is not declared",
            "PREFIX skos: <http://www.w3",
        ),
        ("SELECT * { ?s a skoss:Concept }", 1, 17, "prefix skoss: is not declared", "Did you mean skos:"),
        ("SELECT * { ?s ?p ?o } GARBAGE", 1, 23, "'GARBAGE'", None),
    ],
)
def test_a_fault_is_named_with_its_place_and_remedy(
    text: str, line: int, column: int, says: str, hint: str | None
) -> None:
    with pytest.raises(SyntaxError) as caught:
        ox.Store().query(text)
    found = diagnose(text, str(caught.value), PREFIXES)
    assert (found.line, found.column) == (line, column)
    assert says in found.message
    assert hint is None or hint in (found.hint or "")
    assert found.source_line == text.split("\n")[line - 1]
