"""Versions in time: every document leads to its TimeGate, its TimeMap, and the version that is served."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests.conftest import ROOT, application

DOCUMENT = "/doc/instrument/com-2021-281"
ISSUED = "Tue, 24 Nov 2026 00:00:00 GMT"


def links(header: str) -> dict[str, str]:
    """Targets by relation; the last of several."""
    return {relation: target for target, relation in re.findall(r'<([^>]*)>; rel="([^"]*)"', header)}


def test_a_document_links_to_its_versions(shipped: FlaskClient) -> None:
    found = links(shipped.get(DOCUMENT).headers["Link"])
    assert found["timegate"] == f"/timegate{DOCUMENT}"
    assert found["timemap"] == f"/timemap{DOCUMENT}"
    assert shipped.get(found["first last memento"]).status_code == 200


@pytest.mark.parametrize(
    "asked", [None, ISSUED, "Mon, 01 Jan 2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"]
)
def test_the_timegate_leads_to_the_version_nearest_in_time(shipped: FlaskClient, asked: str | None) -> None:
    headers = {"Accept-Datetime": asked} if asked else {}
    answer = shipped.get(f"/timegate{DOCUMENT}", headers=headers)
    assert answer.status_code == 302
    assert "accept-datetime" in answer.headers["Vary"].lower()
    assert links(answer.headers["Link"])["original"] == DOCUMENT
    version = shipped.get(answer.headers["Location"], headers={"Accept": "text/turtle"})
    assert version.headers["Memento-Datetime"] == ISSUED
    assert version.data == shipped.get(DOCUMENT, headers={"Accept": "text/turtle"}).data


def test_a_version_is_negotiated_as_the_document_is(shipped: FlaskClient) -> None:
    address = links(shipped.get(DOCUMENT).headers["Link"])["first last memento"]
    for media_type in ("application/ld+json", "text/html"):
        version = shipped.get(address, headers={"Accept": media_type})
        assert version.mimetype == media_type
        original = shipped.get(DOCUMENT, headers={"Accept": media_type})
        assert version.data == original.data
        again = shipped.get(address, headers={"Accept": media_type, "If-None-Match": version.headers["ETag"]})
        assert again.status_code == 304


def test_the_timemap_lists_the_versions(shipped: FlaskClient) -> None:
    answer = shipped.get(f"/timemap{DOCUMENT}")
    assert answer.mimetype == "application/link-format"
    found = links(answer.text)
    assert set(found) == {"original", "timegate", "self", "first last memento"}
    assert all(target.startswith("http://127.0.0.1:8000/") for target in found.values())
    assert f'datetime="{ISSUED}"' in answer.text


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        (f"/timegate{DOCUMENT}", {"Accept-Datetime": "yesterday"}, 400),
        ("/timegate/doc/instrument/none", {}, 404),
        ("/timemap/doc/instrument/none", {}, 404),
        (f"/versions/0123456789abcdef{DOCUMENT}", {}, 404),
    ],
)
def test_what_is_no_version_is_refused(
    shipped: FlaskClient, address: str, headers: dict[str, str], status: int
) -> None:
    assert shipped.get(address, headers=headers).status_code == status


def test_a_project_that_does_not_say_when_it_was_issued_has_no_versions(library: FlaskClient) -> None:
    assert "timegate" not in library.get("/doc/book/emma").headers["Link"]
    assert library.get("/timegate/doc/book/emma").status_code == 404
    assert library.get("/timemap/doc/book/emma").status_code == 404


@pytest.fixture(scope="module")
def past() -> Iterator[FlaskClient]:
    """A project with a thing that was withdrawn."""
    with application(ROOT / "tests" / "projects" / "withdrawn") as client:
        yield client


@pytest.mark.parametrize("address", ["/id/gone", "/doc/gone", "/doc/gone.ttl", "/doc/gone.html"])
def test_what_was_withdrawn_is_gone_and_the_answer_says_when(past: FlaskClient, address: str) -> None:
    answer = past.get(address)
    assert answer.status_code == 410
    assert "was withdrawn: 2019-05-01" in (answer.json or {})["detail"]


def test_what_was_kept_is_there_and_what_never_was_is_not(past: FlaskClient) -> None:
    assert past.get("/doc/kept").status_code == 200
    assert past.get("/doc/never").status_code == 404


def test_a_name_that_is_not_ascii_has_versions_too(past: FlaskClient) -> None:
    document = past.get("/doc/%C3%A9t%C3%A9")
    assert document.status_code == 200
    found = links(document.headers["Link"])
    assert found["timegate"] == "/timegate/doc/%C3%A9t%C3%A9"
    version = past.get(past.get(found["timegate"]).headers["Location"])
    assert version.data == document.data
    assert version.headers["Memento-Datetime"] == "Sat, 29 Feb 2020 00:00:00 GMT"
