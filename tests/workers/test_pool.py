"""The wall: what a job does to its worker, nobody else notices."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from graphsvc.errors import (
    DataSyntaxError,
    GraphsvcError,
    OutOfMemory,
    OutOfTime,
    Saturated,
    StoreError,
    TooComplex,
    TooManyRequests,
    Unavailable,
)
from graphsvc.workers.client import PoolClient
from graphsvc.workers.crew import LONG
from graphsvc.workers.precedence import ROOM
from graphsvc.workers.wire import SHORT, Job

SCRIPT = Path(__file__).with_name("pool_process.py")


class Bench:
    """A pool under test: its process, and a client of it."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.process, self.address = process, address
        self.client = PoolClient(address, hold_back=2 << 20)

    def do(
        self,
        kind: str,
        payload: bytes = b"",
        *,
        timeout: float = 5,
        client: str = "",
        key: str = "",
        **fields: object,
    ) -> bytes:
        """The answer of one job."""
        return b"".join(self.client.run(Job(kind, fields, timeout, client, key), payload).chunks)

    def workers(self) -> list[int]:
        """The pool's child processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def descriptors(self) -> int:
        """How many descriptors the pool holds open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


@contextmanager
def opened(folder: Path, script: Path = SCRIPT) -> Iterator[Bench]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        address = str(folder / "pool")
        listener.bind(address)
        listener.listen(64)
        process = subprocess.Popen(
            [sys.executable, str(script), str(listener.fileno())],
            pass_fds=(listener.fileno(),),
            stdout=subprocess.PIPE,
            text=True,
        )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        found = Bench(process, address)
        yield found
        found.client.close()
        process.terminate()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with opened(tmp_path_factory.mktemp("pool")) as found:
        yield found


def test_an_answer_comes_back_whole(bench: Bench) -> None:
    product = bench.client.run(Job("echo"), "é".encode() * 100_000)
    assert product.length == 200_000
    assert product.fields["epoch"] == "e1"
    assert b"".join(product.chunks) == "é".encode() * 100_000


def test_an_answer_too_large_to_hold_is_streamed(bench: Bench) -> None:
    product = bench.client.run(Job("count", {"lines": 1_000_000}), b"")
    assert product.length is None
    assert b"".join(product.chunks) == b"".join(b"%d\n" % n for n in range(1_000_000))


def test_half_an_answer_is_never_taken_for_a_whole_one(bench: Bench) -> None:
    with pytest.raises(DataSyntaxError) as caught:
        bench.do("half")
    assert (caught.value.source, caught.value.line, caught.value.column) == ("half.ttl", 7, 3)


def test_what_flows_too_fast_to_be_held_until_its_time_is_up_is_given_as_it_comes(bench: Bench) -> None:
    product = bench.client.run(Job("trickle", {"size": 128 << 10}, 1.5), b"", flowing=True)
    assert product.length is None
    with pytest.raises(OutOfTime):
        b"".join(product.chunks)


@pytest.mark.parametrize("flowing", [True, False])
def test_what_flows_so_slowly_that_it_can_be_held_is_an_error_and_never_half_an_answer(
    bench: Bench, flowing: bool
) -> None:
    with pytest.raises(OutOfTime):
        bench.client.run(Job("trickle", {"size": 8 << 10}, 1.5), b"", flowing=flowing)


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("spin", {}, OutOfTime),
        ("sleep", {"seconds": 60}, OutOfTime),
        ("grow", {"bytes": 1 << 30}, OutOfMemory),
        ("abort", {}, OutOfMemory),
        ("fault", {}, TooComplex),
        ("exit", {}, StoreError),
        ("surprise", {}, StoreError),
        ("program", {}, StoreError),
        ("fetch", {"url": "http://127.0.0.1:1/"}, StoreError),
        ("kill", {}, StoreError),
    ],
)
def test_a_job_that_misbehaves_ends_alone(
    bench: Bench, kind: str, fields: dict[str, object], expected: type[GraphsvcError]
) -> None:
    with pytest.raises(expected):
        bench.do(kind, timeout=1, **fields)
    assert bench.do("echo", b"still here") == b"still here"


