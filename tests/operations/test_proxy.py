"""Behind a real nginx with the sample configuration: the cache, streams, TLS, the base path, and who asks."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from graphsvc.tokens import TokenFile
from tests.conftest import LIBRARY, ROOT
from tests.operations.asking import Watched, ask, query_url, settled, watched
from tests.operations.proxy import Proxy, needs_nginx, proxied

pytestmark = needs_nginx
# Rows without end, so that the answer is a stream.
STREAM = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nginx")


@pytest.fixture(scope="module")
def secret(folder: Path) -> str:
    return TokenFile(folder / "tokens.json").new("editor", ["write"])


@pytest.fixture(scope="module")
def service(folder: Path, secret: str) -> Iterator[Watched]:
    with watched(
        ROOT,
        folder,
        public_url="https://example.org/kg",
        trusted_proxies="127.0.0.1",
        tokens=str(folder / "tokens.json"),
        log_format="json",
        log_clients="true",
        hold_back="100000",
    ) as found:
        yield found


@pytest.fixture(scope="module")
def proxy(service: Watched, folder: Path) -> Iterator[Proxy]:
    with proxied(service, folder) as found:
        yield found


def asked_of(service: Watched, path: str) -> list[int]:
    """The statuses with which the service itself has answered at a path so far."""
    return [each["status"] for each in service.requests(0) if each["path"] == f"/kg{path}"]


def read_to_the_end(answer: http.client.HTTPResponse) -> None:
    while answer.read(1 << 20):
        pass


def test_the_second_answer_comes_from_the_cache_and_after_a_write_the_new_one(
    service: Watched, proxy: Proxy, secret: str
) -> None:
    path = "/queries/count-instruments-by-year.csv"
    first = proxy.ask(path)
    assert (first.status, first.headers["X-Cache"]) == (200, "MISS")
    again = settled(lambda: proxy.ask(path), lambda answer: answer.headers["X-Cache"] == "HIT")
    assert (again.headers["X-Cache"], again.body) == ("HIT", first.body)
    assert again.headers["X-Request-ID"] != first.headers["X-Request-ID"]
    # Older than a second, it is asked for again by its ETag: nothing is sent, and no query is run.
    later = settled(lambda: proxy.ask(path), lambda answer: answer.headers["X-Cache"] == "REVALIDATED")
    assert (later.headers["X-Cache"], later.body) == ("REVALIDATED", first.body)
    assert 304 in asked_of(service, path)
    written = proxy.ask(
        "/update",
        {"Authorization": f"Bearer {secret}", "Content-Type": "application/sparql-update"},
        method="POST",
        body=b"INSERT DATA { GRAPH <urn:x:g> { <urn:x:a> <urn:x:b> 1 } }",
    )
    assert written.status == 204
    fresh = settled(lambda: proxy.ask(path), lambda answer: answer.headers["ETag"] != first.headers["ETag"])
    assert fresh.headers["ETag"] != first.headers["ETag"]
    assert fresh.headers["Graph-Epoch"] != first.headers["Graph-Epoch"]


def test_each_representation_is_kept_by_itself(proxy: Proxy) -> None:
    path = "/doc/org/cnect"
    kinds = ["text/turtle", "application/ld+json", "text/html"]
    for _ in range(2):
        for kind in kinds:
            answer = proxy.ask(path, {"Accept": kind})
            assert answer.headers["Content-Type"].startswith(kind)


def test_what_must_not_be_stored_is_asked_for_each_time(proxy: Proxy) -> None:
    for _ in range(3):
        answer = proxy.ask("/queries/no-such-query")
        assert answer.headers["X-Cache"] != "HIT"
    for _ in range(3):
        answer = proxy.ask("/queries", {"Authorization": "Bearer x"})
        assert answer.headers["X-Cache"] == "BYPASS"


def test_a_stream_is_passed_on_as_it_comes_and_visibly_broken_off(service: Watched, proxy: Proxy) -> None:
    parts = urlsplit(query_url(proxy.url, STREAM, timeout="3"))
    connection = http.client.HTTPSConnection(parts.netloc, timeout=60, context=proxy.tls)
    try:
        connection.request("GET", f"/kg{parts.path}?{parts.query}", headers={"Accept": "text/csv"})
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.read(1000).startswith(b"a,b,c,d,e,f,g,h,i")
        # The beginning is here while the query still runs.
        assert service.sample("graphsvc_workers_busy", pool="readers") == 1
        with pytest.raises(http.client.IncompleteRead):
            read_to_the_end(answer)
    finally:
        connection.close()
    settled(
        lambda: service.sample("graphsvc_request_seconds_count", outcome="timeout"), lambda found: found >= 1
    )
    assert service.sample("graphsvc_request_seconds_count", outcome="timeout", route="/sparql") == 1


def test_who_leaves_the_proxy_leaves_the_service(service: Watched, proxy: Proxy) -> None:
    parts = urlsplit(query_url(proxy.url, f"{STREAM} #leaves", timeout="25"))
    connection = http.client.HTTPSConnection(parts.netloc, timeout=60, context=proxy.tls)
    connection.request("GET", f"/kg{parts.path}?{parts.query}", headers={"Accept": "text/csv"})
    assert connection.getresponse().read(1000)
    connection.close()
    assert service.until("graphsvc_request_seconds_count", 1, outcome="abandoned", route="/sparql") == 1


def test_plain_http_is_sent_on_to_tls(proxy: Proxy) -> None:
    answer = ask(f"{proxy.plain_url}/kg/queries?x=1")
    assert (answer.status, answer.headers["Location"]) == (301, "https://127.0.0.1/kg/queries?x=1")


def test_links_are_below_the_base_path(proxy: Proxy) -> None:
    thing = proxy.ask("/id/org/cnect")
    assert (thing.status, thing.headers["Location"]) == (303, "/kg/doc/org/cnect")
    page = proxy.ask("/", {"Accept": "text/html"}).body.decode()
    assert 'href="/kg/static/style.css"' in page
    assert 'href="/queries' not in page
    assert proxy.ask("/static/style.css").status == 200
    assert proxy.ask("/openapi.json").json["servers"] == [{"url": "https://example.org/kg"}]


def test_whoever_watches_asks_the_service_itself(service: Watched, proxy: Proxy) -> None:
    assert proxy.ask("/health/ready").status == 404
    assert ask(f"{service.url}/health/ready").status == 200
    assert proxy.ask("/metrics").status == 404


def test_the_name_of_a_request_is_the_same_at_the_proxy_and_in_the_log(
    service: Watched, proxy: Proxy
) -> None:
    answer = proxy.ask("/sparql?query=ASK{", {"X-Request-ID": "made-up"})
    name = answer.headers["X-Request-ID"]
    assert len(answer.headers.get_all("X-Request-ID")) == 1  # type: ignore[attr-defined]
    assert answer.json["instance"] == f"urn:x-graphsvc:request:{name}"
    assert settled(lambda: [one for one in service.requests(0) if one["request_id"] == name], bool)


def test_the_rate_limit_is_that_of_the_client_not_of_the_proxy(tmp_path: Path) -> None:
    with (
        watched(
            LIBRARY,
            tmp_path,
            public_url="https://example.org/kg",
            trusted_proxies="127.0.0.1",
            rate_limit="0.05",
            rate_burst="2",
            log_format="json",
            log_clients="true",
        ) as service,
        proxied(service, tmp_path) as proxy,
    ):
        for _ in range(2):
            assert proxy.ask("/sparql?query=ASK{}", {"X-Forwarded-For": "198.51.100.1"}).status == 200
        refused = proxy.ask("/sparql?query=ASK{}", {"X-Forwarded-For": "198.51.100.2"})
        assert refused.status == 429
        assert int(refused.headers["Retry-After"]) > 0
        # A client of its own, as another proxy that is trusted would tell.
        assert (
            ask(f"{service.url}/kg/sparql?query=ASK{{}}", {"X-Forwarded-For": "198.51.100.3"}).status == 200
        )
        assert [each["client"] for each in service.requests(4)] == ["127.0.0.1"] * 3 + ["198.51.100.3"]
