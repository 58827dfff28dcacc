"""Columns beside a real service: made when a query is worth it, and of use until the data change."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from graphsvc.columns.file import path_of
from tests.processes import family
from tests.servers import free_port
from tests.serving.server import Server, server_of

JSON = "application/sparql-results+json"
P = "http://example.org/made/"
GROUPED = f"SELECT ?kind (COUNT(*) AS ?n) {{ ?s <{P}kind> ?kind ; <{P}title> ?title }} GROUP BY ?kind # {{}}"
FILTER = f'SELECT ?s {{ ?s <{P}title> ?title FILTER(CONTAINS(LCASE(?title), "number 77 ")) }} # {{}}'
# So many things take a query some tens of milliseconds.
THINGS = 8_000


class Service(Server):
    """A server that tells how many of its answers came from columns."""

    metrics = ""
    asked = 0

    def used(self) -> int:
        with urlopen(self.metrics) as answer:
            found = re.search(r"^graphsvc_column_answers_total (\S+)$", answer.read().decode(), re.M)
        assert found
        return int(float(found[1]))

    def rows(self, text: str) -> Counter[str]:
        """The solutions of a query that was not asked before; by the pool, since the timeout is no plain thing."""
        Service.asked += 1
        target = f"/sparql?query={quote(text.replace('{}', str(Service.asked)))}&timeout=5"
        answer = self.ask("GET", target, Accept=JSON)
        assert answer.status == 200, answer.body
        told: dict[str, Any] = json.loads(answer.body)
        return Counter(json.dumps(row, sort_keys=True) for row in told["results"]["bindings"])

    def has_columns(self, text: str) -> Counter[str]:
        """The solutions of a query from columns, as soon as there are any."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            before = self.used()
            found = self.rows(text)
            if self.used() > before:
                return found
            time.sleep(0.2)
        raise AssertionError("no columns were made")

    def folders(self) -> set[Path]:
        """Where there may be columns, of this service and of others that run here."""
        sockets = Path(f"/proc/{self.process('graphsvc.serving.tabulator')}/net/unix")
        lines = sockets.read_text(encoding="utf-8").splitlines()
        return {Path(line.split()[-1]).parent for line in lines if line.endswith("/tabulator")}

    def await_columns(self) -> None:
        """Wait until there are columns of the present state, and ask for none."""
        epoch = self.ask("GET", "/sparql?query=ASK%7B%7D").headers["graph-epoch"]
        places = [path_of(folder, epoch) for folder in self.folders()]
        until = time.monotonic() + 60
        while not any(place.exists() for place in places):
            assert time.monotonic() < until, "no columns were made"
            time.sleep(0.1)


def _made(first: int, last: int) -> str:
    """Some things in Turtle."""
    return "".join(
        f'<{P}{n}> <{P}kind> <{P}k{n % 9}> ; <{P}title> "Thing number {n} of many" .\n'
        for n in range(first, last)
    )


@pytest.fixture(scope="module", params=["memory:", "disk:"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("columns")
    metrics = f"127.0.0.1:{free_port()}"
    store = f"disk:{folder / 'db'}" if request.param == "disk:" else request.param
    with server_of(folder, GRAPHSVC_METRICS=metrics, GRAPHSVC_STORE=store) as found:
        made = Service(f"http://{found.place}", found.token, found.supervisor, found.project)
        made.metrics = f"http://{metrics}/metrics"
        told = {"Content_Type": "text/turtle", "Authorization": f"Bearer {made.token}"}
        answer = made.ask("PUT", f"/graph-store?graph={quote(P)}", _made(0, THINGS), **told)
        assert answer.status == 201, answer.body
        yield made


def test_a_slow_query_has_columns_made_and_is_answered_the_same(service: Service) -> None:
    for text in (GROUPED, FILTER):
        before = service.rows(text)
        assert before
        assert service.has_columns(text) == before


def test_unasked_columns_are_made_of_what_lasts_and_lists_are_theirs_then(service: Service) -> None:
    # Another state, in which nobody asks for any.
    service.update(f'INSERT DATA {{ GRAPH <{P}> {{ <{P}last> <{P}kind> <{P}k1> ; <{P}title> "last" }} }}')
    listed = f"SELECT ?s ?kind ?title {{ ?s <{P}kind> ?kind ; <{P}title> ?title }}"
    # Too quick to call for columns.
    early = service.rows(f"{listed} LIMIT 5 # {{}}")
    service.await_columns()
    # Whoever began with the engine goes on with it, and whoever begins now has columns: each gets all of it.
    rest = service.rows(f"{listed} LIMIT 9000 OFFSET 5 # {{}}")
    before = service.used()
    other = listed.replace("?s ?kind ?title", "?kind ?s ?title", 1)
    late = [service.rows(f"{other} LIMIT 3000 OFFSET {first} # {{}}") for first in (0, 3_000, 6_000)]
    assert service.used() == before + 3
    assert early + rest == late[0] + late[1] + late[2]
    assert (early + rest).total() == len(early + rest) > THINGS


def test_a_write_is_seen_at_once_and_columns_follow(service: Service) -> None:
    before = service.has_columns(GROUPED)
    service.update(f'INSERT DATA {{ GRAPH <{P}> {{ <{P}x> <{P}kind> <{P}new> ; <{P}title> "new" }} }}')
    after = service.rows(GROUPED)
    assert sum((after - before).values()) == 1
    assert service.has_columns(GROUPED) == after


def test_a_lost_tabulator_is_replaced(service: Service) -> None:
    lost = service.process("graphsvc.serving.tabulator")
    os.kill(lost, signal.SIGKILL)
    service.update(f'INSERT DATA {{ GRAPH <{P}> {{ <{P}y> <{P}kind> <{P}newer> ; <{P}title> "newer" }} }}')
    after = service.rows(GROUPED)
    assert service.has_columns(GROUPED) == after
    assert service.process("graphsvc.serving.tabulator") != lost


def test_columns_of_states_that_are_over_are_gone(service: Service) -> None:
    service.has_columns(GROUPED)
    folders = service.folders()
    assert any(len([*folder.glob("columns-*")]) == 1 for folder in folders)
    assert all(len([*folder.glob("columns-*")]) <= 1 for folder in folders)


@pytest.mark.parametrize("setting", [{"MAX_COLUMN_TRIPLES": "0"}, {"DEFAULT_GRAPH": "unnamed"}], ids=str)
def test_there_is_no_tabulator_where_there_are_no_columns(tmp_path: Path, setting: dict[str, str]) -> None:
    with server_of(tmp_path, **{f"GRAPHSVC_{name}": value for name, value in setting.items()}) as server:
        assert not [one for one in family(server.supervisor) if "tabulator" in one.command]
        assert server.ask("GET", "/sparql?query=" + quote(GROUPED)).status == 200