def test_a_worker_can_write_no_file_and_read_those_it_needs(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        bench.do("write", path=str(tmp_path / "canary"))
    assert list(tmp_path.iterdir()) == []
    assert bench.do("read", path=str(SCRIPT)) == SCRIPT.read_bytes()


def test_a_worker_cannot_reach_the_network(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(0.2)
        with pytest.raises(StoreError):
            bench.do("fetch", url=f"http://127.0.0.1:{canary.getsockname()[1]}/")
        with pytest.raises(TimeoutError):
            canary.accept()


def test_memory_within_the_cap_is_granted(bench: Bench) -> None:
    assert bench.do("grow", bytes=100 << 20) == str(100 << 20).encode()


def test_a_client_that_goes_away_frees_its_worker(bench: Bench) -> None:
    gone = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        job = Job("sleep", {"seconds": 60}, 30)
        under_way = threads.submit(bench.client.run, job, b"", gone.is_set)
        time.sleep(0.1)
        before = set(bench.workers())
        gone.set()
        with pytest.raises(OutOfTime):
            under_way.result(timeout=5)
    deadline = time.monotonic() + 2
    while set(bench.workers()) == before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert set(bench.workers()) != before


def test_short_jobs_pass_while_every_long_place_is_taken(bench: Bench) -> None:
    with ThreadPoolExecutor(2) as threads:
        long = [threads.submit(bench.do, "spin", timeout=2) for _ in range(2)]
        time.sleep(0.5)
        assert bench.do("echo", b"short") == b"short"
        with pytest.raises(Saturated):
            bench.do("sleep", seconds=30, timeout=10)
        for one in long:
            with pytest.raises(OutOfTime):
                one.result()


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one processor cannot be left free")
def test_long_jobs_leave_processors_free_for_as_long_as_short_ones_come(bench: Bench) -> None:
    def processors() -> set[int]:
        """How many processors each worker may use that runs a long job."""
        long = [pid for pid in bench.workers() if os.sched_getscheduler(pid) == os.SCHED_IDLE]
        return {len(os.sched_getaffinity(pid)) for pid in long}

    every = len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(1) as threads:
        long = threads.submit(bench.do, "spin", timeout=4)
        time.sleep(LONG + ROOM + 0.5)
        assert processors() == set()
        assert bench.do("echo", b"short") == b"short"
        (left,) = processors()
        assert 0 < left < every
        time.sleep(ROOM + 0.5)
        assert processors() == {every}
        with pytest.raises(OutOfTime):
            long.result()


def test_one_client_has_its_share_of_long_jobs_and_no_more(bench: Bench) -> None:
    def attempt(number: int) -> type[BaseException]:
        try:
            bench.do("spin", timeout=3, client="greedy", number=number)
        except GraphsvcError as error:
            return type(error)
        return BaseException

    with ThreadPoolExecutor(13) as threads:
        greedy = threads.map(attempt, range(12))
        time.sleep(0.5)
        other = threads.submit(bench.do, "sleep", seconds=0.5, client="modest")
        assert bench.do("echo", b"x", client="modest") == b"x"
        assert other.result() == b"slept"
        ends = list(greedy)
    assert ends.count(TooManyRequests) >= 6
    assert set(ends) == {TooManyRequests, OutOfTime}


def test_short_jobs_do_not_wait_for_those_that_are_expected_to_be_long(bench: Bench) -> None:
    def again(number: int) -> None:
        for _ in range(4):
            with pytest.raises((Saturated, TooManyRequests, OutOfTime)):
                bench.do("spin", timeout=3, client=f"c{number}", key=f"k{number}")

    with ThreadPoolExecutor(8) as threads:
        hostile = [threads.submit(again, number) for number in range(8)]
        time.sleep(1.5)
        begun = time.monotonic()
        for _ in range(100):
            assert bench.do("echo", b"x", client="modest", key="echo") == b"x"
        # A short job that waited behind a long one would take at least as long as it takes to tell a long one.
        assert time.monotonic() - begun < 100 * LONG
        for one in hostile:
            one.result()


def test_what_was_short_before_is_not_held_up_by_what_else_its_client_sends(bench: Bench) -> None:
    assert bench.do("echo", b"x", client="c", key="short") == b"x"
    with ThreadPoolExecutor(4) as threads:
        hostile = [threads.submit(bench.do, "spin", timeout=2, client="c") for _ in range(4)]
        time.sleep(0.7)
        assert bench.do("echo", b"x", client="c", key="short") == b"x"
        for one in hostile:
            with pytest.raises((Saturated, TooManyRequests, OutOfTime)):
                one.result()


@pytest.mark.parametrize("size", [0, 1, SHORT - 1, SHORT, SHORT + 1, (64 << 10) + 1, 1 << 20])
def test_short_and_long_payloads_and_answers_come_through(bench: Bench, size: int) -> None:
    payload = os.urandom(size // 2) + b"\n" * (size - size // 2)
    assert bench.do("echo", payload) == payload


def test_one_connection_serves_one_job_after_another(bench: Bench) -> None:
    bench.do("echo", b"x")
    before = bench.descriptors()
    for number in range(50):
        assert bench.do("echo", b"%d" % number) == b"%d" % number
        with pytest.raises(DataSyntaxError):
            bench.do("half")
    assert bench.descriptors() == before


def test_a_queue_that_is_full_refuses_at_once(bench: Bench) -> None:
    def attempt(_: int) -> type[BaseException]:
        try:
            bench.do("spin", timeout=1)
        except GraphsvcError as error:
            return type(error)
        return BaseException

    with ThreadPoolExecutor(40) as threads:
        ends = list(threads.map(attempt, range(40)))
    assert set(ends) <= {Saturated, OutOfTime}
    assert ends.count(Saturated) >= 20
    assert bench.do("echo", b"after") == b"after"


def test_nothing_leaks_in_a_hundred_killed_workers(bench: Bench) -> None:
    bench.do("echo", b"x")
    time.sleep(0.2)
    descriptors, workers = bench.descriptors(), len(bench.workers())
    for _ in range(100):
        with pytest.raises(StoreError):
            bench.do("exit")
    time.sleep(0.2)
    assert bench.descriptors() == descriptors
    assert len(bench.workers()) == workers


def test_workers_hold_no_descriptor_of_another_job(bench: Bench) -> None:
    first = int(bench.do("pid").split()[1])
    for _ in range(30):
        bench.do("echo", b"x")
    assert int(bench.do("pid").split()[1]) == first


def test_what_is_no_job_is_dropped(bench: Bench) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as channel:
        channel.connect(bench.client._address)
        channel.send(b"no job at all")
        assert channel.recv(100) == b""
    assert bench.do("echo", b"x") == b"x"


def test_a_stop_finishes_what_is_under_way_and_refuses_the_new(tmp_path: Path) -> None:
    with opened(tmp_path) as bench, ThreadPoolExecutor(1) as threads:
        under_way = threads.submit(bench.do, "sleep", seconds=1)
        time.sleep(0.2)
        bench.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        with pytest.raises(Unavailable):
            bench.do("echo", b"late")
        assert under_way.result(timeout=5) == b"slept"
        assert bench.process.wait(5) == 0


def test_workers_end_with_their_pool(tmp_path: Path) -> None:
    with opened(tmp_path) as bench:
        workers = bench.workers()
        bench.process.kill()
        bench.process.wait()
        time.sleep(0.2)
        assert [pid for pid in workers if _runs(pid)] == []


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False
