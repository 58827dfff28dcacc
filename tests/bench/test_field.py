"""The benchmark of the field: it asks the engines, compares before it times, and says what was lost."""

from __future__ import annotations

import copy
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from xml.etree import ElementTree

import pytest

from bench.field import client
from bench.field.__main__ import write
from bench.field.answers import accept_of, difference, read
from bench.field.client import Request
from bench.field.engines import ENGINES, OURS_IN_MEMORY, OXIGRAPH_IN_MEMORY, RDFLIB_ENDPOINT
from bench.field.found import COLD, WARM
from bench.field.goals import Goal, goals, ratios_of
from bench.field.graphs import graph_of
from bench.field.measuring import Plan, measured
from bench.field.questions import fixed, questions
from bench.field.reporting import page
from bench.start import on_disk

CANNED = Path(__file__).parent / "results.json"


@pytest.fixture
def results() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(CANNED.read_text(encoding="utf-8"))
    return found


def goal(results: dict[str, Any], aim: str) -> Goal:
    return next(each for each in goals(results) if aim in each.aim)


def test_every_engine_and_every_loss_is_on_the_page(results: dict[str, Any]) -> None:
    written = page(results)
    assert all(f"| {name} |" in written for name in results["fields"][0]["engines"])
    assert "- `wrong`: rdflib-endpoint, describe:" in written
    assert "Virtuoso is absent: it is not installed" in written
    assert re.search(r"\| point lookup \| 10,000/s \| 0\.25 \(0\.20–0\.30\) \|", written)
    assert "50% refused" in written
    assert [line for line in written.splitlines() if "(alone)" in line and line.startswith("| dump |")]
    assert written.count("(alone)") == 2, "once it is explained"
    assert "**not met** | point lookup 0.25 ×" in written


def test_a_goal_is_met_or_not_by_the_numbers(results: dict[str, Any]) -> None:
    aim = "in memory) on point lookups"
    assert goal(results, aim).met is False
    better = copy.deepcopy(results)
    better["fields"][0]["rates"][COLD]["point lookup"][OURS_IN_MEMORY] = [3_000, 4_000]
    assert goal(better, aim).met is True
    del better["fields"][0]["rates"][COLD]["point lookup"][OXIGRAPH_IN_MEMORY]
    assert goal(better, aim).met is None


def test_rounds_are_compared_one_by_one_and_who_had_fewer_by_its_median() -> None:
    rates = {"a": [2.0, 6.0, 9.0], "b": [1.0, 2.0, 3.0], "c": [4.0], "d": [0.0, 0.0, 3.0]}
    assert ratios_of(rates, "a", "b") == [2, 3, 3]
    assert ratios_of(rates, "a", "c") == [0.5, 1.5, 2.25]
    assert ratios_of(rates, "c", "a") == [4 / 6]
    assert ratios_of(rates, "a", "d") == [3]
    assert ratios_of(rates, "a", "e") == []


def test_growth_and_memory_are_held_against_their_goals(results: dict[str, Any]) -> None:
    assert goal(results, "within 2 ×").met is True
    assert goal(results, "Memory for each further triple").met is True
    worse = copy.deepcopy(results)
    worse["growth"]["ms"][OURS_IN_MEMORY]["search"]["10000"] = 99.0
    worse["growth"]["ms"][OURS_IN_MEMORY]["page of a hub"]["10000"] = 4.1
    worse["growth"]["bytes"]["keeper"]["10000"] *= 2
    assert goal(worse, "within 2 ×").met is False
    assert "search" in goal(worse, "within 2 ×").seen
    assert goal(results, "Pages of what grows").met is True
    assert goal(worse, "Pages of what grows").met is False
    assert "page of a hub" in goal(worse, "Pages of what grows").seen
    assert goal(worse, "Memory for each further triple").met is False


def test_a_start_on_disk_is_in_time_only_if_it_is_so_without_the_page_cache(results: dict[str, Any]) -> None:
    aim = "First answer on disk"
    assert not any(aim in each.aim for each in goals(results))
    results["start_on_disk"] = {"triples": 8_000_000, WARM: [1.0, 1.1, 9.0], COLD: [1.8, 1.9, 1.7]}
    assert goal(results, aim).met is True
    assert goal(results, aim).seen.startswith("1.10 s")
    results["start_on_disk"][COLD] = [2.1, 2.2, 1.0]
    assert goal(results, aim).met is False


def test_a_start_is_timed_to_the_first_answer_of_what_was_loaded(tmp_path: Path) -> None:
    graph = graph_of(60, tmp_path)
    found = on_disk(graph, 1)
    assert found["triples"] == graph.triples
    assert all(len(found[mode]) == 1 and found[mode][0] > 0 for mode in (WARM, COLD))
    made = list((graph.folder / "started" / "store" / "generations").iterdir())
    on_disk(graph, 1)
    assert list((graph.folder / "started" / "store" / "generations").iterdir()) == made


