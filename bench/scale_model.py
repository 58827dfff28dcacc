"""A model of many services behind a cache: where requests queue, and how long they take.

One cycle between two writes is simulated, from the moment at which a write has made everything in the cache
stale. A request for what is in the cache and younger than a second is answered by the cache; for what is of
the present state, the web process of a service says that nothing has changed; anything else goes through the
web process and a reader. A web process does one thing at a time; readers share their processors. What waits
too long for a reader is refused.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

# As in the service: how long a job waits for a reader, in seconds.
PATIENCE = 2.0
FRESH = 1.0
HIT, REVALIDATED, MISS, REFUSED = "hit", "revalidated", "miss", "refused"


@dataclass(frozen=True)
class Kind:
    """A kind of request: its share of all, and the processor seconds that it takes in web process and reader."""

    name: str
    share: float
    web: float
    reader: float


@dataclass(frozen=True)
class Setting:
    """What is simulated: requests a second for `keys` things whose popularity is Zipf's with `skew`, `services`
    with so many processors for readers each, seconds between two writes, whether there is a cache,
    and by how many seconds the last of the services, which are replicas, is behind the first."""

    rate: float
    kinds: tuple[Kind, ...]
    revalidation: float
    services: int
    processors: int = 7
    between_writes: float = 10.0
    keys: int = 10_000_000
    skew: float = 0.9
    cache: bool = True
    lag: float = 0.0
    seconds: float = 10.0
    seed: int = 1


@dataclass
class Outcome:
    """What came of it: how many requests ended in each way, and the seconds that each took, sorted."""

    counts: dict[str, int]
    seconds: list[float]
    web_load: float
    reader_load: float

    def quantile(self, share: float) -> float:
        """The time within which a share of the requests was answered."""
        return (
            self.seconds[min(len(self.seconds) - 1, int(share * len(self.seconds)))] if self.seconds else 0.0
        )

    def share(self, how: str) -> float:
        """The share of the requests that ended so."""
        return self.counts.get(how, 0) / max(1, sum(self.counts.values()))


class Station:
    """Servers with one queue, first come, first served; `patience` is how long anybody waits in it."""

    def __init__(self, servers: int, patience: float = math.inf) -> None:
        self.free = servers
        self.patience = patience
        self.waiting: deque[Job] = deque()
        self.work = 0.0


@dataclass(slots=True)
class Job:
    """A request on its way: the stations that are left, each with the time that it takes there."""

    born: float
    how: str
    route: list[tuple[Station, float]] = field(default_factory=list)
    since: float = 0.0


def rank(choose: random.Random, keys: int, skew: float) -> int:
    """A number from 0 to keys - 1, drawn by Zipf's law in its continuous form."""
    drawn = choose.random()
    if abs(skew - 1) < 1e-9:
        return int(keys**drawn) - 1
    power = 1 - skew
    return min(keys - 1, int((drawn * (keys**power - 1) + 1) ** (1 / power)) - 1)


def run(arrivals: Iterator[Job]) -> tuple[dict[str, int], list[float]]:
    """Let jobs through their stations: how many ended in which way, and the times of those that were answered."""
    events: list[tuple[float, int, Job, Station | None]] = []
    order = itertools.count()
    counts: dict[str, int] = {}
    times: list[float] = []

    def end(job: Job, now: float, how: str) -> None:
        counts[how] = counts.get(how, 0) + 1
        if how != REFUSED:
            times.append(now - job.born)

    def enter(job: Job, now: float) -> None:
        if not job.route:
            end(job, now, job.how)
            return
        station = job.route[0][0]
        job.since = now
        if station.free:
            begin(job, now)
        else:
            station.waiting.append(job)

    def begin(job: Job, now: float) -> None:
        station, needed = job.route.pop(0)
        station.free -= 1
        station.work += needed
        heapq.heappush(events, (now + needed, next(order), job, station))

    def leave(station: Station, now: float) -> None:
        station.free += 1
        while station.waiting and station.free:
            job = station.waiting.popleft()
            if now - job.since > station.patience:
                end(job, now, REFUSED)
            else:
                begin(job, now)

    coming = next(arrivals, None)
    while coming is not None or events:
        if coming is not None and (not events or coming.born <= events[0][0]):
            enter(coming, coming.born)
            coming = next(arrivals, None)
        else:
            now, _, job, station = heapq.heappop(events)
            assert station is not None
            leave(station, now)
            enter(job, now)
    times.sort()
    return counts, times


