"""Words that very many things have: the first are found, in an order that is the same for any number of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from made_graphs import BASE, store_of

from graphsvc.search import LocalIndexes, searching
from graphsvc.search.index import MAX_HITS, MAX_WEIGHED, Index
from graphsvc.search.searching import best, search

MANY = 3_000
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


def kind(place: int) -> str:
    return "Late" if place % 50 == 49 else "Early" if place % 2 else "Earlier"


def graph() -> str:
    """Acts with labels of growing length, of which only the longest are of one kind, among others' and shapes."""
    lines = [
        f':act{place} rdfs:label "Act {"x" * (place % 50)} {place}" ; a :{kind(place)} .'
        for place in range(MANY)
    ]
    lines += [f':market{place} rdfs:label "Market {place}" .' for place in range(MANY)]
    lines += [f'<http://elsewhere.example/{place}> rdfs:label "Act" .' for place in range(5)]
    lines += [f':shape{place} a sh:NodeShape ; sh:name "Act" .' for place in range(5)]
    lines += [
        ':called rdfs:label "An act with quite a long name indeed, of which this is told" ; skos:altLabel "Act" .'
    ]
    lines += [
        ':odd rdfs:label "A unicorn and its long label" . :odder rdfs:label "Actual unicorns of a market" .'
    ]
    lines += [':text rdfs:label "Z" ; rdfs:comment "An act." .']
    return "\n".join(lines)


@pytest.fixture(scope="module")
def acts() -> Iterator[Index]:
    indexes = LocalIndexes(store_of(graph()), BASE)
    yield indexes.newest("one")
    indexes.close()


def test_more_than_is_counted_is_said_to_be_more(acts: Index) -> None:
    assert MANY > MAX_WEIGHED
    found = search(acts, "act")
    assert found.total == MAX_HITS
    assert found.capped
    assert 0 < sum(count for _, count in found.facets[0].values) <= MAX_HITS


def test_the_name_that_was_asked_for_comes_first_then_the_shortest(acts: Index) -> None:
    iris = [hit.iri for hit in search(acts, "act", number=60).hits]
    assert iris[0] == f"{BASE}called"
    assert all(iri.startswith("http://elsewhere.example/") for iri in iris[1:6])
    lengths = [len(hit.said[0].value) for hit in search(acts, "act", first=6, number=100).hits]
    assert lengths == sorted(lengths)


def test_whole_words_come_before_beginnings_and_names_before_texts(acts: Index) -> None:
    found = best(acts, "act", 4 * MANY)
    places = {iri.removeprefix(BASE): place for place, iri in enumerate(found)}
    # An act, then something with a word that begins so, then a thing that speaks of one, then shapes.
    assert places["act2999"] < places["odder"] < places["text"] < min(places[f"shape{n}"] for n in range(5))
    assert len(found) == len(set(found)) == MANY + 5 + 5 + 3


def test_the_first_are_the_same_however_many_are_wanted(acts: Index) -> None:
    assert best(acts, "act", 10) == best(acts, "act", 2_500)[:10]
    assert len(best(acts, "act", 2_500)) == 2_500


def test_narrowing_down_finds_what_the_first_do_not_have(acts: Index) -> None:
    late = f"{BASE}Late"
    assert late not in {value for facet in search(acts, "act").facets for value, _ in facet.values}
    found = search(acts, "act", {TYPE: late})
    assert found.total == MANY // 50
    assert not found.capped
    assert search(acts, "act", {TYPE: f"{BASE}Early"}).capped
    assert search(acts, "act", {TYPE: f"{BASE}Never"}).total == 0


def test_pages_of_what_is_more_hold_each_thing_once(acts: Index) -> None:
    seen = [
        hit.iri
        for first in range(0, MAX_HITS, 250)
        for hit in search(acts, "act", first=first, number=250).hits
    ]
    assert len(seen) == len(set(seen)) == MAX_HITS


def test_where_nothing_has_all_frequent_words_what_has_the_rare_one_comes_first(acts: Index) -> None:
    found = search(acts, "market unicorn told")
    assert not found.meant.every
    assert found.hits[0].iri == f"{BASE}odder"
    assert {hit.iri for hit in found.hits[1:3]} == {f"{BASE}odd", f"{BASE}called"}


def test_the_number_of_a_value_is_no_word(acts: Index) -> None:
    assert search(acts, "\ue0001").total == search(acts, "1").total
    assert not any(ord(word[0]) == 0xE000 for word in search(acts, "\ue0001\ue000").meant.beginnings)


@pytest.mark.parametrize(
    "asked", ["act 17", "act 299", '"act xx" 2', "market 150", "act told", "act of", "ac mark"]
)
def test_what_texts_tell_of_few_is_what_the_index_tells(
    acts: Index, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_texts = search(acts, asked, number=MAX_HITS)
    monkeypatch.setattr(searching, "_FEW", -1)
    from_index = search(acts, asked, number=MAX_HITS)
    assert from_texts.total > 0
    assert from_texts == from_index
