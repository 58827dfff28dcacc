"""Engines that differ: what is listed in deviations.toml must fail, and nothing else may."""

from __future__ import annotations

import pytest

from tests.store.deviations import deviation_of


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expect a test of an engine to fail where its deviations say so, and to pass where they do not."""
    for item in items:
        if (found := deviation_of(item.name)) is not None:
            item.add_marker(pytest.mark.xfail(reason=f"{found.engine}: {found.differs}", strict=True))
