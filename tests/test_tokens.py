"""Tokens: made once, kept as hashes, checked against the file as it is now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from graphsvc.cli import main
from graphsvc.errors import ProjectError
from graphsvc.tokens import TokenFile


@pytest.fixture
def file(tmp_path: Path) -> TokenFile:
    return TokenFile(tmp_path / "kept" / "tokens.json")


def test_a_secret_is_known_again_and_stands_nowhere(file: TokenFile) -> None:
    secret = file.new("editor", ["write"])
    token = file.check(secret)
    assert token is not None
    assert (token.name, token.may_write, token.may_read_history, token.graphs) == (
        "editor",
        True,
        False,
        None,
    )
    assert secret not in file.path.read_text()
    assert secret.rpartition("_")[2] not in file.path.read_text()
    assert file.path.stat().st_mode & 0o777 == 0o600


def test_a_scope_may_be_the_beginning_of_graph_names(file: TokenFile) -> None:
    token = file.check(file.new("part", ["write:http://a/", "write:http://b/", "history"]))
    assert token is not None
    assert token.may_write
    assert token.may_read_history
    assert token.graphs == ("http://a/", "http://b/")


@pytest.mark.parametrize("wrong", ["", "x", "gs_editor_" + "A" * 43, "gs_nobody_" + "A" * 43, "é" * 99_999])
def test_a_wrong_secret_is_no_token(file: TokenFile, wrong: str) -> None:
    file.new("editor", ["write"])
    assert file.check(wrong) is None


def test_a_secret_of_one_token_is_none_of_another(file: TokenFile) -> None:
    first, _ = file.new("one", ["write"]), file.new("two", ["write"])
    assert file.check(first.replace("gs_one_", "gs_two_")) is None


def test_revoking_and_making_count_at_once(file: TokenFile) -> None:
    other = TokenFile(file.path)
    assert other.check("x") is None
    secret = file.new("editor", ["write"])
    assert other.check(secret) is not None
    file.revoke("editor")
    assert other.check(secret) is None
    assert other.tokens() == []


@pytest.mark.parametrize(
    ("name", "scopes"), [("a b", ["write"]), ("", ["write"]), ("a", []), ("a", ["admin"]), ("a", ["write:"])]
)
def test_what_would_be_no_token_is_refused(file: TokenFile, name: str, scopes: list[str]) -> None:
    with pytest.raises(ProjectError):
        file.new(name, scopes)
    assert file.tokens() == []


def test_a_name_is_given_once(file: TokenFile) -> None:
    file.new("a", ["write"])
    with pytest.raises(ProjectError, match="already"):
        file.new("a", ["write"])
    with pytest.raises(ProjectError, match="no token"):
        file.revoke("b")


def test_a_broken_file_is_an_error_that_tells_nothing_of_it(file: TokenFile) -> None:
    file.new("a", ["write"])
    file.path.write_text('{"secret": 1}')
    with pytest.raises(ProjectError) as caught:
        file.check("x")
    assert "secret" not in str(caught.value)


def test_processes_that_make_tokens_at_once_lose_none(file: TokenFile) -> None:
    code = (
        "import sys; from pathlib import Path; from graphsvc.tokens import TokenFile\n"
        "for n in range(10): TokenFile(Path(sys.argv[1])).new(f'{sys.argv[2]}-{n}', ['write'])"
    )
    makers = [subprocess.Popen([sys.executable, "-c", code, str(file.path), name]) for name in "abc"]
    assert [maker.wait() for maker in makers] == [0, 0, 0]
    assert len(file.tokens()) == 30


def test_the_commands_make_list_and_revoke(tmp_path: Path) -> None:
    runner = CliRunner()
    where = ["--project", str(tmp_path)]
    made = runner.invoke(main, ["token", "new", "editor", "--scope", "write", *where])
    assert made.exit_code == 0
    secret = made.stdout.strip()
    assert TokenFile(tmp_path / ".graphsvc" / "tokens.json").check(secret) is not None
    assert "editor" in runner.invoke(main, ["token", "list", *where]).stdout
    assert runner.invoke(main, ["token", "revoke", "editor", *where]).exit_code == 0
    assert runner.invoke(main, ["token", "list", *where]).stdout == ""
    assert runner.invoke(main, ["token", "revoke", "editor", *where]).exit_code == 1
