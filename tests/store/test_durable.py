"""What is acknowledged was forced to the disk before: seen in the system calls of the service, in their order."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from subprocess import PIPE, Popen
from sys import executable
from urllib.parse import urlsplit

import pytest

from graphsvc.tokens import TokenFile
from tests.conftest import LIBRARY

STRACE = shutil.which("strace")
UPDATE = {"Content-Type": "application/sparql-update"}
# The keeper's answer to the client of a write has its epoch.
ANSWER = re.compile(r'sendmsg\(.*iov_base="\{\\"fields\\": \{\\"kind\\": \\"update\\"')


def traced(folder: Path, *inject: str, durable: bool = True) -> tuple[list[int], list[str]]:
    """The statuses of three writes to a service on disk, and what its processes did, line by line."""
    tokens = TokenFile(folder / "tokens.json")
    token = tokens.new("writer", ["write"])
    log = folder / "calls"
    assert STRACE is not None
    command = [STRACE, "-f", "-y", "-s", "64", "-o", str(log), "-e", "trace=fdatasync,fsync,sendmsg", *inject]
    command += [executable, "-m", "graphsvc", "serve", "--project", str(LIBRARY), "--port", "0"]
    environment = {
        "PATH": "/usr/bin:/bin",
        "GRAPHSVC_STORE": f"disk:{folder / 'db'}",
        "GRAPHSVC_TOKENS": str(tokens.path),
        "GRAPHSVC_DURABLE": "true" if durable else "false",
    }
    statuses = []
    with Popen(command, stdout=PIPE, env=environment, text=True) as process:
        assert process.stdout is not None
        place = urlsplit(process.stdout.readline().removeprefix("Ready at ").strip())
        for number in range(3):
            connection = HTTPConnection(str(place.hostname), place.port, timeout=30)
            text = f"INSERT DATA {{ <urn:a> <urn:b> {number} }}"
            connection.request("POST", "/update", text, UPDATE | {"Authorization": f"Bearer {token}"})
            statuses.append(connection.getresponse().status)
            connection.close()
        # The service, not the tracer, is told to stop.
        service = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
        Popen(["kill", service]).wait()
        process.wait(30)
    return statuses, [*ended(log.read_text().splitlines())]


def ended(lines: list[str]) -> Iterator[str]:
    """The same, with each sync in the one line where it ended, though others did something meanwhile."""
    begun: dict[str, str] = {}
    for line in lines:
        process, _, call = line.partition(" ")
        if "sync(" in call and call.endswith("<unfinished ...>"):
            begun[process] = line.removesuffix("<unfinished ...>")
        elif "sync resumed>" in call:
            yield begun.pop(process, "") + call.partition("resumed>")[2]
        else:
            yield line


def test_a_sync_that_others_interrupt_in_the_log_is_put_together_where_it_ended() -> None:
    lines = [
        "7  fdatasync(5</db/journal> <unfinished ...>",
        "8  sendmsg(3, x) = 9",
        "7  <... fdatasync resumed>) = 0",
        "8  fsync(6</db>) = 0",
    ]
    assert [*ended(lines)] == [lines[1], "7  fdatasync(5</db/journal> ) = 0", lines[3]]


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_a_write_is_forced_to_the_disk_before_it_is_acknowledged(tmp_path: Path) -> None:
    statuses, lines = traced(tmp_path)
    assert statuses == [204, 204, 204]
    answers = [number for number, line in enumerate(lines) if ANSWER.search(line)]
    # Each is told twice: by the writer to the keeper, and, once it is kept, by the keeper to who asked.
    assert len(answers) == 6
    for made, told in zip(answers[::2], answers[1::2], strict=True):
        between = lines[made + 1 : told]
        assert any(
            "fdatasync(" in line and "/db/journal>" in line and line.endswith("= 0") for line in between
        )


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_a_setting_trades_that_for_speed(tmp_path: Path) -> None:
    statuses, lines = traced(tmp_path, durable=False)
    assert statuses == [204, 204, 204]
    answers = [number for number, line in enumerate(lines) if ANSWER.search(line)]
    assert not any("journal>" in line for line in lines[answers[0] : answers[-1]])