def simulated(setting: Setting) -> Outcome:
    """One run of the model; the same setting gives the same outcome."""
    choose = random.Random(setting.seed)
    webs = [Station(1) for _ in range(setting.services)]
    readers = [Station(setting.processors, PATIENCE) for _ in range(setting.services)]
    counts, times = run(_arrivals(setting, choose, webs, readers))
    return Outcome(
        counts,
        times,
        sum(one.work for one in webs) / (setting.services * setting.seconds),
        sum(one.work for one in readers) / (setting.services * setting.processors * setting.seconds),
    )


def _arrivals(
    setting: Setting, choose: random.Random, webs: list[Station], readers: list[Station]
) -> Iterator[Job]:
    shares = [kind.share for kind in setting.kinds]
    # Since when a thing is in the cache, and the write after which it was fetched.
    cached: dict[tuple[str, int], tuple[float, int]] = {}
    now = 0.0
    while (now := now + choose.expovariate(setting.rate)) < setting.seconds:
        (kind,) = choose.choices(setting.kinds, shares)
        key = (kind.name, rank(choose, setting.keys, setting.skew))
        place = choose.randrange(setting.services)
        # The write that the replica which is asked has come to.
        write = int(max(0.0, now - setting.lag * place / setting.services) / setting.between_writes)
        since, of = cached.get(key, (-math.inf, -1)) if setting.cache else (-math.inf, -1)
        if now - since < FRESH:
            yield Job(now, HIT)
            continue
        cached[key] = (now, write)
        if of == write:
            yield Job(now, REVALIDATED, [(webs[place], choose.expovariate(1 / setting.revalidation))])
        else:
            taken = [(webs[place], choose.expovariate(1 / kind.web))]
            if kind.reader:
                taken.append((readers[place], choose.expovariate(1 / kind.reader)))
            yield Job(now, MISS, taken)


def services_needed(setting: Setting, load: float = 0.7) -> int:
    """How many services a rate needs so that neither web processes nor readers are busier than `load`.

    By the means alone: each thing is asked for at random times, and the cache forgets nothing.
    """
    web = reader = 0.0
    for kind in setting.kinds:
        hit, again, miss = ways(setting, kind) if setting.cache else (0.0, 0.0, 1.0)
        del hit
        rate = setting.rate * kind.share
        web += rate * (miss * kind.web + again * setting.revalidation)
        reader += rate * miss * kind.reader
    return max(1, math.ceil(web / load), math.ceil(reader / (setting.processors * load)))


def ways(setting: Setting, kind: Kind) -> tuple[float, float, float]:
    """The shares of hits, revalidations and misses among the requests of a kind, by classes of popularity."""
    total = hits = misses = 0.0
    power = 1 - setting.skew
    norm = (setting.keys**power - 1) / power if abs(power) > 1e-9 else math.log(setting.keys)
    low = 1.0
    while low < setting.keys:
        high = min(low * 1.1, float(setting.keys))
        middle = math.sqrt(low * high)
        # Requests a second for one thing of this class, and how many such things there are.
        each = setting.rate * kind.share * middle**-setting.skew / norm
        number = high - low
        total += number * each
        # After a request the answer is fresh for a while; then the next request fetches it again.
        fetched = each / (1 + each * FRESH)
        hits += number * (each - fetched)
        # The first fetch after each write brings it anew, the others find that nothing has changed.
        cycle = setting.between_writes
        misses += number * min(fetched, -math.expm1(-each * cycle) / cycle)
        low = high
    return hits / total, 1 - (hits + misses) / total, misses / total
