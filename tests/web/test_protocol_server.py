"""The endpoint as clients meet it: a real server, curl, and bytes on a socket that no client would send."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from made_projects import project_of, server_of

DIRECT = "application/sparql-query"
pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@dataclass
class Reply:
    """A reply: its status, its headers with names in lower case, and its body."""

    status: int
    headers: dict[str, str]
    body: bytes


def read_reply(raw: bytes) -> Reply:
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return Reply(int(lines[0].split()[1]), headers, body)


def curl(*arguments: str) -> Reply:
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--include", "--max-time", "20", *arguments],
        capture_output=True,
        check=True,
    )
    return read_reply(done.stdout)


def raw(server: str, request: bytes) -> Reply:
    """Send bytes as they are and read until the server closes the connection."""
    place = urlsplit(server)
    with socket.create_connection((str(place.hostname), int(place.port or 80)), timeout=20) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(1 << 16):
            answer += chunk
    return read_reply(answer)


@pytest.fixture(scope="module")
def endpoint(library_server: str) -> str:
    return f"{library_server}/sparql"


def test_a_query_by_get(endpoint: str) -> None:
    reply = curl("--get", endpoint, "--data-urlencode", "query=ASK {}")
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/sparql-results+json"
    assert reply.headers["content-length"] == str(len(reply.body))
    assert json.loads(reply.body)["boolean"] is True


def test_a_query_by_form(endpoint: str) -> None:
    text = 'SELECT ("a%20b+c é\\n" AS ?v) {}'
    reply = curl(endpoint, "--data-urlencode", f"query={text}")
    assert json.loads(reply.body)["results"]["bindings"][0]["v"]["value"] == "a%20b+c é\n"


def test_a_query_as_the_body(endpoint: str) -> None:
    reply = curl(
        endpoint, "--header", f"Content-Type: {DIRECT}", "--data-binary", 'SELECT ("%20+é" AS ?v) {}'
    )
    assert json.loads(reply.body)["results"]["bindings"][0]["v"]["value"] == "%20+é"


def test_a_query_by_the_query_method(endpoint: str) -> None:
    reply = curl("--request", "QUERY", endpoint, "--header", f"Content-Type: {DIRECT}", "--data", "ASK {}")
    assert reply.status == 200
    assert json.loads(reply.body)["boolean"] is True
    assert reply.headers["accept-query"] == DIRECT


def test_a_chunked_body_is_read_whole(endpoint: str) -> None:
    text = 'SELECT ("%20+é" AS ?v) {}' + " " * 20_000
    reply = curl(
        endpoint, "-H", f"Content-Type: {DIRECT}", "-H", "Transfer-Encoding: chunked", "--data-binary", text
    )
    assert json.loads(reply.body)["results"]["bindings"][0]["v"]["value"] == "%20+é"


def test_head_has_the_headers_of_get(endpoint: str) -> None:
    url = endpoint + "?query=SELECT%20*%20%7B%3Fs%20%3Fp%20%3Fo%7D"
    head, got = curl("--head", url), curl(url)
    assert head.status == got.status == 200
    assert head.body == b""
    for name in ("content-length", "content-type", "etag", "vary", "cache-control", "accept-query"):
        assert head.headers[name] == got.headers[name]


def test_what_is_not_modified_is_not_sent(endpoint: str) -> None:
    url = endpoint + "?query=ASK%7B%7D"
    first = curl(url, "--header", "Accept: text/csv")
    tag = first.headers["etag"]
    second = curl(url, "--header", "Accept: text/csv", "--header", f'If-None-Match: "x", {tag}')
    assert (second.status, second.body) == (304, b"")
    assert second.headers["etag"] == tag
    assert second.headers["vary"] == first.headers["vary"]
    third = curl(url, "--header", f"If-None-Match: {tag}")
    assert third.status == 200


def test_options_has_no_body(endpoint: str) -> None:
    reply = curl("--request", "OPTIONS", endpoint)
    assert (reply.status, reply.body) == (204, b"")
    assert "QUERY" in reply.headers["allow"]
    assert reply.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_another_method_is_refused(endpoint: str, method: str) -> None:
    reply = curl("--request", method, endpoint)
    assert reply.status == 405
    assert "GET" in reply.headers["allow"]


def test_a_syntax_error_by_curl_and_by_a_browser(endpoint: str) -> None:
    arguments = ["--get", endpoint, "--data-urlencode", "query=SELECT *\n{ ?s ?p }"]
    reply = curl(*arguments)
    assert reply.status == 400
    assert reply.headers["content-type"] == "application/problem+json"
    assert json.loads(reply.body)["line"] == 2
    page = curl(*arguments, "--header", "Accept: text/html")
    assert page.status == 400
    assert b"<textarea" in page.body


def test_no_content_type_is_refused(library_server: str) -> None:
    reply = raw(
        library_server,
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nConnection: close\r\n\r\nASK {}",
    )
    assert reply.status == 415


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"/sparql?query=ASK%7B%7D%20%23%FF", 400),
        (b"/sparql?query=ASK%7B%7D%20%23%zz", 400),
        (b"/sparql?query=ASK%7B%7D&query=ASK%7B%7D", 400),
        (b"/sparql?query=ASK%7B%7D%20%23\xff", 400),
        (b"/sparql?query=ASK%7B%7D%20%23%00", 400),
        (b"/sparql?query=ASK%7B%7D%20%23%0d%0aX-Split:%20yes", 400),
    ],
)
def test_a_target_that_no_client_would_send(library_server: str, target: bytes, status: int) -> None:
    reply = raw(library_server, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert reply.status == status
    assert "x-split" not in reply.headers


@pytest.mark.parametrize("accept", [b"text/csv\x0b", b"\xff", b"text/csv;q=1.5;;;,,,", b"image/png\x00"])
def test_a_malformed_accept_breaks_nothing(library_server: str, accept: bytes) -> None:
    request = b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: " + accept
    assert raw(library_server, request + b"\r\n\r\n").status in (200, 400, 406)


def test_a_body_that_is_cut_short_is_no_query(library_server: str) -> None:
    place = urlsplit(library_server)
    head = (
        f"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: {DIRECT}\r\nContent-Length: 100\r\n\r\n".encode()
    )
    with socket.create_connection((str(place.hostname), int(place.port or 80)), timeout=20) as connection:
        connection.sendall(head + b"ASK {}")
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(1 << 16)
    assert b" 200 " not in answer


def test_the_host_header_is_in_no_link(library_server: str) -> None:
    for path in (b"/sparql", b"/dataset"):
        for accept in (b"text/turtle", b"text/html"):
            request = (
                b"GET %s HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nAccept: %s\r\n"
            )
            reply = raw(library_server, request % (path, accept) + b"Connection: close\r\n\r\n")
            assert reply.status == 200
            assert b"evil.example" not in reply.body


def test_the_service_description_names_this_very_endpoint(endpoint: str) -> None:
    reply = curl(endpoint)
    assert reply.headers["content-type"] == "text/turtle; charset=utf-8"
    assert f"sd:endpoint <{endpoint}>".encode() in reply.body


@pytest.fixture(scope="module")
def streaming(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an answer of 20,000 rows, from a server that holds back no more than 100 bytes of one."""
    lines = [f'<http://e/{number}> <http://e/p> "{number}" .' for number in range(20_000)]
    project = project_of(tmp_path_factory.mktemp("streaming"), a__nt="\n".join(lines))
    with server_of(project, GRAPHSVC_HOLD_BACK="100", GRAPHSVC_READERS="2", GRAPHSVC_CACHE_BYTES="0") as url:
        yield f"{url}/sparql?query=SELECT%20*%20%7B%3Fs%20%3Fp%20%3Fo%7D"


