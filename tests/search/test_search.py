"""What words find, in which order, and what is found instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_graphs import BASE, store_of

from graphsvc.errors import Unavailable
from graphsvc.search import LocalIndexes
from graphsvc.search.index import Index
from graphsvc.search.nearness import slips
from graphsvc.search.searching import Found, search
from graphsvc.search.words import excerpt, key_of, marked, parts_of

Indexed = Callable[[str], Index]
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
PLACES = """
:paris rdfs:label "Paris"@en, "Lutèce"@fr ; skos:altLabel "City of Light"@en ; dct:identifier "REG(2021) 75" ;
    dct:description "The capital of France, on the river Seine."@en ; a :City ; :size :large ;
    dct:date "2021-03-04"^^xsd:date .
:lyon rdfs:label "Lyon"@en ; dct:description "A city of France, competitive with Paris."@en ; a :City ;
    :size :large ; dct:date "2020"^^xsd:gYear .
:seine rdfs:label "Seine river"@en ; dct:description "It flows through the capital."@en ; a :River ; :size :small .
:competitiveness rdfs:label "Competitiveness"@en ; a :Word .
:shape a sh:NodeShape ; sh:name "Paris" .
:size a rdf:Property . :large a skos:Concept ; rdfs:label "large" . :small a skos:Concept ; rdfs:label "small" .
[] rdfs:label "A node without an IRI in Paris" .
"""


def names(found: Found) -> list[str]:
    return [hit.iri.removeprefix(BASE) for hit in found.hits]


def test_names_come_before_texts_and_shapes_come_last(indexed: Indexed) -> None:
    assert names(search(indexed(PLACES), "paris")) == ["paris", "lyon", "shape"]


def test_a_name_that_is_just_what_was_asked_comes_first(indexed: Indexed) -> None:
    graph = ':b rdfs:label "Data act data act data act" . :a rdfs:label "Act of data" . :c rdfs:label "Data Act" .'
    assert names(search(indexed(graph), "data act"))[0] == "c"


def test_a_whole_word_comes_before_the_beginning_of_one(indexed: Indexed) -> None:
    graph = ':a rdfs:label "Digitalisation" . :b rdfs:label "A quite long name with digital in it" .'
    assert names(search(indexed(graph), "digital")) == ["b", "a"]


def test_own_things_come_before_those_of_others(indexed: Indexed) -> None:
    graph = '<http://elsewhere.example/x> rdfs:label "Trade" . :z rdfs:label "Trade policy of the Union" .'
    assert search(indexed(graph + ' :y rdfs:label "Fair trade" .'), "trad").hits[0].iri.startswith(BASE)


@pytest.mark.parametrize(
    "asked",
    ["PARIS", "pari", "lutece", "Lutèce", "light city", '"city of light"', "reg(2021)75", "REG 2021 75"],
)
def test_a_thing_is_found_by_any_of_its_names_and_references(indexed: Indexed, asked: str) -> None:
    assert names(search(indexed(PLACES), asked))[0] == "paris"


def test_a_thing_is_found_by_its_iri(indexed: Indexed) -> None:
    assert names(search(indexed(PLACES), f"{BASE}lyon"))[0] == "lyon"


def test_a_phrase_is_of_words_next_to_each_other(indexed: Indexed) -> None:
    index = indexed(PLACES)
    assert names(search(index, '"river seine"')) == ["paris"]
    assert names(search(index, "river seine")) == ["seine", "paris"]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("competitivness", "competitiveness"),
        ("compettiiveness", "competitiveness"),
        ("parsi", "paris"),
        ("pariss", "paris"),
        ("capitol", "capital"),
        ("petitive", "competitive"),
    ],
)
def test_a_slip_finds_what_was_meant_and_says_so(indexed: Indexed, asked: str, meant: str) -> None:
    found = search(indexed(PLACES), asked)
    assert found.total
    assert found.meant.instead[asked][0] == meant
    assert found.suggestion == meant


@pytest.mark.parametrize("asked", ["REG(2022) 75", "zq", "xylophone"])
def test_numbers_and_short_words_are_not_mended(indexed: Indexed, asked: str) -> None:
    assert not any(search(indexed(PLACES), asked).meant.instead.values())


def test_where_nothing_has_all_words_what_has_some_is_found(indexed: Indexed) -> None:
    found = search(indexed(PLACES), "lyon river")
    assert not found.meant.every
    assert set(names(found)) == {"lyon", "seine", "paris"}


def test_a_rare_spelling_suggests_the_frequent_one(indexed: Indexed) -> None:
    many = " ".join(f':n{place} rdfs:label "Regulation {place}" .' for place in range(9))
    found = search(indexed(f'{many} :odd rdfs:label "Regulaton of old" .'), "regulaton")
    assert names(found) == ["odd"]
    assert found.suggestion == "regulation"


def test_facets_are_classes_concepts_and_years_and_narrow_down(indexed: Indexed) -> None:
    index = indexed(
        PLACES
        + ':nice rdfs:label "Nice, France" ; a :City ; :size :small ; dct:date "2020-01-02"^^xsd:date .'
    )
    found = search(index, "france")
    facets = {facet.property: dict(facet.values) for facet in found.facets}
    assert facets == {
        f"{BASE}size": {f"{BASE}large": 2, f"{BASE}small": 1},
        "http://purl.org/dc/terms/date": {"2021": 1, "2020": 2},
    }
    small = search(index, "france", {f"{BASE}size": f"{BASE}small"})
    assert names(small) == ["nice"]
    assert next(facet for facet in small.facets if facet.chosen).property == f"{BASE}size"
    assert search(index, "france", {TYPE: f"{BASE}City", "http://purl.org/dc/terms/date": "2021"}).total == 1
    assert search(index, "france", {f"{BASE}unheard-of": "x"}).total == 0


def test_a_property_declared_to_have_concepts_is_a_facet(indexed: Indexed) -> None:
    graph = """:kind rdfs:range skos:Concept .
        :a rdfs:label "One x" ; :kind :k . :b rdfs:label "Two x" ; :kind :k .
        :c rdfs:label "Three x" ; :kind :l ."""
    assert [facet.property for facet in search(indexed(graph), "x").facets] == [f"{BASE}kind"]


def test_the_reference_of_an_identifier_is_that_of_what_it_identifies(indexed: Indexed) -> None:
    graph = """@prefix adms: <http://www.w3.org/ns/adms#> .
        :act rdfs:label "The act" ; adms:identifier [ skos:notation "32014R0910" ] ."""
    assert names(search(indexed(graph), "32014r0910")) == ["act"]


def test_pages_hold_all_that_is_found_once(indexed: Indexed) -> None:
    index = indexed(" ".join(f':n{place} rdfs:label "Thing {place}" .' for place in range(45)))
    pages = [search(index, "thing", first=first, number=20) for first in (0, 20, 40)]
    assert [len(page.hits) for page in pages] == [20, 20, 5]
    assert len({hit.iri for page in pages for hit in page.hits}) == 45


HOSTILE = ['"', '""', "'", "a\0b", "AND", "NOT a", "a OR", "label:a", "{label}:a", "a*", "^a", "NEAR(a b)", "-a",
           "(", "a\u0301", "\ufffd", "\U0001f600", "%", "_", "'; DROP TABLE words; --", "a" * 990,
           "a " * 490]  # fmt: skip


@pytest.fixture(scope="module")
def places() -> Iterator[Index]:
    indexes = LocalIndexes(store_of(PLACES), BASE)
    yield indexes.newest("one")
    indexes.close()


@pytest.mark.parametrize("asked", HOSTILE, ids=lambda asked: ascii(asked)[:20])
def test_signs_of_the_query_language_are_words_or_nothing(places: Index, asked: str) -> None:
    found = search(places, asked)
    assert found.total >= 0
    assert search(places, "paris").total == 3


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.text(max_size=80) | st.text(alphabet='"*:(){}^+-~ aPARIS\0éß\u0301', max_size=60))
def test_any_text_can_be_searched_for(places: Index, asked: str) -> None:
    found = search(places, asked)
    assert found.total >= len(found.hits)
    for hit in found.hits:
        for said in hit.said:
            pieces = marked(said.value, found.meant.beginnings)
            assert "".join(text for text, _ in pieces) == said.value


def test_an_index_that_was_taken_away_is_unavailable(indexed: Indexed) -> None:
    index = indexed(PLACES)
    index.path.unlink()
    with pytest.raises(Unavailable):
        search(index, "paris")


def test_the_index_follows_the_epoch() -> None:
    indexes = LocalIndexes(store_of(PLACES), BASE)
    first = indexes.newest("one")
    assert indexes.newest("one") is first
    assert indexes.newest("two") is not first
    assert search(first, "paris").total == 3
    indexes.close()


@pytest.mark.parametrize(
    ("one", "other", "number"),
    [
        ("abc", "abc", 0),
        ("abc", "acb", 1),
        ("abc", "ab", 1),
        ("abcd", "xbcd", 1),
        ("ca", "abc", 3),
        ("abcdef", "ghijkl", 3),
    ],
)
def test_slips_are_counted(one: str, other: str, number: int) -> None:
    assert slips(one, other, 2) == slips(other, one, 2) == number


def test_spellings_of_a_reference_have_one_key() -> None:
    assert key_of("COM(2021) 281") == key_of("com-2021-281") == key_of("Com/2021/281")


def test_parts_are_words_and_phrases_once_each() -> None:
    assert [part.text for part in parts_of('big "data act" big act" late')] == [
        "big",
        '"data act"',
        "act",
        "late",
    ]


def test_an_excerpt_is_around_the_first_hit() -> None:
    text = "word " * 100 + "needle " + "word " * 100
    shown = excerpt(text, ["needle"])
    assert "needle" in shown
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert len(shown) < 260
