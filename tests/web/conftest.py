"""The projects that the tests of linked data and pages are about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from made_projects import served

PEOPLE = Path(__file__).resolve().parent.parent / "projects" / "people"


@pytest.fixture(scope="session")
def people() -> Iterator[FlaskClient]:
    """The application over the project of IRIs that are hard to serve."""
    with served(PEOPLE) as client:
        yield client