def test_a_large_answer_is_streamed_and_whole(streaming: str) -> None:
    reply = curl(streaming)
    assert "content-length" not in reply.headers
    assert reply.headers["transfer-encoding"] == "chunked"
    assert "etag" in reply.headers
    rows = json.loads(reply.body)["results"]["bindings"]
    assert {row["o"]["value"] for row in rows} == {str(number) for number in range(20_000)}


def test_a_large_answer_is_counted_for_its_page(streaming: str) -> None:
    page = curl(streaming, "--header", "Accept: text/html")
    assert page.headers["content-length"] == str(len(page.body))
    assert b"There are 20,000 rows; the first 1,000 are shown." in page.body


def test_the_head_of_a_large_answer_frees_its_reader(streaming: str) -> None:
    # There are two readers: were each kept busy, the third request would wait in vain.
    for _ in range(6):
        head = curl("--head", streaming)
        assert (head.status, head.body) == (200, b"")
        assert "content-length" not in head.headers
    assert curl(streaming).status == 200


def test_a_download_is_the_same_packed_and_plain(library_server: str, tmp_path: Path) -> None:
    plain = curl(f"{library_server}/dataset.nq")
    assert plain.headers["content-length"] == str(len(plain.body))
    packed = curl(f"{library_server}/dataset.nq.gz")
    unpacked = subprocess.run(["gzip", "-dc"], input=packed.body, capture_output=True, check=True).stdout
    assert unpacked == plain.body
    saved = subprocess.run(
        ["curl", "--silent", "--remote-name", "--remote-header-name", f"{library_server}/dataset.trig.gz"],
        cwd=tmp_path,
        check=True,
    )
    assert saved.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["library.trig.gz"]


def test_a_download_goes_on_where_it_broke_off(library_server: str) -> None:
    whole = curl(f"{library_server}/dataset.nq")
    rest = curl(f"{library_server}/dataset.nq", "--range", "1000-")
    assert rest.status == 206
    assert whole.body[:1000] + rest.body == whole.body
