"""Clients: whose address counts, how often they may ask, and which pages of other sites may."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from graphsvc.web.clients import Buckets, Forwarded, client_of
from tests.conftest import LIBRARY, application
from tests.operations.asking import ask, watched


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8:0:0:ffff::9", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_an_address_belongs_to_a_client(address: str, client: str) -> None:
    assert client_of(address) == client


@pytest.mark.parametrize(
    ("peer", "header", "client"),
    [
        ("127.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "6.6.6.6, 192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "192.0.2.7, 10.1.2.3", "192.0.2.7"),
        ("127.0.0.1", "10.9.9.9, 10.1.2.3", "10.9.9.9"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.7, nonsense", "127.0.0.1"),
        ("127.0.0.1", "2001:DB8::0:1", "2001:db8::1"),
        ("127.0.0.1", ", ".join(["6.6.6.6"] * 10_000 + ["192.0.2.7"]), "192.0.2.7"),
        ("203.0.113.9", "192.0.2.7", "203.0.113.9"),
        ("::1", "192.0.2.7", "::1"),
        ("", "192.0.2.7", ""),
    ],
)
def test_a_proxy_is_believed_where_it_is_trusted_and_no_further(peer: str, header: str, client: str) -> None:
    seen: list[str] = []

    def application(environ: dict[str, Any], _: object) -> Iterable[bytes]:
        seen.append(environ["REMOTE_ADDR"])
        return []

    proxied = Forwarded(application, ["127.0.0.1", "10.0.0.0/8"])
    for _ in range(2):
        proxied({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": header}, None)
    assert seen == [client, client]


def test_a_bucket_fills_at_its_rate_and_no_fuller_than_it_is() -> None:
    buckets = Buckets(2, 4)
    assert [buckets.take("a", 0)[1] for _ in range(5)] == [True] * 4 + [False]
    assert buckets.take("b", 0)[1]
    assert [buckets.take("a", 0.5)[1] for _ in range(2)] == [True, False]
    assert [buckets.take("a", 1000)[1] for _ in range(5)] == [True] * 4 + [False]


def test_refusals_do_not_keep_a_client_out() -> None:
    buckets = Buckets(1, 1)
    assert buckets.take("a", 0)[1]
    assert not any(buckets.take("a", number / 100)[1] for number in range(99))
    assert buckets.take("a", 1.0)[1]


def test_the_clients_that_are_remembered_are_bounded() -> None:
    buckets = Buckets(1, 1)
    for number in range(20_000):
        buckets.take(str(number), 0)
    assert len(buckets._left) == 10_000


def test_a_client_beyond_its_rate_is_told_when_to_come_back(tmp_path: Path) -> None:
    with watched(
        LIBRARY,
        tmp_path,
        rate_limit="0.05",
        rate_burst="2",
        trusted_proxies="127.0.0.1",
        public_url="http://x/kg",
    ) as service:
        first, second, third = (
            ask(f"{service.url}/kg/queries", {"X-Forwarded-For": "192.0.2.1"}) for _ in range(3)
        )
        assert (first.status, second.status, third.status) == (200, 200, 429)
        assert first.headers["RateLimit-Policy"] == '"client";q=2;w=40'
        assert first.headers["RateLimit"].startswith('"client";r=1;t=')
        assert third.headers["RateLimit"].startswith('"client";r=0;t=')
        assert 0 < int(third.headers["Retry-After"]) <= 20
        assert third.json["type"].endswith("#too-many-requests")
        page = ask(f"{service.url}/kg/", {"X-Forwarded-For": "192.0.2.1", "Accept": "text/html"})
        assert (page.status, page.headers["Content-Type"]) == (429, "text/html; charset=utf-8")
        for path in ("/kg/health/live", "/kg/static/style.css", "/kg/static/style.css"):
            assert ask(service.url + path, {"X-Forwarded-For": "192.0.2.1"}).status == 200
        assert ask(f"{service.url}/kg/queries", {"X-Forwarded-For": "192.0.2.2"}).status == 200
        v6 = [
            ask(f"{service.url}/kg/queries", {"X-Forwarded-For": f"2001:db8::{n}"}).status for n in range(3)
        ]
        assert v6 == [200, 200, 429]
        assert service.until("graphsvc_rate_limited_total", 3) == 3


def test_without_trusted_proxies_nobody_is_somebody_else(tmp_path: Path) -> None:
    with watched(LIBRARY, tmp_path, rate_limit="0.05", rate_burst="1", log_format="json") as service:
        statuses = [
            ask(f"{service.url}/queries", {"X-Forwarded-For": f"192.0.2.{number}"}).status
            for number in (1, 2)
        ]
        assert statuses == [200, 429]
        assert {each["client"] for each in service.requests(2)} == {"127.0.0.0"}


def test_by_default_there_is_no_rate_limit() -> None:
    with application(LIBRARY) as client:
        answers = [client.get("/queries") for _ in range(50)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0].headers


def test_by_default_every_page_may_read_and_none_may_write() -> None:
    with application(LIBRARY) as client:
        answer = client.options("/update", headers={"Origin": "https://a.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" not in answer.headers["Access-Control-Allow-Headers"]
    assert "Origin" not in answer.headers.get("Vary", "")


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://a.example", "https://a.example"),
        ("http://b.example:8080", "http://b.example:8080"),
        ("https://a.example.evil", None),
        ("http://a.example", None),
        ("null", None),
        (None, None),
    ],
)
def test_pages_of_listed_origins_may_read_and_write(
    method: str, origin: str | None, allowed: str | None
) -> None:
    with application(LIBRARY, cors_origins="https://a.example http://b.example:8080") as client:
        headers = {"Origin": origin} if origin else {}
        answer = client.open("/sparql", method=method, headers=headers)
    assert answer.status_code in (200, 204)
    assert answer.headers.get("Access-Control-Allow-Origin") == allowed
    assert "Origin" in answer.headers["Vary"]
    if method == "OPTIONS":
        permitted = answer.headers.get("Access-Control-Allow-Headers", "")
        assert ("Authorization" in permitted) == (allowed is not None)
