"""Content codings. https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import quote

import brotli
import pytest
import zstandard
from flask.testing import FlaskClient
from made_projects import LIBRARY, served
from werkzeug.test import TestResponse

from graphsvc.errors import OutOfTime
from graphsvc.formats import Format
from graphsvc.sparql import Query
from graphsvc.store import Answer, Limits
from graphsvc.web.compression import SMALL, choose_coding

SELECT = "/sparql?query=" + quote("SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o")
CONSTRUCT = "/sparql?query=" + quote("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")
UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: zlib.decompress(body, 31),
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
}


def ask(client: FlaskClient, url: str = SELECT, coding: str | None = None, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(url, headers=named | ({"Accept-Encoding": coding} if coding is not None else {}))


@pytest.mark.parametrize("coding", UNPACK)
@pytest.mark.parametrize(
    ("url", "accept"),
    [
        (SELECT, "application/sparql-results+json"),
        (SELECT, "application/sparql-results+xml"),
        (SELECT, "text/csv"),
        (SELECT, "text/html"),
        (CONSTRUCT, "text/turtle"),
        (CONSTRUCT, "application/ld+json"),
        ("/doc/book/emma", "application/rdf+xml"),
        ("/doc/book/emma", "text/html"),
        ("/dataset", "text/turtle"),
        ("/dataset.nq", "*/*"),
        ("/openapi.json", "*/*"),
        ("/static/style.css", "*/*"),
    ],
)
def test_text_is_packed_for_who_takes_it(library: FlaskClient, url: str, accept: str, coding: str) -> None:
    plain = ask(library, url, Accept=accept)
    packed = ask(library, url, coding, Accept=accept)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == coding
    assert UNPACK[coding](packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["Vary"]
    assert packed.headers["Content-Type"] == plain.headers["Content-Type"]
    assert plain.headers["ETag"] != packed.headers["ETag"]
    plain.close()
    packed.close()


@pytest.mark.parametrize(
    ("header", "coding", "plain"),
    [
        (None, "", True),
        ("", "", True),
        ("gzip", "gzip", True),
        ("x-gzip", "gzip", True),
        ("GZip", "gzip", True),
        ("gzip, deflate, br, zstd", "zstd", True),
        ("gzip;q=1, br;q=0.5", "gzip", True),
        ("br;q=0.8, gzip;q=0.8", "br", True),
        ("*", "zstd", True),
        ("*;q=0.5, zstd;q=0", "br", True),
        ("gzip;q=0", "", True),
        ("deflate", "", True),
        ("identity, gzip;q=0.5", "", True),
        ("identity;q=0.5, gzip", "gzip", True),
        ("identity;q=0, gzip;q=0.1", "gzip", False),
        ("*;q=0", "", False),
        ("*;q=0, gzip", "gzip", False),
        ("gzip;q=2", "", True),
        ("gzip;q=x, br", "br", True),
        ("gzip;level=9", "", True),
        (",,;;q=1,=", "", True),
        ("\u00e9\u00ff" * 50, "", True),
    ],
)
def test_the_coding_that_is_preferred_is_chosen(header: str | None, coding: str, plain: bool) -> None:
    assert choose_coding(header) == (coding, plain)


def test_what_is_small_or_packed_already_is_left_alone(library: FlaskClient) -> None:
    small = ask(library, "/sparql?query=ASK{}", "gzip")
    assert len(small.data) < SMALL
    assert "Content-Encoding" not in small.headers
    assert "Accept-Encoding" in small.headers["Vary"]
    archive = ask(library, "/dataset.nt.gz", "br")
    assert "Content-Encoding" not in archive.headers
    assert zlib.decompress(archive.data, 31) == ask(library, "/dataset.nt").data


def test_what_may_not_be_sent_as_it_is_is_packed_even_if_it_is_small(library: FlaskClient) -> None:
    answer = ask(library, "/sparql?query=ASK{}", "identity;q=0, gzip")
    assert UNPACK["gzip"](answer.data) == ask(library, "/sparql?query=ASK{}").data


@pytest.mark.parametrize("coding", UNPACK)
@pytest.mark.parametrize("url", [SELECT, "/doc/book/emma.html", CONSTRUCT])
def test_a_packed_answer_is_revalidated_by_its_own_tag(library: FlaskClient, url: str, coding: str) -> None:
    first = ask(library, url, coding)
    tag = first.headers["ETag"]
    again = ask(library, url, coding, If_None_Match=f'"x", {tag}')
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == tag
    assert again.headers["Vary"] == first.headers["Vary"]
    assert "Content-Encoding" not in again.headers
    other = next(one for one in UNPACK if one != coding)
    assert ask(library, url, other, If_None_Match=tag).status_code == 200
    assert ask(library, url, If_None_Match=tag).status_code == 200


@pytest.mark.parametrize("coding", UNPACK)
def test_head_is_get_without_its_body_when_packed_too(library: FlaskClient, coding: str) -> None:
    for url in (SELECT, CONSTRUCT, "/dataset.nt"):
        told = {"Accept-Encoding": coding, "X-Request-ID": "one-name"}
        get, head = library.get(url, headers=told), library.head(url, headers=told)
        assert dict(head.headers) == dict(get.headers)
        assert head.data == b""


def test_a_part_is_of_the_bytes_as_they_are(library: FlaskClient) -> None:
    whole = ask(library, "/dataset.nt").data
    part = ask(library, "/dataset.nt", "gzip", Range="bytes=5-20")
    assert part.status_code == 206
    assert part.data == whole[5:21]
    assert "Content-Encoding" not in part.headers


class Streaming:
    """A store that answers in two parts, and may fail after the first."""

    def __init__(self, inner: object, *, fails: bool) -> None:
        self.inner = inner
        self.fails = fails
        self.let_go = 0

    def query(self, query: Query, result: Format, limits: Limits = Limits()) -> Answer:  # noqa: B008
        def stream() -> Iterator[bytes]:
            try:
                yield b""
                yield b"first part "
                if self.fails:
                    raise OutOfTime("late")
                yield b"second part"
            finally:
                self.let_go += 1

        parts = stream()
        next(parts)
        return Answer(parts, self.epoch(), None)

    def epoch(self) -> str:
        return str(self.inner.epoch())  # type: ignore[attr-defined]


@pytest.mark.parametrize("coding", UNPACK)
def test_a_stream_is_packed_as_it_goes(coding: str) -> None:
    with served(LIBRARY) as client:
        parts = client.application.extensions["graphsvc"]
        store = Streaming(parts.store, fails=False)
        client.application.extensions["graphsvc"] = replace(parts, store=store)
        answer = client.get(SELECT, headers={"Accept-Encoding": coding}, buffered=False)
        assert "Content-Length" not in answer.headers
        chunks = list(answer.iter_encoded())
        assert UNPACK[coding](b"".join(chunks)) == b"first part second part"
        # The first can be read before the second is there.
        if coding == "gzip":
            assert zlib.decompressobj(31).decompress(chunks[0]) == b"first part "
        elif coding == "br":
            assert brotli.Decompressor().process(chunks[0]) == b"first part "
        else:
            assert zstandard.ZstdDecompressor().decompressobj().decompress(chunks[0]) == b"first part "
        answer.close()
        assert store.let_go == 1


@pytest.mark.parametrize("coding", UNPACK)
def test_a_stream_that_fails_has_no_end(coding: str) -> None:
    with served(LIBRARY) as client:
        parts = client.application.extensions["graphsvc"]
        store = Streaming(parts.store, fails=True)
        client.application.extensions["graphsvc"] = replace(parts, store=store)
        answer = client.get(SELECT, headers={"Accept-Encoding": coding}, buffered=False)
        with pytest.raises(OutOfTime):
            list(answer.iter_encoded())
        assert store.let_go == 1


def test_a_packed_stream_that_nobody_reads_is_let_go_of() -> None:
    with served(LIBRARY) as client:
        parts = client.application.extensions["graphsvc"]
        store = Streaming(parts.store, fails=False)
        client.application.extensions["graphsvc"] = replace(parts, store=store)
        client.head(SELECT, headers={"Accept-Encoding": "br"}).close()
        assert store.let_go == 1
