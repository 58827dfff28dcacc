"""Nodes of a service on loopback addresses of their own, and the line between two of them, which can be cut."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPMessage
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import pyoxigraph as ox
import pytest

from graphsvc.tokens import TokenFile
from tests.conftest import LIBRARY
from tests.processes import family

PUBLIC = "http://graph.example.org"
PATIENCE = 60.0


class Line:
    """A line to a node: connections to `url` are passed on to where `target` listens, unless it is cut."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._listener = socket.create_server((host, 0))
        self.url = f"http://{host}:{self._listener.getsockname()[1]}"
        self._target: tuple[str, int] | None = None
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def mend(self, url: str) -> None:
        """Pass connections on to that node."""
        place = urlsplit(url)
        self._target = (str(place.hostname), int(place.port or 80))

    def cut(self) -> None:
        """Break off what is under way, and whatever comes."""
        self._target = None
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._ends.clear()

    def close(self) -> None:
        """Cut it for good."""
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                try:
                    if self._target is None:
                        raise OSError("cut")
                    far = socket.create_connection(self._target, 5)
                except OSError:
                    near.close()
                    continue
                self._ends += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=(source, sink), daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    # Each end is closed by who reads from it.
    with source, suppress(OSError):
        while chunk := source.recv(1 << 16):
            sink.sendall(chunk)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


class Node:
    """One node, a real service: a primary, or a replica of what is at `follow`."""

    def __init__(self, folder: Path, host: str, *options: str, follow: str = "", **settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        tokens = TokenFile(folder / "tokens.json")
        self._token = tokens.new("writer", ["write"])
        self._command = [sys.executable, "-m", "graphsvc", "serve", "--project", str(LIBRARY), "--host", host]
        self._command += ["--port", "0", "--public-url", PUBLIC, *options]
        self._command += ["--follow", follow] if follow else []
        self._environment = {f"GRAPHSVC_{name.upper()}": value for name, value in settings.items()}
        self._environment["GRAPHSVC_TOKENS"] = str(tokens.path)
        self.log = folder / "log"
        self._host = host
        self._errors = self.log.open("a")
        self.start()

    def start(self) -> None:
        """Start the service, and wait until it is ready."""
        self.process = subprocess.Popen(
            self._command,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=os.environ | self._environment,
        )
        assert self.process.stdout is not None
        with self.process.stdout as said:
            ready = any(line.startswith("Ready") for line in iter(said.readline, ""))
        if not ready:
            self.process.wait(20)
            self._errors.close()
            pytest.fail(f"the node did not start: {self.log.read_text()}")
        # Its public URL is another one.
        self.url = f"http://{self._host}:{self._port()}"

    def _port(self) -> int:
        """Where the web process listens; metrics are at another address."""
        address = socket.inet_aton(self._host)[::-1].hex().upper()
        listening = {
            int(line.split()[9]): int(line.split()[1].rpartition(":")[2], 16)
            for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
            if line.split()[3] == "0A" and line.split()[1].startswith(address)
        }
        for entry in Path(f"/proc/{self.process.pid}/fd").iterdir():
            name = os.readlink(entry)
            if name.startswith("socket:[") and int(name[8:-1]) in listening:
                return listening[int(name[8:-1])]
        raise AssertionError("the service does not listen")

    def kill(self, module: str) -> None:
        """End one of its processes as a machine would that is out of memory."""
        (found,) = [
            each
            for each in family(self.process.pid)
            if module in each.command
            and not any(module in other.command for other in _above(self, each.parent))
        ]
        os.kill(found.pid, signal.SIGKILL)

    def kill_all(self) -> None:
        """End all of its processes at once."""
        for each in family(self.process.pid):
            with suppress(ProcessLookupError):
                os.kill(each.pid, signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        """Stop the service."""
        self.process.terminate()
        self.process.wait(20)

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, HTTPMessage, bytes]:
        """One request: status, headers and body. Raises OSError or HTTPException where there is no answer."""
        place = urlsplit(self.url)
        connection = HTTPConnection(str(place.hostname), place.port, timeout=30)
        try:
            connection.request(
                method, path, body.encode(), {name.replace("_", "-"): v for name, v in headers.items()}
            )
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read()
        finally:
            connection.close()

    def update(self, text: str) -> str:
        """Make an update; the epoch since. A refusal or a lost connection is tried again."""
        until = time.monotonic() + PATIENCE
        headers = {"Content_Type": "application/sparql-update", "Authorization": f"Bearer {self._token}"}
        while time.monotonic() < until:
            with suppress(OSError, HTTPException):
                status, told, _ = self.ask("POST", "/update", text, **headers)
                if status == 204:
                    return told["Graph-Epoch"]
            time.sleep(0.05)
        raise AssertionError("the update was not made")

    def rows(self, query: str) -> tuple[str, list[dict[str, str]]]:
        """The solutions of a query, and the epoch that they are of."""
        path = "/sparql?" + urlencode({"query": query})
        status, told, body = self.ask("GET", path, Accept="application/sparql-results+json")
        if status != 200:
            raise OSError(status)
        found = json.loads(body)["results"]["bindings"]
        return told["Graph-Epoch"], [{name: term["value"] for name, term in row.items()} for row in found]

    def status(self) -> dict[str, Any]:
        """What `/changes/status` says."""
        found: dict[str, Any] = json.loads(self.ask("GET", "/changes/status")[2])
        return found

    def reach(self, epoch: str) -> None:
        """Wait until the node is in that state, and says so."""
        await_(lambda: self.status()["epoch"] == epoch, f"{self.url} did not reach {epoch}")

    def fingerprint(self) -> tuple[str, str, str]:
        """The epoch, the `id` of the last change, and the hash of all data in the canonical form of RDFC-1.0."""
        document = self.ask("GET", "/changes/snapshot")[2]
        said = dict(
            line[2:].split(" ", 1) for line in document.decode().splitlines() if line.startswith("# ")
        )
        dataset = ox.Dataset(ox.parse(document, ox.RdfFormat.N_QUADS))
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        canonical = "\n".join(sorted(str(quad) for quad in dataset))
        return said["epoch"], said["id"], hashlib.sha256(canonical.encode()).hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._errors.close()


def _above(node: Node, pid: int) -> list[Any]:
    return [each for each in family(node.process.pid) if each.pid == pid]


def await_(holds: Callable[[], bool], otherwise: str) -> None:
    """Wait until something holds; a question that is not answered is asked again."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(OSError, HTTPException, ValueError):
            if holds():
                return
        time.sleep(0.02)
    raise AssertionError(otherwise)
