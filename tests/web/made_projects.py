"""Projects made for one test, and an application over any project with settings of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask.testing import FlaskClient

from graphsvc.loading import open_store
from graphsvc.project import Project
from graphsvc.settings import load
from graphsvc.web import create_app

LIBRARY = Path(__file__).resolve().parent.parent / "projects" / "library"
# What browsers send.
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CHROME = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7"
)


@contextmanager
def served(project: Path, **flags: object) -> Iterator[FlaskClient]:
    """A client of the application over a project, in this process."""
    settings = load(project, {}, **flags)
    content = Project(settings)
    with open_store(content, settings) as store:
        yield create_app(settings, store, content).test_client()


@contextmanager
def server_of(project: Path, **environment: str) -> Iterator[str]:
    """The root URL of a real server process with settings of its own from the environment."""
    command = [sys.executable, "-m", "graphsvc", "serve", "--project", str(project), "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | environment
    ) as process:
        assert process.stdout is not None
        try:
            ready = process.stdout.readline()
            assert ready.startswith("Ready at "), "the server ended before it was ready"
            yield ready.removeprefix("Ready at ").strip().rstrip("/")
        finally:
            process.terminate()
            process.wait(timeout=20)


def project_of(folder: Path, **files: str | bytes) -> Path:
    """A project folder with the files of `data/`: each keyword is a name, `__` for the dot."""
    data = folder / "data"
    data.mkdir(parents=True)
    (folder / "graphsvc.toml").write_text('[project]\nbase = "http://example.org/made"\n')
    for name, content in files.items():
        raw = content.encode() if isinstance(content, str) else content
        (data / name.replace("__", ".")).write_bytes(raw)
    return folder
