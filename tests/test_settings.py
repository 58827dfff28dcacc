"""Settings: flags over environment over file, and what is not known is an error with a suggestion."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphsvc.doctor import examine
from graphsvc.doctor.findings import Level
from graphsvc.errors import ProjectError
from graphsvc.settings import FLAGS, Settings, assigned, described, load, origins
from graphsvc.settings_values import RULES, place
from tests.commands import graphsvc


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
        ("[service]\nport = 70000\n", "port must be from 0 to 65535, not 70000"),
        ("[service]\nrate_limits = 5\n", "did you mean 'rate_limit'"),
        ("[[guard]]\ngraph = '*'\n", "did you mean 'graphs'"),
        ("x = 1\n", "unknown setting 'x'"),
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


WRONG = [
    ("base", "urn:x"),
    ("base", "http://x/?q"),
    ("base", "http://[x/"),
    ("license", "CC BY"),
    ("issued", "today"),
    ("port", 65536),
    ("port", -1),
    ("public_url", "example.org/kg"),
    ("default_graph", "all"),
    ("service_endpoints", "http://a/ ftp://b/"),
    ("readers", -1),
    ("client_share", -1),
    ("client_patience", 0.0),
    ("query_timeout", 0.0),
    ("grace", -1.0),
    ("reader_memory", 1),
    ("hold_back", -1),
    ("max_column_triples", -1),
    ("max_result_rows", -1),
    ("max_result_bytes", -1),
    ("max_query_bytes", 0),
    ("max_upload_bytes", 0),
    ("rate_limit", -1.0),
    ("rate_limit", float("inf")),
    ("rate_burst", -1),
    ("trusted_proxies", "localhost"),
    ("trusted_proxies", "10.0.0.1/8"),
    ("cors_origins", "https://a.example/"),
    ("cors_origins", "* https://a.example"),
    ("remote_freshness", 0.0),
    ("follow", "primary"),
    ("feed_entries", -1),
    ("feed_bytes", -1),
    ("metrics", "everywhere"),
    ("metrics", "127.0.0.1:99999"),
    ("tracing", "collector:4318"),
    ("log_format", "xml"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_value_that_nothing_can_be_done_with_is_refused_and_told_with_its_origin(
    tmp_path: Path, name: str, value: object
) -> None:
    with pytest.raises(ProjectError, match=f"^{name} must be "):
        load(tmp_path, {}, **{name: value})
    environ = {f"GRAPHSVC_{name.upper()}": str(value)}
    found = [
        each
        for each in examine(tmp_path, environ)
        if each.level is Level.WRONG and each.text.startswith(name)
    ]
    assert len(found) == 1
    assert found[0].remedy.endswith(f"change it in GRAPHSVC_{name.upper()}.")


def test_every_rule_is_broken_by_a_case() -> None:
    assert {name for name, _, _ in RULES} == {name for name, _ in WRONG}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("metrics", "9464"),
        ("metrics", "0.0.0.0:9464"),
        ("metrics", "[::1]:9464"),
        ("trusted_proxies", "127.0.0.1 ::1 10.0.0.0/8"),
        ("cors_origins", "https://a.example http://localhost:3000"),
        ("cors_origins", ""),
        ("public_url", "https://example.org/kg/"),
        ("tracing", "http://127.0.0.1:4318/v1/traces"),
        ("log_format", "json"),
    ],
)
def test_a_value_that_is_right_is_taken(tmp_path: Path, name: str, value: str) -> None:
    assert getattr(load(tmp_path, {f"GRAPHSVC_{name.upper()}": value}), name) == value


def test_a_place_to_listen_at_is_of_this_machine_unless_it_says_otherwise() -> None:
    assert place("9464") == ("127.0.0.1", 9464)
    assert place("0.0.0.0:1") == ("0.0.0.0", 1)
    assert place("[::1]:1") == ("::1", 1)


def test_every_setting_can_come_from_each_source_and_is_told_with_it(tmp_path: Path) -> None:
    for table, name, _ in described():
        default = getattr(Settings(), name)
        shown = str(default).lower() if isinstance(default, bool) else str(default)
        literal = f"'{shown}'" if isinstance(default, str) else shown
        project = written(tmp_path, f"[{table}]\n{name} = {literal}\n")
        assert origins(project, {}) == {name: str(project / "graphsvc.toml")}
        assert origins(project, {f"GRAPHSVC_{name.upper()}": shown}) == {name: f"GRAPHSVC_{name.upper()}"}
        flag = f"--{name.replace('_', '-')}" if name in FLAGS else f"--set {name}"
        assert origins(project, {f"GRAPHSVC_{name.upper()}": shown}, **{name: default}) == {name: flag}
        assert getattr(load(project, {f"GRAPHSVC_{name.upper()}": shown}), name) == default


def test_any_setting_can_be_a_flag(tmp_path: Path) -> None:
    given = assigned(["rate_limit=2.5", "log_queries=true", "title=a=b"])
    assert given == {"rate_limit": 2.5, "log_queries": True, "title": "a=b"}
    assert load(tmp_path, {"GRAPHSVC_RATE_LIMIT": "1"}, **given).rate_limit == 2.5
    done = graphsvc("doctor", "--project", tmp_path, "--set", "rate_limit=2.5")
    assert "rate_limit = 2.5 from --rate-limit" not in done.said
    assert "rate_limit = 2.5 from --set rate_limit." in done.said


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("rate_limits=1", "did you mean 'rate_limit'"),
        ("rate_limit=fast", "not of type float"),
        ("rate_limit", "not of type float"),
        ("log_queries=yes", "not of type bool"),
    ],
)
def test_a_flag_that_is_wrong_is_refused(given: str, says: str) -> None:
    with pytest.raises(ProjectError, match=says):
        assigned([given])
