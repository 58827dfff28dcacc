"""What every test may use: the project's root, outside material where it is there, and the service itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from flask.testing import FlaskClient
from hypothesis import settings as profiles

from graphsvc.loading import open_store
from graphsvc.project import Project
from graphsvc.settings import load
from graphsvc.web import create_app

# The same cases at each run of the suite, however long they take; `make fuzz` looks for others.
profiles.register_profile("suite", derandomize=True, deadline=None)
if "FUZZ_CASES" not in os.environ:
    profiles.load_profile("suite")
ROOT = Path(__file__).resolve().parent.parent
# The files that take longest go first, so that no process is left with one at the end when the others are done.
SLOW = (
    *(
        "hostile/test_soak",
        "w3c/test_sparql11",
        "web/test_accessible",
        "doctor/test_doctor",
        "feed/test_replicas",
    ),
    *("serving/test_direct_queries", "workers/test_pool", "store/test_engines", "hostile/test_hostile_data"),
    *(
        "web/test_links",
        "serving/test_kept_answers",
        "store/test_disk",
        "store/test_backup",
        "web/test_journeys",
    ),
    *("web/test_browser", "store/test_annotating", "hostile/test_hostile_queries", "store/test_bulk"),
    *("store/test_keeping", "web/test_validate_stored", "hostile/test_bounds", "store/test_remote_hostile"),
    *("serving/test_writes_and_kept_answers", "web/test_history", "hostile/test_hostile_shapes"),
)
LIBRARY = ROOT / "tests" / "projects" / "library"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow files first, the rest as it was."""
    place = {ROOT / "tests" / f"{name}.py": number for number, name in enumerate(SLOW)}
    items.sort(key=lambda item: place.get(item.path, len(place)))


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's top folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of outside vocabularies, suites and the source page that may stand beside the project."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no shared/ folder beside the project: outside material is not checked")
    return folder


@contextmanager
def application(project: Path, **flags: object) -> Iterator[FlaskClient]:
    """A client of the application in this process, over an in-process store."""
    settings = load(project, {}, **flags)
    content = Project(settings)
    with open_store(content, settings) as store:
        yield create_app(settings, store, content).test_client()


@contextmanager
def running(project: Path, *options: str, errors: IO[str] | None = None, **environment: str) -> Iterator[str]:
    """A real server process on a free port; yields its root URL without a slash at the end.

    What it logs goes to the file `errors`.
    """
    command = [sys.executable, "-m", "graphsvc", "serve", "--project", str(project), "--port", "0", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=errors, text=True, env=os.environ | environment
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if line.startswith("Ready at "):
                    yield line.removeprefix("Ready at ").strip().rstrip("/")
                    return
            pytest.fail("the server ended before it was ready")
        finally:
            process.terminate()
            process.wait(timeout=20)


@pytest.fixture(scope="session")
def library() -> Iterator[FlaskClient]:
    """The application over the small project in tests/projects/library."""
    with application(LIBRARY) as client:
        yield client


@pytest.fixture(scope="session")
def library_server() -> Iterator[str]:
    """The root URL of a server process over the small project in tests/projects/library."""
    with running(LIBRARY) as url:
        yield url


@pytest.fixture(scope="session")
def shipped() -> Iterator[FlaskClient]:
    """The application over the shipped graph."""
    with application(ROOT) as client:
        yield client


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The root URL of a server process over the shipped graph."""
    with running(ROOT) as url:
        yield url
