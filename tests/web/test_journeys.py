"""What people set out to do, in a real browser from the first page to the last."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import running
from tests.web.player import CHROMIUM, Visit, visiting

HOSTILE = Path(__file__).resolve().parent.parent / "projects" / "hostile"
BASE = "http://example.org"
# Every type of page over a project in which each text and many an IRI is an attack.
ATTACKED = [
    "/",
    "/doc/one",
    "/doc/two",
    "/h",
    f"/describe?iri={BASE}/h%23Thing",
    f"/describe?iri={quote('javascript:alert(2)')}",
    f"/describe?iri={BASE}/id/one&property={BASE}/h%23leads",
    "/graph/h",
    "/ontology",
    "/shapes",
    "/vocabularies",
    f"/vocabularies?scheme={BASE}/id/scheme/s",
    "/search?q=script",
    "/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    "/queries",
    "/queries/ask-things",
    f"/sparql?query={quote('SELECT * { ?s ?p ?o }')}",
    f"/sparql?query={quote('SELECT <script>alert(1)</script>')}",
    "/sparql/why-empty?query=" + quote('SELECT * { ?s ?p "<script>alert(1)</script>" }'),
    "/validate?graph=all",
    "/dataset",
    "/quality",
    "/%3Cscript%3Ealert(1)%3C/script%3E",
]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")


@pytest.fixture(scope="module")
def hostile_server() -> Iterator[str]:
    with running(HOSTILE) as url:
        yield url


@pytest.fixture
def visit_hostile(browser: Browser, hostile_server: str) -> Iterator[Visit]:
    with visiting(browser, hostile_server) as opened:
        yield opened


def test_from_home_to_an_instrument_to_the_words_of_its_source(visit: Visit) -> None:
    page = visit("/", width=360)
    page.get_by_role("link", name="2030 Policy Programme").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Path to the Digital Decade")
    source = page.locator("main a[href*='/doc/source/dg-cnect#char=']")
    if not source.first.is_visible():
        page.locator("main details summary").first.click()
    link = source.locator("visible=true").first
    expect(link).to_be_visible()
    target = link.get_attribute("href") or ""
    link.click()
    page.wait_for_url(re.compile(r"/doc/source/dg-cnect#char=\d+,\d+$"))
    assert page.url.endswith(target)
    expect(page.locator("main")).to_contain_text("Path to the Digital Decade")


def test_from_a_misspelt_search_by_a_facet_to_a_resource(visit: Visit) -> None:
    page = visit("/", width=360)
    page.get_by_role("searchbox", name="Search the graph").fill("digitl programme")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Search: digitl programme")
    expect(page.locator("main")).to_contain_text("digital")
    assert page.locator(".hits > li").count() == 4
    page.get_by_role("link", name="instrument 3").click()
    expect(page.locator(".hits > li")).to_have_count(3)
    page.get_by_role("link", name="Digital Europe programme").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Digital Europe programme")


def test_from_an_upload_by_the_report_to_the_focus_node(visit: Visit, tmp_path: Path) -> None:
    data = tmp_path / "mine.ttl"
    instrument = "https://w3id.org/eu-dg/id/instrument/com-2021-574"
    data.write_text(f"<{instrument}> a <https://w3id.org/eu-dg/def/dg#Instrument> .\n", encoding="utf-8")
    page = visit("/validate", width=360)
    page.locator("#data-files").set_input_files(str(data))
    page.get_by_role("button", name="Validate", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("not")
    expect(page.locator("pre.source").first).to_contain_text("com-2021-574")
    rule = page.get_by_role("link", name="What this shape demands").first
    assert (rule.get_attribute("href") or "").startswith("/shapes#")
    page.locator("main table a", has_text="com-2021-574").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Path to the Digital Decade")


def test_from_a_rule_of_the_quality_report_to_the_term_that_it_is_about(visit: Visit) -> None:
    page = visit("/dataset", script=False)
    page.get_by_role("link", name="The quality report").click()
    page.get_by_role("link", name="title given", exact=True).click()
    row = page.locator("tr:target")
    expect(row).to_contain_text("The instrument has no title.")
    page.go_back()
    page.get_by_role("link", name=re.compile("results of type given")).click()
    page.get_by_role("link", name="What this shape demands").first.click()
    page.get_by_role("link", name="instrument", exact=True).first.click()
    expect(page.locator(":target h4")).to_have_text("instrument")


def test_everything_can_be_done_by_keyboard(visit: Visit) -> None:
    page = visit("/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to content")
    expect(page.locator(":focus")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    tab_to(page, "searchbox", "Search the graph", backwards=True)
    page.keyboard.type("themes")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=themes")
    tab_to(page, "link", "Themes")
    page.keyboard.press("Enter")
    tab_to(page, "link", "Themes", inside="main")
    page.keyboard.press("Enter")
    page.wait_for_url("**/vocabularies?scheme=*")
    summary = page.locator("summary").first
    while not summary.evaluate("each => each === document.activeElement"):
        page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Cultural diversity")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Cultural diversity")).to_be_hidden()


def tab_to(page: Page, role: str, name: str, *, backwards: bool = False, inside: str = "body") -> None:
    """Press Tab until the element has the focus; fails after a hundred."""
    wanted = page.locator(inside).get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]
    for _ in range(100):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        if wanted.evaluate("each => each === document.activeElement"):
            outline = wanted.evaluate("each => getComputedStyle(each).outlineStyle")
            assert outline != "none", "the focus cannot be seen"
            return
    pytest.fail(f"no {role} {name!r} is reached by Tab")


def test_the_class_diagram_leads_to_the_terms_and_scrolls_in_its_box(visit: Visit) -> None:
    page = visit("/def/dg", width=360)
    box = page.locator(".diagram .wide")
    assert box.evaluate("each => each.scrollWidth > each.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator(".diagram svg a", has_text="reported count").focus()
    page.keyboard.press("Enter")
    expect(page.locator(":target h4")).to_have_text("reported count")


def test_on_paper_a_table_of_rules_is_whole_and_the_menu_is_not_there(visit: Visit) -> None:
    page = visit("/shapes", width=760)
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 760
    tables = "[...document.querySelectorAll('.wide')].every(each => each.scrollWidth <= each.clientWidth)"
    assert page.evaluate(tables)
    expect(page.get_by_role("navigation", name="Service")).to_be_hidden()
    expect(page.get_by_role("navigation", name="Contents")).to_be_hidden()


def test_without_javascript_trees_open_and_close_and_pages_lead_on(visit: Visit) -> None:
    page = visit("/", script=False)
    page.get_by_role("link", name="Ontology").first.click()
    page.get_by_role("link", name="trees").click()
    page.get_by_role("link", name="Themes", exact=True).click()
    page.locator("summary").first.click()
    expect(page.get_by_role("link", name="Cultural diversity")).to_be_hidden()
    page.get_by_role("link", name="Digital single market").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Digital single market")


@pytest.mark.parametrize("path", ATTACKED)
def test_what_attacks_the_page_is_shown_and_does_nothing(visit_hostile: Visit, path: str) -> None:
    """A dialog, an error of a blocked script, a request elsewhere: `visiting` fails on each."""
    page = visit_hostile(path)
    page.wait_for_load_state("load")
    own = page.evaluate("[...document.scripts].map(each => each.getAttribute('src') || each.type)")
    assert [each for each in own if not each.startswith("/static/") and each != "application/ld+json"] == []
    assert page.evaluate("document.querySelectorAll('iframe, object, embed, main img').length") == 0
    handlers = (
        "[...document.querySelectorAll('*')].some(e => [...e.attributes].some(a => /^on/i.test(a.name)))"
    )
    assert page.evaluate(handlers) is False
    links = page.evaluate("[...document.querySelectorAll('[href]')].map(each => each.getAttribute('href'))")
    assert [each for each in links if each.strip().lower().startswith(("javascript:", "data:"))] == []
