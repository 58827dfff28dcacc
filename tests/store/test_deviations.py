"""The list of what engines do in another way, and the document made of it."""

from __future__ import annotations

from tests.conftest import ROOT
from tests.store.deviations import deviation_of, deviations
from tests.store.engine_table import ENGINES, contract, table


def test_the_document_has_the_table_of_the_contract() -> None:
    made = table()
    assert (ROOT / "docs" / "engines.md").read_text(encoding="utf-8") == made, (
        "make it anew: python -m tests.store.engine_table > docs/engines.md"
    )


def test_every_deviation_is_of_a_test_and_an_engine_that_there_are() -> None:
    names = {name for _, name in contract()}
    for each in deviations():
        assert each.engine in ENGINES
        assert each.test.partition("[")[0] in names


def test_a_deviation_holds_for_its_engine_and_its_case_alone() -> None:
    name = "test_a_query_of_the_project_finds_the_same"
    assert deviation_of(f"{name}[virtuoso-cq-31-days-between-dates]")
    assert not deviation_of(f"{name}[oxigraph-cq-31-days-between-dates]")
    assert not deviation_of(f"{name}[virtuoso-list-tasks]")