def test_what_was_not_answered_in_time_is_said_and_no_point_of_a_plot(
    results: dict[str, Any], tmp_path: Path
) -> None:
    results["growth"]["ms"][OURS_IN_MEMORY]["search"]["10000"] = float("inf")
    results["fields"][0]["alone"]["dump"] = {"limit": [30.0], OURS_IN_MEMORY: [float("inf")]}
    write(results, tmp_path)
    written = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert "search: no answer" in goal(results, "within 2 ×").seen
    assert goal(results, "the time of pyoxigraph alone").met is False
    assert "dump: no answer" in goal(results, "the time of pyoxigraph alone").seen
    assert written.count("| no answer |") == 2
    assert "inf" not in (tmp_path / "benchmarks" / "growth.svg").read_text(encoding="utf-8")


def test_page_and_plots_are_written_and_the_plots_are_well_formed(
    results: dict[str, Any], tmp_path: Path
) -> None:
    write(results, tmp_path)
    written = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    plots = re.findall(r"\]\((benchmarks/[^)]+)\)", written)
    assert len(plots) == 3
    for plot in plots:
        tree = ElementTree.fromstring((tmp_path / plot).read_text(encoding="utf-8"))
        assert tree.findall("{http://www.w3.org/2000/svg}title")


def test_two_answers_differ_where_a_row_a_term_or_the_order_does() -> None:
    def answer(*values: str, **more: str) -> bytes:
        rows = [{"x": {"type": "literal", "value": value, **more}} for value in values]
        return json.dumps({"results": {"bindings": rows}}).encode()

    plain, ordered = "SELECT ?x {}", "SELECT ?x {} ORDER BY ?x"
    some = "SELECT ?x {} LIMIT 2"
    assert read(plain, answer("1", "2")) == read(plain, answer("2", "1"))
    assert read(plain, answer("1", "1")) != read(plain, answer("1"))
    assert read(plain, answer("1")) != read(plain, answer("1", **{"xml:lang": "en"}))
    string = {"datatype": "http://www.w3.org/2001/XMLSchema#string"}
    assert read(plain, answer("1")) == read(plain, answer("1", **string))
    assert read(ordered, answer("1", "2")) != read(ordered, answer("2", "1"))
    assert read(some, answer("1", "2")) == read(some, answer("3", "4"))
    assert difference(read(ordered, answer("1", "2")), read(ordered, answer("1", "3"))) == "row 2 is another"
    assert difference(read(plain, answer("1", "2")), read(plain, answer("1", "3"))) == "1 missing, 1 too many"


def test_every_question_is_a_query_that_says_what_it_is() -> None:
    for question in questions():
        for text in question.texts:
            assert "@N@" not in fixed(text)
            assert accept_of(text)
    files = sorted((Path(client.__file__).parent / "queries").glob("*.rq"))
    assert {path.stem.replace("-", " ") for path in files} <= {each.name for each in questions()}
    assert all(path.read_text(encoding="utf-8").startswith("#+ summary: ") for path in files)


class _Answering(BaseHTTPRequestHandler):
    """Answers with a length, in chunks, or with an error, and keeps what it was asked."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(503 if "busy" in self.path else 200)
        if "chunks" in self.path:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for part in (b"5\r\nhello\r\n", b"3\r\n0\r\n\r\n", b"0\r\n\r\n"):
                self.wfile.write(part)
            return
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.wfile.write(b"x" * 100_000)

    def do_POST(self) -> None:
        self.asked.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 - its name there
        pass


@contextmanager
def answering() -> Iterator[str]:
    _Answering.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answering) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("target", ["/length/@U@", "/chunks/@U@"])
def test_the_clients_count_whole_answers_and_never_ask_the_same_twice(target: str) -> None:
    with answering() as url:
        done = client.load(url, [Request(target)], clients=3, seconds=0.2, size=10)
    assert done.bad == 0
    assert done.good == len(_Answering.asked) == len(set(_Answering.asked)) > 3
    assert done.bytes > done.good * 5


def test_an_answer_that_is_an_error_is_not_counted_among_the_good() -> None:
    with answering() as url:
        done = client.load(url, [Request("/busy")], clients=2, seconds=0.1, size=10)
    assert (done.good, done.rate) == (0, 0.0)
    assert done.bad > 0


def test_a_body_has_its_length_after_its_marks_are_replaced() -> None:
    with answering() as url:
        client.load(url, [Request("/", body="<urn:@U@> @N@")], clients=1, seconds=0, size=10)
    assert re.fullmatch(r"<urn:\d+> \d", _Answering.asked[0])


def test_a_small_field_is_measured_from_end_to_end(tmp_path: Path) -> None:
    engines = (OURS_IN_MEMORY, OXIGRAPH_IN_MEMORY, RDFLIB_ENDPOINT)
    assert set(engines) <= set(ENGINES)
    graph = graph_of(60, tmp_path)
    said: list[str] = []
    found = measured(graph, Plan(rounds=1, seconds=0.02, quiet=0, engines=engines), said.append).as_object()
    assert found["engines"] == [OURS_IN_MEMORY, OXIGRAPH_IN_MEMORY]
    assert "not installed" in found["absent"][RDFLIB_ENDPOINT]
    assert found["wrong"] == {}
    for mode in (COLD, WARM):
        for question in questions():
            rates = found["rates"][mode][question.name]
            assert rates[OURS_IN_MEMORY][0] > 0
            assert (OXIGRAPH_IN_MEMORY in rates) == (not question.page)
    assert found["rates"][WARM]["updates"][OURS_IN_MEMORY][0] > 0
    assert not (graph.folder / "engines" / "graphsvc-in-memory").exists()
