"""The model behind docs/scale.md: it agrees with what is known of queues and of Zipf, and with its own means."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from dataclasses import replace

import pytest

from bench import scale
from bench.scale_model import (
    HIT,
    MISS,
    PATIENCE,
    REFUSED,
    REVALIDATED,
    Job,
    Kind,
    Setting,
    Station,
    rank,
    run,
    services_needed,
    simulated,
    ways,
)
from tests.conftest import ROOT

QUICK = Setting(200, (Kind("one", 1, 0.001, 0.002),), 0.0005, 1, keys=1000, between_writes=5, seconds=60)


def waits(servers: int, load: float) -> float:
    """The mean time in a queue of so many servers, of which each needs a second on average, by Erlang."""
    offered = servers * load
    terms = [offered**number / math.factorial(number) for number in range(servers)]
    last = offered**servers / math.factorial(servers) / (1 - load)
    return last / (sum(terms) + last) / (servers - offered)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (1, 0.8), (4, 0.7)])
def test_a_station_makes_its_jobs_wait_as_erlang_says(servers: int, load: float) -> None:
    choose = random.Random(3)
    station, now = Station(servers), 0.0
    jobs = []
    for _ in range(150_000):
        now += choose.expovariate(servers * load)
        jobs.append(Job(now, MISS, [(station, choose.expovariate(1))]))
    counts, times = run(iter(jobs))
    assert counts == {MISS: len(jobs)}
    assert sum(times) / len(times) - 1 == pytest.approx(waits(servers, load), rel=0.12)


def test_who_waits_too_long_is_refused_and_takes_no_time() -> None:
    station = Station(1, PATIENCE)
    counts, times = run(iter([Job(0, MISS, [(station, 5.0)]), Job(1, MISS, [(station, 5.0)])]))
    assert (counts, times) == ({MISS: 1, REFUSED: 1}, [5.0])
    assert station.work == 5.0


@pytest.mark.parametrize("skew", [0.8, 1.0, 1.2])
def test_ranks_are_drawn_as_zipf_says(skew: float) -> None:
    choose = random.Random(1)
    counts = Counter(rank(choose, 10_000, skew) for _ in range(200_000))
    assert max(counts) < 10_000
    # Ten times the rank, so much less often; summed over some neighbours, since single ranks are rounded.
    near, far = (
        sum(counts[number] for number in range(100, 110)),
        sum(counts[number] for number in range(1000, 1100)),
    )
    assert far / near / 10 == pytest.approx(10**-skew, rel=0.15)


@pytest.mark.parametrize("between", [2.0, 5.0, 30.0])
def test_the_cache_answers_as_often_as_the_means_say(between: float) -> None:
    setting = replace(QUICK, between_writes=between)
    found = simulated(setting)
    hit, again, miss = ways(setting, setting.kinds[0])
    assert found.share(HIT) == pytest.approx(hit, abs=0.03)
    assert found.share(REVALIDATED) == pytest.approx(again, abs=0.03)
    assert found.share(MISS) == pytest.approx(miss, abs=0.03)


def test_without_a_cache_everything_is_asked_of_the_service() -> None:
    found = simulated(replace(QUICK, cache=False))
    assert set(found.counts) == {MISS}
    assert found.web_load == pytest.approx(200 * 0.001, rel=0.1)
    assert found.reader_load == pytest.approx(200 * 0.002 / 7, rel=0.1)


def test_replicas_that_are_apart_make_the_cache_ask_anew_for_what_is_asked_for_often() -> None:
    setting = replace(QUICK, services=4, between_writes=10, keys=20)
    near, far = simulated(setting), simulated(replace(setting, lag=8))
    assert far.share(MISS) > 2 * near.share(MISS)
    assert far.share(HIT) == pytest.approx(near.share(HIT), abs=0.01)


def test_so_many_services_are_enough_and_half_of_them_are_not() -> None:
    setting = replace(QUICK, rate=2000, cache=False, seconds=20)
    needed = services_needed(setting)
    assert needed == math.ceil(2000 * 0.001 / 0.7)
    enough = simulated(replace(setting, services=needed))
    assert enough.web_load < 0.75
    assert enough.quantile(0.99) < 0.1
    assert simulated(replace(setting, services=needed // 2)).quantile(0.99) > 1


def test_the_plan_has_the_tables_that_the_script_writes() -> None:
    text = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    tables = scale.tables(scale.figures())
    assert text == scale.filled_in(text, tables)
    assert set(re.findall(r"<!-- table (\w+) -->", text)) == set(tables)
