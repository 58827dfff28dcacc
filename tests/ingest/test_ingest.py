"""From a page to its graph: everything that is stated, where it stands, and what follows from it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphsvc.errors import PageError
from graphsvc.ingest import graph_document, read_page
from graphsvc.ingest.rules import read_themes, task_name
from graphsvc.vocab import PREFIXES

HERE = Path(__file__).parent
PAGES = sorted((HERE / "pages").glob("*.txt"))
BASE = "https://w3id.org/eu-dg"
TESTING = (HERE / "pages" / "testing.txt").read_text(encoding="utf-8")
BAD = tomllib.loads((HERE / "bad-pages.toml").read_text(encoding="utf-8"))
NAMESPACES = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
NAMESPACES += f"PREFIX dg: <{BASE}/def/dg#>\nBASE <{BASE}/>\n"


def graph(document: bytes, *, themes: bool = True, lenient: bool = False) -> ox.Store:
    known = read_themes(HERE / "themes.ttl", BASE) if themes else ()
    store = ox.Store()
    _, trig = graph_document(document, "page.txt", base=BASE, themes=known, lenient=lenient)
    store.load(trig, ox.RdfFormat.TRIG)
    return store


def rows(store: ox.Store, query: str) -> list[tuple[str, ...]]:
    found = store.query(NAMESPACES + query, use_default_graph_as_union=True)
    assert isinstance(found, ox.QuerySolutions)
    return [tuple("" if term is None else term.value for term in row) for row in found]


def local(values: Iterable[str]) -> list[str]:
    return [value.removeprefix(f"{BASE}/id/") for value in values]


@pytest.fixture(scope="module")
def testing() -> ox.Store:
    return graph(TESTING.encode())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_gives_the_bytes_that_it_gave_before(page: Path) -> None:
    known = read_themes(HERE / "themes.ttl", BASE)
    _, trig = graph_document(page.read_bytes(), page.name, base=BASE, themes=known)
    assert trig == page.with_suffix(".trig").read_bytes()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_two_processes_write_the_same_bytes(page: Path, tmp_path: Path) -> None:
    written = []
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "graphsvc", "ingest", str(page), "-o", str(tmp_path / seed)]
        command += ["--base", BASE, "--themes", str(HERE / "themes.ttl")]
        done = subprocess.run(
            command, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        )
        written.append(Path(done.stdout.strip()).read_bytes())
    assert written[0] == written[1] == page.with_suffix(".trig").read_bytes()


def test_the_organisation_has_what_the_page_says_of_it(testing: ox.Store) -> None:
    assert rows(
        testing,
        """SELECT ?name ?code ?short ?parent { <id/org/test> skos:prefLabel ?name ; org:identifier ?code ;
           skos:altLabel ?short ; org:unitOf ?parent }""",
    ) == [("Directorate-General for Testing", "TEST", "DG Tests", f"{BASE}/id/org/com")]
    assert rows(testing, "SELECT ?d { <id/org/test> dct:description ?d }") == [
        ("This Directorate-General tests how pages are read.\n\nIt has a second paragraph.",)
    ]
    assert len(rows(testing, "SELECT ?m { <id/org/test> dg:missionStatement ?m }")) == 1


def test_tasks_keep_their_order_and_sentence(testing: ox.Store) -> None:
    found = rows(
        testing, "SELECT ?t ?l { ?t skos:notation ?n ; skos:prefLabel ?l . ?o org:purpose ?t } ORDER BY ?n"
    )
    assert local(iri for iri, _ in found) == [
        "task/patience-rigour",
        "task/reader",
        "task/imaginary-meetings",
    ]
    assert [label for _, label in found] == ["Patience and rigour", "Reader", "Imaginary meetings"]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            "to increase the level of competitiveness and innovation by use of ICT",
            ("competitiveness-innovation", "Competitiveness and innovation"),
        ),
        ("support the contentindustry (such as film)", ("contentindustry", "Contentindustry")),
        ("to use and to develop", ("to-use-and-to-develop", "to use and to develop")),
    ],
)
def test_a_task_is_named_by_its_first_telling_words(sentence: str, expected: tuple[str, str]) -> None:
    assert task_name(sentence) == expected


def test_a_row_keeps_stage_date_title_type_and_reference(testing: ox.Store) -> None:
    assert rows(
        testing,
        """SELECT ?stage ?date ?title ?type ?reference { <id/instrument/com-2020-7> adms:status ?stage ;
           eli:date_document ?date ; dct:title ?title ; dg:statedType ?type ; dct:identifier ?reference }""",
    ) == [
        (
            f"{BASE}/id/stage/negotiation",
            "2020-12-31",
            "Amendment of Directive 2019/790 and Decision No 1/1999.",
            "Directive",
            "com(2020)7",
        )
    ]


def test_a_row_without_reference_claims_no_law(testing: ox.Store) -> None:
    found = rows(testing, "SELECT ?p { <id/instrument/a-row-without-reference> ?p ?o }")
    assert not [p for (p,) in found if "europa.eu/eli" in p]
    assert rows(testing, "SELECT ?d { <id/instrument/a-row-without-reference> dct:date ?d }") == [
        ("2020-12-30",)
    ]


def test_counts_are_exact_or_a_minimum(testing: ox.Store) -> None:
    query = """SELECT ?c ?v ?m { ?c a dg:ReportedCount
               OPTIONAL { ?c schema:value ?v } OPTIONAL { ?c schema:minValue ?m } }"""
    assert sorted(rows(testing, query)) == [
        (f"{BASE}/id/count/test-in-force", "", "1"),
        (f"{BASE}/id/count/test-negotiation", "1204", ""),
    ]


def test_cited_acts_are_linked_and_an_amendment_is_foreseen_of_the_first(testing: ox.Store) -> None:
    eli = "http://data.europa.eu/eli/"
    related = rows(testing, "SELECT ?a { <id/instrument/com-2020-7> eli:related_to ?a } ORDER BY ?a")
    assert related == [(f"{eli}dec/1999/1/oj",), (f"{eli}dir/2019/790/oj",)]
    foreseen = rows(testing, "SELECT ?a { ?i eli-dl:foresees_amendment_of ?a }")
    assert foreseen == [(f"{eli}dir/2019/790/oj",)]


def test_a_number_of_five_digits_has_no_celex(testing: ox.Store) -> None:
    assert local(iri for (iri,) in rows(testing, "SELECT ?i { ?i adms:identifier ?c }")) == [
        "instrument/com-2020-7"
    ]


def test_a_phrase_tells_a_theme_only_as_whole_words(testing: ox.Store) -> None:
    found = rows(testing, "SELECT ?s ?t { ?s dg:theme ?t } ORDER BY ?s")
    assert [local(row) for row in found] == [
        ["instrument/a-row-without-reference", "theme/tests"],
        ["task/patience-rigour", "theme/rigour"],
    ]
    assert rows(testing, "SELECT ?s { ?s dct:subject <http://eurovoc.europa.eu/1> }") == [
        (f"{BASE}/id/task/patience-rigour",)
    ]


def test_what_is_odd_is_said(testing: ox.Store) -> None:
    found = rows(testing, "SELECT ?b ?t { ?a oa:hasBody ?b ; oa:hasTarget ?t } ORDER BY ?b ?t")
    assert [local(row) for row in found] == [
        ["issue/lower-bound-count", "count/test-in-force"],
        ["issue/missing-reference", "instrument/a-row-without-reference"],
        ["issue/missing-type", "instrument/a-row-without-reference"],
        ["issue/truncated-title", "instrument/join-2020-12345"],
    ]


def test_one_query_gives_the_source_line_of_an_instrument(testing: ox.Store) -> None:
    assert rows(
        testing,
        "SELECT ?line { <id/instrument/com-2020-7> prov:wasQuotedFrom/oa:hasSelector/oa:exact ?line }",
    ) == [("31.12.2020\u00a0 Amendment of Directive 2019/790 and Decision No 1/1999.\nDirective com(2020)7",)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_passage_quotes_what_stands_at_its_place(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    store = graph(page.read_bytes())
    found = rows(
        store,
        """SELECT ?p ?start ?end ?exact ?lines ?prefix ?suffix { ?p oa:hasSelector ?a, ?b, ?c .
           ?a oa:start ?start ; oa:end ?end . ?b oa:exact ?exact . ?c rdf:value ?lines
           OPTIONAL { ?b oa:prefix ?prefix } OPTIONAL { ?b oa:suffix ?suffix } }""",
    )
    assert found
    for iri, start, end, exact, lines, prefix, suffix in found:
        a, b = int(start), int(end)
        assert iri.endswith(f"#char={a},{b}")
        assert text[a:b] == exact
        assert text[:a].endswith(prefix)
        assert text[b:].startswith(suffix)
        first, after = (int(number) for number in lines.removeprefix("line=").split(","))
        assert first == text[:a].count("\n")
        assert after == text[:b].count("\n") + 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_triple_is_traced_to_its_words_or_to_its_rule(page: Path) -> None:
    store = graph(page.read_bytes())
    untraced = """SELECT ?a ?b {{ GRAPH ?g {{ ?a ?b ?c }} FILTER(CONTAINS(STR(?g), '{graph}')) FILTER NOT EXISTS
        {{ ?s rdf:subject ?a ; rdf:predicate ?b ; rdf:object ?c ; {evidence} }} }}"""
    stated = untraced.format(graph="/source/", evidence="prov:wasQuotedFrom ?p")
    derived = untraced.format(graph="/inferred/", evidence="dg:derivedByRule ?r ; dg:derivationCertainty ?k")
    premises = "SELECT ?s { ?s prov:wasDerivedFrom ?p FILTER NOT EXISTS { ?p a rdf:Statement } }"
    assert rows(store, stated) == rows(store, derived) == rows(store, premises) == []


@pytest.mark.parametrize("name", BAD)
def test_a_broken_page_is_refused_with_its_line(name: str) -> None:
    case = BAD[name]
    broken = TESTING.replace(case["find"], case["put"], 1)
    assert broken != TESTING
    with pytest.raises(PageError, match=case["says"]) as caught:
        graph(broken.encode())
    assert (caught.value.source, caught.value.line) == ("page.txt", case["line"])
    assert caught.value.source_line == broken.split("\n")[case["line"] - 1]


@pytest.mark.parametrize("name", [name for name in BAD if "lenient" in BAD[name]])
def test_a_lenient_reading_keeps_the_good_rows_and_notes_the_rest(name: str) -> None:
    case = BAD[name]
    broken = TESTING.replace(case["find"], case["put"], 1)
    store = graph(broken.encode(), lenient=True)
    found = rows(
        store,
        f"""SELECT ?quote {{ ?a oa:hasBody <id/issue/{case["lenient"]}> ; prov:wasQuotedFrom ?p .
            ?p oa:hasSelector/oa:exact ?quote }}""",
    )
    assert found
    assert all(quote in broken for (quote,) in found)
    kept = rows(store, "SELECT ?i { ?i a dg:Instrument }")
    assert 1 <= len(kept) <= 3


@pytest.mark.parametrize("name", [name for name in BAD if "lenient" not in BAD[name]])
def test_a_lenient_reading_does_not_guess_at_a_broken_frame(name: str) -> None:
    case = BAD[name]
    with pytest.raises(PageError):
        graph(TESTING.replace(case["find"], case["put"], 1).encode(), lenient=True)


@pytest.mark.parametrize(
    ("document", "says", "line"),
    [
        (b"", "is empty", 1),
        (b" \n\t\n", "is empty", 1),
        (b"\xef\xbb\xbf", "is empty", 1),
        (b"\x7fELF\x02\n\0\0", "no text", 2),
        ("Directorate-General\nfür Prüfung".encode("latin-1"), "not UTF-8", 2),
    ],
)
def test_what_is_no_text_is_refused(document: bytes, says: str, line: int) -> None:
    with pytest.raises(PageError, match=says) as caught:
        read_page(document, "page.txt", lenient=True)
    assert caught.value.line == line


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\u00a0 ", "\t"),
        lambda text: text.replace("\n", "   \n"),
        lambda text: text.replace("…", "..."),
        lambda text: text.replace("  • ", "* "),
        lambda text: text.replace("Legislative proposals", "LEGISLATIVE PROPOSALS"),
    ],
    ids=["crlf", "bom", "tab", "trailing", "dots", "bullets", "capitals"],
)
def test_a_page_laid_out_a_little_otherwise_states_the_same(change) -> None:  # type: ignore[no-untyped-def]
    query = "SELECT ?i ?d ?t { ?i dg:rawTitle ?x ; eli:date_document ?d ; dg:statedType ?t } ORDER BY ?i"
    assert rows(graph(change(TESTING).encode()), query) == rows(graph(TESTING.encode()), query)


def test_the_command_writes_nothing_for_a_broken_page(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(TESTING.replace("31.12.2020", "31.13.2020"), encoding="utf-8")
    command = [sys.executable, "-m", "graphsvc", "ingest", str(page), "-o", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"graphsvc: {page}:19:1: 31.13.2020 is not a day")
    assert not (tmp_path / "out").exists()


def outcome(document: bytes, lenient: bool) -> object:
    """The graph, or where the page is at fault."""
    try:
        return graph_document(document, "page.txt", base=BASE, lenient=lenient)
    except PageError as error:
        return error.line or pytest.fail(f"no line: {error}")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_mangled_page_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    document = bytearray(TESTING.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(document) - 1))
        length = data.draw(st.integers(0, 40))
        document[place : place + length] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b"\n", b"  ", b"("])
        )
    for lenient in (False, True):
        assert outcome(bytes(document), lenient) == outcome(bytes(document), lenient)
