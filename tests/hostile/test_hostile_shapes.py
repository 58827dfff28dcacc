"""Shapes of strangers that would stop, kill or open a service: an answer within the limits, or a refusal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostile.shape_cases import SHAPES
from tests.hostile.siege import Case, Siege, besieged, check


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    with besieged(tmp_path_factory.mktemp("siege")) as found:
        yield found


@pytest.mark.parametrize("each", SHAPES, ids=lambda each: f"{each.row} {each.name}")
def test_hostile_shapes_are_bounded_or_refused(siege: Siege, each: Case) -> None:
    check(siege, each)
