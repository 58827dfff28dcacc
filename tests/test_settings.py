"""Settings: flags over environment over file, and what is not known is an error with a suggestion."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphsvc.errors import ProjectError
from graphsvc.settings import load


def written(folder: Path, text: str) -> Path:
    (folder / "graphsvc.toml").write_text(text, encoding="utf-8")
    return folder


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    project = written(tmp_path, "[service]\nport = 1\nhost = 'file'\nquery_timeout = 5\n")
    found = load(project, {"GRAPHSVC_PORT": "2", "GRAPHSVC_HOST": "environment"}, port=3)
    assert (found.port, found.host, found.query_timeout, found.store) == (3, "environment", 5.0, "memory:")


def test_a_project_without_a_file_has_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, {}).root_url == "http://127.0.0.1:8000"


def test_a_project_adds_prefixes_of_its_own(tmp_path: Path) -> None:
    found = load(written(tmp_path, "[prefixes]\nx = 'http://x/'\n"), {}).prefixes
    assert found["x"] == "http://x/"
    assert "skos" in found


def test_the_public_url_gives_links_their_path(tmp_path: Path) -> None:
    found = load(tmp_path, {}, public_url="https://example.org/graph/")
    assert (found.root_url, found.root_path) == ("https://example.org/graph", "/graph")
    assert load(tmp_path, {}, host="::1").root_url == "http://[::1]:8000"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[service]\nprot = 1\n", "unknown setting 'prot'; did you mean 'port'"),
        ("[servcie]\nport = 1\n", "did you mean 'service'"),
        ("[project]\nport = 1\n", "unknown setting 'port'"),
        ("[service]\nport = 'many'\n", "not of type int"),
        ("[service\n", "graphsvc.toml"),
        ("[prefixes]\nx = 1\n", "prefixes"),
        ("[project]\nbase = 'urn:x'\n", "base must be an http"),
        ("[project]\nbase = 'http://x/?q'\n", "base must be an http"),
        ("[project]\nissued = 'today'\n", "issued must be a day"),
        ("[project]\nlicense = 'CC BY'\n", "license must be the IRI"),
    ],
)
def test_a_file_that_is_wrong_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ProjectError, match=says):
        load(written(tmp_path, text), {})


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [("GRAPHSVC_PROT", "1", "did you mean 'GRAPHSVC_PORT'"), ("GRAPHSVC_PORT", "x", "not of type int")],
)
def test_an_environment_that_is_wrong_is_refused(tmp_path: Path, name: str, value: str, says: str) -> None:
    with pytest.raises(ProjectError, match=says):
        load(tmp_path, {name: value})
