"""How the service says who it is, and that it does not tell anybody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphsvc.credentials import Credentials
from graphsvc.errors import ProjectError

URL = "http://example.org/sparql-auth?a=b"
CHALLENGE = 'Digest realm="SPARQL", nonce="2d", opaque="5e", stale="false", qop="auth", algorithm="MD5"'


def test_basic_and_bearer_are_sent_at_once_and_not_again() -> None:
    # https://www.rfc-editor.org/rfc/rfc7617#section-2
    basic = Credentials.read("basic Aladdin:open sesame\n", "here")
    assert basic.header("GET", URL) == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    assert Credentials.read("Bearer abc", "here").header("GET", URL) == "Bearer abc"
    assert basic.header("GET", URL, CHALLENGE) == "", "who was refused is not asked a second time"


def test_digest_answers_a_challenge_and_then_uses_it_again() -> None:
    digest = Credentials.read("digest dba:secret", "here")
    assert digest.header("POST", URL) == ""
    first = digest.header("POST", URL, CHALLENGE)
    assert first.startswith("Digest ")
    for part in ('username="dba"', 'realm="SPARQL"', 'uri="/sparql-auth?a=b"', "nc=00000001", "qop=auth"):
        assert part in first
    assert "nc=00000002" in digest.header("POST", URL)
    assert "secret" not in first


@pytest.mark.parametrize(
    "challenge", ["", "Basic realm='x'", 'Digest realm="x", nonce="1", algorithm="none"']
)
def test_a_challenge_that_cannot_be_met_has_no_answer(challenge: str) -> None:
    assert Credentials.read("digest dba:secret", "here").header("GET", URL, challenge) == ""


@pytest.mark.parametrize(
    "text",
    ["", "basic", "basic name", "bearer", "bearer a b", "token abc", "digest :x", "basic a:b\nbasic c:d"],
)
def test_a_line_of_another_form_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(ProjectError) as caught:
        Credentials.read(text, "the file")
    assert "the file" in str(caught.value)
    assert "c:d" not in str(caught.value)


def test_credentials_are_not_shown() -> None:
    assert "secret" not in repr(Credentials.read("digest dba:secret", "here"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="nowhere"):
        Credentials.from_file(tmp_path / "nowhere")
