"""A disk without room: writes are refused and say why, reads go on, and writes work again when there is room."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from graphsvc.tokens import TokenFile
from tests.conftest import LIBRARY

APART = ["unshare", "--map-root-user", "--mount"]


@contextmanager
def service(folder: Path, tokens: Path) -> Iterator[tuple[str, Path]]:
    """A service whose store is on a disk of 24 MB; its URL, and that disk as it is seen from here."""
    script = f'mount -t tmpfs -o size=24m none "{folder}" && exec "$@"'
    command = [sys.executable, "-m", "graphsvc", "serve", "--project", str(LIBRARY), "--port", "0"]
    environment = os.environ | {"GRAPHSVC_STORE": f"disk:{folder}/db", "GRAPHSVC_TOKENS": str(tokens)}
    with subprocess.Popen(
        [*APART, "sh", "-c", script, "sh", *command], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if line.startswith("Ready at "):
                    yield (
                        line.removeprefix("Ready at ").strip().rstrip("/"),
                        Path(f"/proc/{process.pid}/root{folder}"),
                    )
                    return
            pytest.fail("the server ended before it was ready")
        finally:
            process.terminate()


def possible() -> bool:
    try:
        return subprocess.run([*APART, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not possible(), reason="no disk can be made here: unshare is not allowed")
def test_a_full_disk_refuses_writes_loses_none_and_takes_them_again(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "tokens.json")
    token = {
        "Authorization": f"Bearer {file.new('w', ['write'])}",
        "Content-Type": "application/sparql-update",
    }
    (tmp_path / "disk").mkdir()
    with service(tmp_path / "disk", file.path) as (url, disk):

        def write(number: int) -> int:
            text = f"INSERT DATA {{ GRAPH <urn:g> {{ <urn:s> <urn:n> {number} }} }}"
            try:
                with urllib.request.urlopen(
                    urllib.request.Request(f"{url}/update", text.encode(), token)
                ) as done:
                    return int(done.status)
            except urllib.error.HTTPError as error:
                return error.code

        def there() -> set[int]:
            query = urlencode({"query": "SELECT ?n { GRAPH <urn:g> { ?s <urn:n> ?n } }"})
            until = time.monotonic() + 10
            while True:
                try:
                    with urllib.request.urlopen(f"{url}/sparql?{query}") as answer:
                        return {int(row["n"]["value"]) for row in json.load(answer)["results"]["bindings"]}
                except OSError:
                    assert time.monotonic() < until, "reads did not come back"
                    time.sleep(0.1)

        assert [write(number) for number in range(3)] == [204] * 3
        fill(disk / "filler")
        said = [write(number) for number in range(10, 14)]
        assert set(said) <= {204, 507}
        assert 507 in said
        kept = {0, 1, 2} | {
            number for number, status in zip(range(10, 14), said, strict=True) if status == 204
        }
        assert there() == kept
        kill_the_keeper(disk)
        assert there() == kept
        (disk / "filler").unlink()
        until = time.monotonic() + 5
        while write(20) != 204:
            assert time.monotonic() < until, "writes did not come back"
            time.sleep(0.1)
        assert write(21) == 204
        assert there() == kept | {20, 21}


def kill_the_keeper(disk: Path) -> None:
    """End the keeper of the service whose store is on that disk."""
    service = int(disk.parts[2])
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == service and "serving.keeper" in (entry / "cmdline").read_text():
                os.kill(int(entry.name), signal.SIGKILL)
                return
    pytest.fail("there is no keeper")


def fill(path: Path) -> None:
    """Take all the room that there is."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
