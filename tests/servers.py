"""Other servers, real ones, on loopback."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def free_port() -> int:
    """A port of the loopback address that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def oxigraph_server(folder: Path) -> Iterator[str]:
    """An Oxigraph server with an empty store in memory; its root URL. What it logs is in `folder`."""
    port = free_port()
    program = Path(sys.executable).with_name("oxigraph")
    with (
        (folder / "oxigraph.log").open("w") as log,
        subprocess.Popen(
            [program, "serve", "--bind", f"127.0.0.1:{port}"], stdout=log, stderr=log
        ) as process,
    ):
        try:
            _await(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _await(port: int) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail("the other server did not start")
