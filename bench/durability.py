"""Kill the service in rounds while clients write, and count what was acknowledged and is not there.

    python bench/durability.py [ROUNDS]

Each round kills -9 the keeper, a web process, a reader, the writer, or all of them at once, waits until a write is
taken again, and compares: every acknowledged write must be there, and nothing that was never sent.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from graphsvc.tokens import TokenFile

CLIENTS = 4
VICTIMS = ("keeper", "http", "writer", "reader", "all")


class Service:
    """A real service on a store on disk, and what its processes are."""

    def __init__(self, folder: Path) -> None:
        tokens = TokenFile(folder / "tokens.json")
        self._token = {"Authorization": f"Bearer {tokens.new('bench', ['write'])}"}
        project = folder / "project"
        (project / "data").mkdir(parents=True, exist_ok=True)
        (project / "data" / "empty.ttl").write_text("")
        environment = os.environ | {
            "GRAPHSVC_STORE": f"disk:{folder / 'db'}",
            "GRAPHSVC_TOKENS": str(tokens.path),
        }
        command = [sys.executable, "-m", "graphsvc", "serve", "--project", str(project), "--port", "0"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
        )
        assert self.process.stdout is not None
        self._host = urlsplit(self.process.stdout.readline().removeprefix("Ready at ").strip()).netloc

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, bytes]:
        """One request on a connection of its own; status 0 where there is no answer."""
        connection = http.client.HTTPConnection(self._host, timeout=30)
        headers = self._token | {"Content-Type": "application/sparql-update"} if body else {}
        try:
            connection.request(
                method, path, body or None, headers | {"Accept": "application/sparql-results+json"}
            )
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def write(self, number: int) -> bool:
        """Add a pair of triples; whether it was acknowledged."""
        pair = f"<urn:s:{number}> <urn:n> {number} ; <urn:again> {number}"
        return self.ask("POST", "/update", f"INSERT DATA {{ GRAPH <urn:g> {{ {pair} }} }}")[0] == 204

    def numbers(self, name: str) -> set[int]:
        """The numbers that are there."""
        query = urlencode({"query": f"SELECT ?n {{ GRAPH <urn:g> {{ ?s <urn:{name}> ?n }} }}"})
        while True:
            status, body = self.ask("GET", f"/sparql?{query}")
            if status == 200:
                return {int(row["n"]["value"]) for row in json.loads(body)["results"]["bindings"]}
            time.sleep(0.05)

    def pids(self, victim: str) -> list[int]:
        """The processes of one kind."""
        found = list(_processes())
        tree = {pid: parent for pid, parent, _ in found}
        names = {pid: command for pid, _, command in found}
        ours = [pid for pid in tree if _descends(pid, self.process.pid, tree) and pid != self.process.pid]
        keepers = [pid for pid in ours if "serving.keeper" in names[pid] and tree[pid] == self.process.pid]
        if victim == "reader":
            return [pid for pid in ours if tree[pid] in keepers and "serving.writer" not in names[pid]][:1]
        if victim == "all":
            return ours
        return [
            pid
            for pid in ours
            if f"serving.{victim}" in names[pid] and tree[pid] in (self.process.pid, *keepers)
        ][:1]


def _processes() -> Iterator[tuple[int, int, str]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                yield int(entry.name), parent, (entry / "cmdline").read_text().replace("\0", " ")


def _descends(pid: int, ancestor: int, tree: dict[int, int]) -> bool:
    while pid in tree and pid != ancestor:
        pid = tree[pid]
    return pid == ancestor


def main(rounds: int) -> int:
    """Run the rounds; 1 where anything was lost."""
    acknowledged: set[int] = set()
    begun: set[int] = set()
    back: list[float] = []
    kills: Counter[str] = Counter()
    lost = half = 0
    draw = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder))
        for turn in range(rounds):
            stop = threading.Event()

            def client(start: int, stop: threading.Event = stop) -> None:
                number = start
                while not stop.is_set():
                    begun.add(number)
                    if service.write(number):
                        acknowledged.add(number)
                    number += 1

            threads = [
                threading.Thread(target=client, args=(turn * 100_000 + k * 10_000,), daemon=True)
                for k in range(CLIENTS)
            ]
            for thread in threads:
                thread.start()
            time.sleep(0.3 + draw.random() * 0.4)
            victim = VICTIMS[turn % len(VICTIMS)]
            for pid in service.pids(victim):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            kills[victim] += 1
            start = time.monotonic()
            probe = turn * 100_000 + 90_000
            while True:
                begun.add(probe)
                if service.write(probe):
                    acknowledged.add(probe)
                    break
                probe += 1
                time.sleep(0.02)
            back.append(time.monotonic() - start)
            stop.set()
            for thread in threads:
                thread.join()
            there, again = service.numbers("n"), service.numbers("again")
            lost += len(acknowledged - there)
            half += len(there ^ again) + len(there - begun)
        service.process.terminate()
        service.process.wait(20)
    ordered = sorted(back)
    print(f"rounds {rounds}: " + ", ".join(f"{name} {number}" for name, number in kills.items()))
    print(f"writes acknowledged {len(acknowledged):,}, lost {lost}, half done or never sent {half}")
    print(
        f"a write taken again after: median {ordered[len(ordered) // 2]:.2f} s, longest {ordered[-1]:.2f} s"
    )
    return int(bool(lost or half))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
