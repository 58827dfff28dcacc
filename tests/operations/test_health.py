"""Whether the service lives and is ready: told by itself, cheaply, and never from a cache."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.conftest import LIBRARY, ROOT
from tests.operations.asking import ENDLESS, ask, query_url, settled, watched
from tests.processes import family


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_an_answer_is_json_that_nobody_may_keep(library: FlaskClient, path: str) -> None:
    answer = library.get(path, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers
    assert answer.json
    assert answer.json["status"] == path.rpartition("/")[2]


def is_keeper(command: str) -> bool:
    return "graphsvc.serving.keeper" in command


def test_a_service_whose_keeper_does_not_answer_lives_and_is_not_ready() -> None:
    command = [sys.executable, "-m", "graphsvc", "serve", "--project", str(LIBRARY), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().removeprefix("Ready at ").strip().rstrip("/")
            assert ask(f"{url}/health/ready").status == 200
            keeper = next(
                each.pid
                for each in family(process.pid)
                if is_keeper(each.command) and each.parent == process.pid
            )
            os.kill(keeper, signal.SIGSTOP)
            answer = ask(f"{url}/health/ready")
            assert (answer.status, answer.json["status"]) == (503, 503)
            assert ask(f"{url}/health/live").json == {"status": "live"}
            os.kill(keeper, signal.SIGCONT)
            assert ask(f"{url}/health/ready").status == 200
            os.kill(keeper, signal.SIGKILL)
            assert settled(lambda: ask(f"{url}/health/ready").status, lambda status: status == 200) == 200
        finally:
            process.terminate()
            process.wait(20)


def test_a_service_is_ready_while_every_reader_is_busy(tmp_path: Path) -> None:
    with watched(ROOT, tmp_path, readers="1", query_timeout="5") as service, ThreadPoolExecutor(9) as pool:
        asked = [pool.submit(ask, query_url(service.url, f"{ENDLESS} #{number}")) for number in range(9)]
        service.until("graphsvc_workers_busy", 1, pool="readers")
        answer = ask(f"{service.url}/health/ready")
        assert answer.status == 200
        assert {each.result().status for each in asked} <= {429, 503, 504}
