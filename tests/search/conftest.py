"""Indexes of graphs that a test writes down."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from made_graphs import BASE, store_of

from graphsvc.search import LocalIndexes
from graphsvc.search.index import Index


@pytest.fixture
def indexed() -> Iterator[Callable[[str], Index]]:
    """Makes the index of a Turtle text."""
    made = []

    def index(turtle: str) -> Index:
        indexes = LocalIndexes(store_of(turtle), BASE)
        made.append(indexes)
        return indexes.newest("one")

    yield index
    for indexes in made:
        indexes.close()
