"""The document of limits tells what is tested."""

from __future__ import annotations

from tests.conftest import ROOT
from tests.hostile.table import table


def test_the_document_of_limits_is_that_of_the_cases() -> None:
    assert (ROOT / "docs" / "limits.md").read_text() == table()
