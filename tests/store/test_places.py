"""A place where no store can be ends the start with one sentence that names it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import LIBRARY
from tests.store.test_full_disk import APART, possible

SERVE = [sys.executable, "-m", "graphsvc", "serve", "--project", str(LIBRARY), "--port", "0"]


def start(store: str, *before: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"GRAPHSVC_STORE": store}
    return subprocess.run([*before, *SERVE], capture_output=True, text=True, env=environment, timeout=60)


def check(done: subprocess.CompletedProcess[str], place: Path) -> None:
    assert done.returncode == 1, done.stderr
    assert "Ready at" not in done.stdout
    assert "Traceback" not in done.stderr
    [sentence] = [line for line in done.stderr.splitlines() if line.startswith("graphsvc: ")]
    assert str(place) in sentence


def test_a_file_is_no_store(tmp_path: Path) -> None:
    place = tmp_path / "db"
    place.write_text("not a store")
    check(start(f"disk:{place}"), place)
    assert place.read_text() == "not a store"


def test_nothing_can_be_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    place = tmp_path / "file" / "db"
    check(start(f"disk:{place}"), place)


def test_a_folder_that_is_missing_is_made_with_those_above_it(tmp_path: Path) -> None:
    place = tmp_path / "a" / "b" / "db"
    with subprocess.Popen(
        SERVE, stdout=subprocess.PIPE, text=True, env=os.environ | {"GRAPHSVC_STORE": f"disk:{place}"}
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Ready at ")
        process.terminate()
        assert process.wait(20) == 0
    assert (place / "journal").is_file()


@pytest.mark.skipif(not possible(), reason="no disk can be made here: unshare is not allowed")
def test_a_disk_that_takes_no_writes_is_no_place_for_a_store(tmp_path: Path) -> None:
    script = f'mount -t tmpfs -o ro none "{tmp_path}" && exec "$@"'
    check(start(f"disk:{tmp_path}/db", *APART, "sh", "-c", script, "sh"), tmp_path / "db")
