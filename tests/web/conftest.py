"""The projects that the tests of linked data and pages are about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from made_projects import served
from playwright.sync_api import Browser

from tests.web.player import Visit, chromium, visiting

PEOPLE = Path(__file__).resolve().parent.parent / "projects" / "people"


@pytest.fixture(scope="session")
def people() -> Iterator[FlaskClient]:
    """The application over the project of IRIs that are hard to serve."""
    with served(PEOPLE) as client:
        yield client


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser, closed after each module: while it is there, an event loop runs."""
    with chromium() as started:
        yield started


@pytest.fixture
def visit(browser: Browser, server: str) -> Iterator[Visit]:
    """Opens pages of the shipped graph; see `visiting`."""
    with visiting(browser, server) as opened:
        yield opened
