"""Whatever columns answer, or help with, is what the engine answers without them."""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from graphsvc.columns import Columns
from graphsvc.columns.answering import USED
from graphsvc.columns.building import build
from graphsvc.columns.file import path_of
from graphsvc.formats import CSV, N_TRIPLES, RESULTS_JSON, RESULTS_XML, TSV, TURTLE, Format
from graphsvc.sparql import read
from graphsvc.store.local import LocalStore
from graphsvc.store.output_cap import OutputCap
from tests.columns.column_cases import EX, constructs, graphs, joins, stars, text_filters

EXAMPLES = int(os.environ.get("FUZZ_CASES", "300"))
Quads = list[tuple[str, str, str, str]]
often = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def store_of(quads: Quads) -> LocalStore:
    engine = ox.Store()
    text = "".join(f"{' '.join(quad)} .\n" for quad in quads)
    engine.load(text, ox.RdfFormat.N_QUADS)
    return LocalStore(engine, "now")


def both(store: LocalStore, text: str, result: Format = RESULTS_JSON) -> tuple[bytes, bytes, bool]:
    """What the engine answers, what is answered with columns, and whether they had to do with it."""
    with tempfile.TemporaryDirectory() as folder:
        build(store, path_of(Path(folder), "now"), 1_000, store.epoch)
        columns = Columns(Path(folder), 1 << 30)
        query = read(text)
        expected, given = io.BytesIO(), io.BytesIO()
        store.evaluate(query, result, expected)
        told = columns.evaluate(store, query, result, given, OutputCap())
        return expected.getvalue(), given.getvalue(), told == USED


def solutions(answer: bytes) -> Any:
    """An answer without the order of its rows."""
    told = json.loads(answer)
    rows = told.get("results", {}).get("bindings", [])
    return told["head"], told.get("boolean"), Counter(json.dumps(row, sort_keys=True) for row in rows)


def check(quads: Quads, text: str, *, is_total: bool) -> None:
    """The solutions are the engine's, and in the same order where that tells all of them apart."""
    expected, given, was_used = both(store_of(quads), text)
    event(f"columns were of use: {was_used}")
    if is_total:
        assert given == expected
    assert solutions(given) == solutions(expected)


@often
@given(stars())
def test_a_star_has_the_same_solutions_in_the_same_order(star: tuple[Quads, str, bool]) -> None:
    check(*star[:2], is_total=star[2])


@often
@given(joins())
def test_things_that_are_joined_have_the_same_solutions(join: tuple[Quads, str, bool]) -> None:
    check(*join[:2], is_total=join[2])


@often
@given(graphs(), text_filters())
def test_a_filter_for_text_lets_the_same_pass(quads: Quads, text: str) -> None:
    expected, given, was_used = both(store_of(quads), text)
    event(f"columns were of use: {was_used}")
    assert solutions(given) == solutions(expected)


@often
@given(constructs(), st.sampled_from([N_TRIPLES, TURTLE]))
def test_a_graph_that_is_constructed_is_the_same_in_every_byte(
    case: tuple[Quads, str], result: Format
) -> None:
    quads, text = case
    expected, given, was_used = both(store_of(quads), text, result)
    event(f"columns were of use: {was_used}")
    assert given == expected


@pytest.mark.parametrize("result", [RESULTS_XML, CSV, TSV], ids=lambda one: one.label)
def test_every_format_is_the_engine_s_in_every_byte(result: Format) -> None:
    quads = [(f"<{EX}s{n}>", f"<{EX}title>", f'"a \\"{n}\\", <&>\\n"', f"<{EX}g>") for n in range(30)] + [
        (f"<{EX}s{n}>", f"<{EX}label>", f'"l{n}"@en-GB', f"<{EX}g>") for n in range(30)
    ]
    text = f"SELECT ?v ?s ?l {{ ?s <{EX}title> ?v ; <{EX}label> ?l }} ORDER BY DESC(?s) LIMIT 20"
    expected, given, was_used = both(store_of(quads), text, result)
    assert was_used
    assert given == expected


SIGNS = [
    "plain",
    "é",
    "\\u007F",
    "\\u001F",
    "\\uFFFE",
    "\\uFFFF",
    "\\b",
    "\\n",
    '\\"',
    "\\\\",
    "\U0001f600",
    '\\",\\"datatype',
]


@pytest.mark.parametrize("sign", SIGNS, ids=ascii)
@pytest.mark.parametrize("after", ["", "@en-GB", "@ar--rtl", f"^^<{EX}type>"])
def test_every_sign_of_a_literal_is_constructed_as_the_engine_does_it(sign: str, after: str) -> None:
    quads = [(f"<{EX}s{n}>", f"<{EX}title>", f'"{n} {sign}"{after}', f"<{EX}g>") for n in range(3)]
    text = f"CONSTRUCT {{ ?s <{EX}made> ?v }} WHERE {{ ?s <{EX}title> ?v ; <{EX}title> ?v }}"
    expected, given, was_used = both(store_of(quads), text, N_TRIPLES)
    assert was_used
    assert given == expected
