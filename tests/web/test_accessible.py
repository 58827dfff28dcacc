"""Every type of page, narrow and wide, light and dark: axe-core finds nothing, and nothing overflows."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page

from graphsvc.web.app import CONTENT_SECURITY_POLICY
from tests.web.page_types import PAGES
from tests.web.player import CHROMIUM, Visit

AXE = Path(__file__).resolve().parents[1] / "clients/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed"),
    # Where npm is, `make test` installs it, and what is missing then is a fault.
    pytest.mark.skipif(
        not AXE.is_file() and shutil.which("npm") is None, reason="no npm is installed to get axe-core"
    ),
]


def faults(page: Page, only: dict[str, object]) -> list[str]:
    """What axe-core finds wrong, each with the first place."""
    found = page.evaluate("only => axe.run(document, {runOnly: only, resultTypes: ['violations']})", only)
    return [
        f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:300]} {each['nodes'][0].get('failureSummary')}"
        for each in found["violations"]
    ]


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_fault_and_the_page_keeps_to_its_width(visit: Visit, name: str) -> None:
    for width in (360, 1600):
        page = visit(PAGES[name], width=width)
        page.emulate_media(color_scheme="light")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert faults(page, {"type": "tag", "values": TAGS}) == []
        page.emulate_media(color_scheme="dark")
        assert faults(page, {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("document.body.scrollWidth") <= width


def test_every_page_has_the_strict_policy_and_sets_no_cookie(server: str) -> None:
    for path in PAGES.values():
        request = Request(server + path, headers={"Accept": "text/html"})
        try:
            answer = urlopen(request, timeout=30)
        except HTTPError as refused:
            answer = refused
        with answer:
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
            assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
            assert "Set-Cookie" not in answer.headers


def test_the_policy_lets_nothing_in_from_elsewhere_and_nothing_inline() -> None:
    rules = dict(rule.strip().split(" ", 1) for rule in CONTENT_SECURITY_POLICY.split(";"))
    assert rules.pop("img-src") == "'self' data:"
    assert set(rules.values()) == {"'none'", "'self'"}
    assert rules["default-src"] == "'none'"
