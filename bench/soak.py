"""Mixed load for a while: queries, writes, hostile queries and data, clients that leave; every answer is checked.

    python -m bench.soak [SECONDS [memory|disk]]

Ends with status 1 where an answer was wrong, an acknowledged write was not there, a process of the service ended,
or memory, processes or descriptors did not come back.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

from tests.hostile.data_cases import DOCUMENTS
from tests.hostile.query_cases import BOUNDED, CHAINS, NEVER_ENDING, THREE, TOO_DEEP
from tests.hostile.siege import (
    BROKEN_OFF,
    THINGS,
    Request,
    Siege,
    besieged,
    query,
    update,
    upload,
    validation,
)
from tests.processes import family

THING = "<http://example.org/siege/id/thing/{number}>"
LABEL = f"SELECT ?label {{{{ {THING} <http://www.w3.org/2000/01/rdf-schema#label> ?label }}}}"
BUSY = (429, 503, 504)
# What a write or a query that is checked may take, in seconds.
PATIENCE = 10
# How much more memory the service may have at the end than after its first quarter.
GROWTH = 96 << 20
# How many descriptors may stay: each client at once leaves a connection to a pool, which has two ends.
KEPT = 8 + 2 * 11


class Load:
    """What is sent to a service, and what is counted."""

    def __init__(self, siege: Siege, seconds: float) -> None:
        self.siege = siege
        self.until = time.monotonic() + seconds
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.increments = 0
        self._lock = threading.Lock()

    def going_on(self) -> bool:
        return time.monotonic() < self.until and not self.wrong

    def values(self, text: str) -> list[str] | None:
        """The values of a query with one variable; None where the service was busy."""
        reply = self.siege.send(query(text, timeout=str(PATIENCE)))
        if reply.status in BUSY:
            self.counts["busy"] += 1
            return None
        if reply.status != 200:
            self.wrong.append(f"{reply.status} for {text}: {reply.body[:300]!r}")
            return None
        self.counts["answers"] += 1
        rows = json.loads(reply.body)["results"]["bindings"]
        return [next(iter(row.values()))["value"] for row in rows]

    def write(self, request: Request) -> bool:
        reply = self.siege.send(request)
        if reply.status in (200, 201, 204):
            self.counts["writes"] += 1
            return True
        if reply.status not in BUSY:
            self.wrong.append(f"a write ended with {reply.status}: {reply.body[:300]!r}")
        self.counts["writes refused"] += 1
        return False

    def change(self, text: str) -> bool:
        """Whether an update was made; what was not made must have changed nothing."""
        return self.write(update(text, PATIENCE))

    def read(self, chance: random.Random) -> None:
        number = chance.randrange(THINGS)
        found = self.values(LABEL.format(number=number))
        if found is not None and found != [f"thing {number}"]:
            self.wrong.append(f"thing {number} is called {found}")

    def aggregate(self, chance: random.Random) -> None:
        low = chance.randrange(THINGS)
        found = self.values(f"SELECT (COUNT(*) AS ?n) {{ ?s <urn:number> ?m FILTER(?m >= {low}) }}")
        if found is not None and found != [str(THINGS - low)]:
            self.wrong.append(f"{THINGS - low} numbers from {low} were counted as {found}")
        time.sleep(0.05)

    def writer(self, name: str) -> Callable[[random.Random], None]:
        """Changes a graph of its own, and reads each change back."""
        graph = f"urn:soak:{name}"
        model: set[str] = set()

        def change(chance: random.Random) -> None:
            value = str(chance.randrange(200))
            match chance.randrange(5):
                case 0 | 1:
                    done = self.change(f'INSERT DATA {{ GRAPH <{graph}> {{ <urn:s> <urn:v> "{value}" }} }}')
                    expected = model | {value}
                case 2 | 3:
                    done = self.change(f'DELETE WHERE {{ GRAPH <{graph}> {{ ?s <urn:v> "{value}" }} }}')
                    expected = model - {value}
                case _:
                    expected = {str(chance.randrange(200)) for _ in range(chance.randrange(1, 100))}
                    body = "".join(f'<urn:s> <urn:v> "{one}" .\n' for one in expected).encode()
                    done = self.write(upload(body, "application/n-triples", graph, timeout=PATIENCE))
            if done:
                model.clear()
                model.update(expected)
            found = self.values(f"SELECT ?v {{ GRAPH <{graph}> {{ ?s <urn:v> ?v }} }}")
            if found is not None and Counter(found) != Counter(model):
                self.wrong.append(f"{graph} has {sorted(found)}, and should have {sorted(model)}")

        return change

    def increment(self, _: random.Random) -> None:
        """Several clients at once add one to the same number."""
        if self.change(
            "DELETE { GRAPH <urn:soak:n> { <urn:n> <urn:v> ?n } } "
            "INSERT { GRAPH <urn:soak:n> { <urn:n> <urn:v> ?m } } "
            "WHERE { GRAPH <urn:soak:n> { <urn:n> <urn:v> ?n } BIND(?n + 1 AS ?m) }"
        ):
            with self._lock:
                self.increments += 1

    def attack(self, chance: random.Random) -> None:
        texts = [*NEVER_ENDING.values(), *BOUNDED.values(), *TOO_DEEP.values(), *CHAINS.values()]
        status = self.siege.send(query(chance.choice(texts))).status
        self.counts["hostile queries"] += 1
        if status not in (200, 400, 429, 503, 504, BROKEN_OFF):
            self.wrong.append(f"a hostile query ended with {status}")

    def poison(self, chance: random.Random) -> None:
        (kind, content, _) = DOCUMENTS[chance.choice([key for key in DOCUMENTS if key[0] != 27])]
        if chance.random() < 0.5:
            reply = self.siege.send(validation(content, kind))
        else:
            reply = self.siege.send(upload(content, kind, "urn:soak:poison"))
        self.counts["hostile documents"] += 1
        if reply.status not in (200, 201, 204, 400, 429, 503, 504):
            self.wrong.append(f"a hostile document ended with {reply.status}: {reply.body[:300]!r}")

    def leave(self, chance: random.Random) -> None:
        connection = HTTPConnection(self.siege.host, self.siege.port, timeout=10)
        text = chance.choice([f"SELECT (COUNT(*) AS ?n) {{ {THREE} }}", f"SELECT * {{ {THREE} }}"])
        try:
            connection.request("GET", "/sparql?" + urlencode({"query": text, "timeout": 5}))
            time.sleep(chance.random())
        except (OSError, HTTPException):
            pass
        connection.close()
        self.counts["clients that left"] += 1


def state(siege: Siege) -> tuple[int, int, int]:
    """Bytes of memory, processes, and descriptors of those that stay."""
    found = family(siege.process.pid)
    lasting = [each for each in found if each.parent == siege.process.pid or each.pid == siege.process.pid]
    return siege.memory(), len(found), sum(each.descriptors for each in lasting)


def soak(siege: Siege, seconds: float) -> Load:
    load = Load(siege, seconds)
    while not load.change("INSERT DATA { GRAPH <urn:soak:n> { <urn:n> <urn:v> 0 } }"):
        assert not load.wrong, load.wrong
    jobs = [load.read, load.read, load.aggregate, load.writer("a"), load.writer("b"), load.increment]
    jobs += [load.increment, load.attack, load.attack, load.poison, load.leave]

    def keep_at_it(job: Callable[[random.Random], None], seed: int) -> None:
        chance = random.Random(seed)
        while load.going_on():
            try:
                job(chance)
            except (OSError, HTTPException) as error:
                load.wrong.append(f"no answer to {job}: {error!r}")

    threads = [threading.Thread(target=keep_at_it, args=(job, seed)) for seed, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    samples = []
    while load.going_on():
        time.sleep(min(5, seconds / 20))
        samples.append(state(siege)[0])
    for thread in threads:
        thread.join()
    found = load.values("SELECT ?n { GRAPH <urn:soak:n> { <urn:n> <urn:v> ?n } }")
    if found != [str(load.increments)]:
        load.wrong.append(f"{load.increments} increments were acknowledged, and the number is {found}")
    quarter = max(1, len(samples) // 4)
    early, late = max(samples[:quarter]), min(samples[-quarter:])
    print(f"  memory: {early >> 20} MB at most in the first quarter, {late >> 20} MB at least in the last")
    if late > early + GROWTH:
        load.wrong.append("memory grows")
    return load


def main() -> int:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 600.0
    kind = sys.argv[2] if len(sys.argv) > 2 else "memory"
    with tempfile.TemporaryDirectory() as folder:
        store = "memory:" if kind == "memory" else f"disk:{folder}/db"
        with besieged(Path(folder), GRAPHSVC_STORE=store) as siege:
            print(f"soak: {seconds:g} s on a store in {kind}")
            before = state(siege)
            load = soak(siege, seconds)
            until = time.monotonic() + 10
            while (after := state(siege))[1] > before[1] + 1 or after[2] > before[2] + KEPT:
                if time.monotonic() > until:
                    load.wrong.append("processes or descriptors are left over")
                    break
                time.sleep(0.2)
            if "started again" in siege.log.read_text():
                load.wrong.append("a process of the service ended")
            if "Traceback" in siege.log.read_text():
                load.wrong.append("an error was unforeseen")
            print("  " + ", ".join(f"{count:,} {name}" for name, count in sorted(load.counts.items())))
            for what, old, new in zip(("processes", "descriptors"), before[1:], after[1:], strict=True):
                print(f"  {what}: {old} before, {new} after")
            print(f"  wrong: {len(load.wrong)}")
            for fault in load.wrong[:10]:
                print(f"  - {fault}")
    return 1 if load.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
