"""The query page, the pages of stored queries and of things in a real browser, with and without JavaScript."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import running
from tests.processes import family
from tests.web.player import CHROMIUM, Visit

BUILT = Path(__file__).resolve().parents[2] / "graphsvc/web/static/built/query.js"
DG = "PREFIX dg: <https://w3id.org/eu-dg/def/dg#>\n"
YEARS = DG + "SELECT ?year (COUNT(?i) AS ?number) { ?i dg:year ?year }\nGROUP BY ?year ORDER BY ?year"
HEAVY = (
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(STRLEN(CONCAT(STR(?c), STR(?f))) < 0) }"
)
# Where npm is, `make test` builds the editor, and what is missing then is a fault.
with_script = pytest.mark.skipif(
    not BUILT.is_file() and shutil.which("npm") is None, reason="no npm is installed to build the editor"
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")


def write(page: Page, text: str) -> None:
    """Replace what is in the editor, at once, as a paste does."""
    page.locator(".cm-content").focus()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


@with_script
def test_a_syntax_error_is_marked_mended_and_answered(visit: Visit, server: str) -> None:
    page = visit("/sparql")
    write(page, YEARS.replace("GROUP", "GRUOP"))
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("SPARQL syntax error")
    expect(page.get_by_role("alert")).to_contain_text("Line 3, column 1")
    expect(page.locator(".cm-lintRange-error")).to_have_text("GRUOP")
    write(page, YEARS)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#outcome table tbody tr")).to_have_count(8)
    expect(page.locator(".cm-lintRange-error")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text("Query this graph")
    expect(page.locator(".state")).to_contain_text("Done in")
    page.get_by_role("tab", name="Chart").click()
    expect(page.locator("figure.chart rect.bar")).to_have_count(8)
    expect(page.locator("figure.chart svg")).to_have_attribute(
        "aria-label", "Chart: number by year, 8 values. Least: 1994, 1; most: 2021, 5."
    )
    page.locator("#chart\\.kind").select_option("line")
    expect(page.locator("figure.chart .dot")).to_have_count(8)
    page.get_by_role("tab", name="Chart").press("ArrowRight")
    expect(page.locator("pre.raw")).to_contain_text('"bindings"')
    page.get_by_role("link", name="Permanent link").click()
    expect(page.locator("#outcome table tbody tr")).to_have_count(8)
    assert page.locator("#query").input_value().split() == YEARS.split()
    link = page.get_by_role("link", name="CSV").get_attribute("href")
    answer = page.request.get(f"{server}{link}")
    assert answer.text().splitlines()[0] == "year,number"
    expect(page.locator("#own\\.queries li")).to_have_count(1)


@with_script
def test_the_editor_completes_the_terms_of_this_graph(visit: Visit) -> None:
    page = visit("/sparql")
    write(page, "SELECT * { ?i a Instrum")
    page.keyboard.press("Control+Space")
    page.locator(".cm-tooltip-autocomplete li", has_text="dg:Instrument").first.click()
    assert page.locator("#query").input_value().startswith(f"{DG}SELECT * {{ ?i a dg:Instrument")


@with_script
def test_an_example_is_run_in_place_and_its_graph_can_be_walked_by_keyboard(visit: Visit) -> None:
    page = visit("/sparql", width=360)
    page.get_by_role("link", name="Instruments by stage", exact=True).click()
    expect(page.locator("#outcome table tbody tr")).to_have_count(3)
    expect(page.locator("#outcome")).to_contain_text("Legislation in force")
    write(page, "DESCRIBE <https://w3id.org/eu-dg/id/task/contentindustry>")
    page.keyboard.press("Control+Enter")
    page.get_by_role("tab", name="Graph").click()
    node = page.locator("figure.graph svg a").first
    node.focus()
    expect(node).to_be_focused()
    assert "Contentindustry" in (node.get_attribute("aria-label") or "")
    page.get_by_role("tab", name="Turtle").click()
    expect(page.locator("pre.raw").first).to_contain_text("skos:prefLabel")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@with_script
def test_stop_ends_the_query_in_the_service_too(visit: Visit) -> None:
    page = visit("/sparql")
    write(page, HEAVY)
    page.keyboard.press("Control+Enter")
    with worker_at_work() as pid:
        page.get_by_role("button", name="Stop").click()
        expect(page.locator(".state")).to_have_text("Stopped.")
        until = time.monotonic() + 10
        while any(each.pid == pid and each.state != "Z" for each in family(os.getpid())):
            assert time.monotonic() < until, "the query still runs"
            time.sleep(0.1)
    write(page, "ASK {}")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#outcome .verdict")).to_contain_text("Yes")


@contextmanager
def worker_at_work() -> Iterator[int]:
    """The process of the service that has been computing for a second, which is what is stopped."""
    until = time.monotonic() + 10
    busy: dict[int, int] = {}
    while time.monotonic() < until:
        time.sleep(0.1)
        running = {
            each.pid for each in family(os.getpid()) if each.state == "R" and "graphsvc" in each.command
        }
        busy = {pid: busy.get(pid, 0) + 1 for pid in running}
        found = [pid for pid, times in busy.items() if times >= 8]
        if found:
            yield found[0]
            return
    pytest.fail("no process of the service is at work")


@with_script
def test_an_empty_answer_is_explained_in_place(visit: Visit) -> None:
    page = visit("/sparql")
    write(page, DG + "SELECT * { ?i dg:year ?y ; a dg:Instrumnt }")
    page.keyboard.press("Control+Enter")
    page.get_by_role("link", name="Why is it empty?").click()
    expect(page.locator(".explanation")).to_contain_text("Did you mean dg:Instrument?")
    expect(page.locator(".explanation pre")).to_have_text("a dg:Instrumnt")


def test_without_javascript_the_form_asks_answers_and_explains(visit: Visit) -> None:
    page = visit("/sparql", script=False)
    page.get_by_label("SPARQL query").fill(YEARS)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("table tbody tr")).to_have_count(8)
    assert page.get_by_label("SPARQL query").input_value() == YEARS
    page.get_by_label("SPARQL query").fill(DG + "SELECT * { ?i a dg:Instrumnt }")
    page.get_by_role("button", name="Run by POST").click()
    page.get_by_role("link", name="Why is it empty?").click()
    expect(page.locator("mark")).to_have_text("?i a dg:Instrumnt")
    page.get_by_role("link", name="Back to the query").click()
    expect(page.get_by_role("status").first).to_have_text("0 rows.")


def test_a_stored_query_is_a_form_whose_answer_can_be_had_as_csv(visit: Visit, server: str) -> None:
    page = visit("/queries", script=False)
    page.get_by_role("link", name="Find instruments by stage").click()
    page.get_by_label("stage").select_option(label="Legislation in force")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("table tbody tr")).to_have_count(5)
    link = page.get_by_role("link", name="CSV").get_attribute("href")
    assert len(page.request.get(f"{server}{link}").text().splitlines()) == 6
    page.get_by_role("link", name="Open it in the editor").click()
    expect(page.locator("table tbody tr")).to_have_count(5)


# --- Pages of things

INSTRUMENT = "/doc/instrument/com-2021-281"
SEASIDE = Path(__file__).resolve().parents[1] / "projects" / "seaside"


def marked(page: Page, selector: str) -> list[str]:
    """The texts of the elements that stand on the colour of a mark."""
    found: list[str] = page.evaluate(
        """selector => {
          const mark = getComputedStyle(document.documentElement).getPropertyValue("--mark").trim();
          const probe = document.createElement("p");
          probe.style.backgroundColor = mark;
          document.body.append(probe);
          const wanted = getComputedStyle(probe).backgroundColor;
          probe.remove();
          return [...document.querySelectorAll(selector)]
            .filter((each) => getComputedStyle(each).backgroundColor === wanted)
            .map((each) => each.querySelector(".words")?.textContent ?? each.textContent);
        }""",
        selector,
    )
    return found


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_from_home_to_an_instrument_to_the_lines_of_the_source(visit: Visit, script: bool) -> None:
    page = visit("/", script=script)
    page.get_by_role("link", name="All 15 instances of instrument").click()
    page.get_by_role("link", name="Amendment of Regulation (EU) No 910/2014").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("European Digital Identity")
    page.get_by_role("link", name="lines 36–37").click()
    line = page.locator("#L36")
    expect(line).to_be_in_viewport()
    if script:
        assert marked(page, ".lines li") == [
            "03.06.2021\xa0 Amendment of Regulation (EU) No 910/2014 as regards establishing a framework for a "
            "European Digital Identity.",
            "Regulation com(2021)281",
        ]
    line.get_by_role("link", name="Amendment of Regulation").click()
    row = page.locator(".statements > div", has_text="reference").filter(has_text="com(2021)281")
    row.get_by_text("source", exact=True).click()
    row.get_by_role("link", name="line 37").click()
    expect(page.locator("#L37")).to_be_in_viewport()
    if script:
        assert marked(page, ".lines .words span") == ["com(2021)281"]
        assert marked(page, ".lines li") == []


@with_script
def test_the_neighbours_can_be_walked_by_keyboard_alone(visit: Visit, server: str) -> None:
    page = visit(INSTRUMENT, width=360)
    centre = page.locator("figure.around svg .centre")
    centre.focus()
    page.keyboard.press("ArrowDown")
    focused = page.locator("figure.around svg a:focus")
    expect(focused).to_have_accessible_name("document type: Proposal for a regulation")
    while "responsible organisation" not in (focused.text_content() or ""):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("figure.around .middle")).to_have_text(
        "Around Directorate-General for Communications Networks, Content and Technology"
    )
    expect(centre).to_be_focused()
    expect(page.get_by_role("status")).to_contain_text("Around Directorate-General")
    assert page.url == server + INSTRUMENT
    page.get_by_role("button", name="Back to Amendment of Regulation").press("Enter")
    expect(page.locator("figure.around .middle")).to_contain_text("Amendment of Regulation")
    page.locator("figure.around svg a", has_text="Electronic identity").click()
    expect(page.locator("figure.around .middle")).to_have_text(
        "Around Electronic identity and trust services"
    )
    page.keyboard.press("Enter")
    page.wait_for_url("**/doc/theme/digital-identity")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_javascript_a_neighbour_is_a_link_to_its_page(visit: Visit) -> None:
    page = visit(INSTRUMENT, script=False)
    page.locator("figure.around svg a", has_text="Electronic identity").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Electronic identity and trust services")


def test_the_meaning_of_a_property_opens_by_keyboard_and_without_javascript(visit: Visit) -> None:
    page = visit(INSTRUMENT, script=False)
    meaning = page.get_by_text("The exact characters that stand where a row has its title")
    expect(meaning).to_be_hidden()
    page.locator(".meaning summary").first.focus()
    page.keyboard.press("Enter")
    expect(meaning).to_be_visible()


def test_query_this_opens_the_editor_with_the_query_and_its_answer(visit: Visit) -> None:
    page = visit(INSTRUMENT, script=False)
    page.get_by_role("link", name="Everything of the type instrument").click()
    assert "?thing a dg:Instrument" in page.get_by_label("SPARQL query").input_value()
    expect(page.locator("#outcome table tbody tr")).to_have_count(15)


@with_script
def test_hostile_names_and_iris_stay_inert_while_the_neighbours_are_walked(browser: Browser) -> None:
    with running(SEASIDE) as root:
        context = browser.new_context()
        page = context.new_page()
        faults: list[str] = []
        page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.goto(f"{root}/doc/north")
        page.locator("figure.around svg a", has_text="</text></svg>").click()
        expect(page.locator("figure.around .middle")).to_contain_text("<script>alert(3)</script>")
        page.locator("figure.around svg a", has_text="javascript:alert(4)").click()
        expect(page.locator("figure.around .middle")).to_contain_text("javascript:alert(4)")
        page.locator("figure.around .middle a").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("javascript:alert(4)")
        assert page.locator("script:not([src])").count() == 0
        assert faults == []
        context.close()
