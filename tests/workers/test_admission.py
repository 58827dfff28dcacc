"""Who is let in next, and what is long: without processes."""

from __future__ import annotations

import os
import socket
import time
from typing import cast

import pytest

from graphsvc.errors import TooManyRequests
from graphsvc.workers.admission import LONG_PATIENCE, MEDIUM, PATIENCE, Admission
from graphsvc.workers.crew import BLOCKED, LONG, TRUSTED, Crew, Task, Worker
from graphsvc.workers.wire import Job

# Who waits for a job here.
NOBODY = cast(socket.socket, None)
PROCESSORS = len(os.sched_getaffinity(0))


def task(key: str = "", client: str = "") -> Task:
    return Task(NOBODY, Job("query", key=key, client=client), b"", [], time.monotonic())


@pytest.fixture
def admission() -> Admission:
    found = Admission(size=4, total=6)
    found.remember(Job("query", key="medium"), long=False, seconds=2 * MEDIUM)
    found.remember(Job("query", key="quick"), long=False, seconds=MEDIUM / 10)
    found.remember(Job("query", key="long"), long=True, seconds=10)
    return found


def test_no_more_jobs_of_some_weight_run_than_there_are_processors(admission: Admission) -> None:
    medium = [task("medium") for _ in range(PROCESSORS + 1)]
    for one in medium:
        admission.add(one)
    running: list[Job] = []
    for one in medium[:-1]:
        assert admission.take(4, (), running) == (one, False)
        running.append(one.job)
    assert admission.take(4, (), running) is None
    quick, unknown = task("quick"), task("unknown")
    admission.add(quick)
    admission.add(unknown)
    assert admission.take(4, (), running) == (quick, False)
    assert admission.take(4, (), running) == (unknown, False)
    assert admission.take(4, (), running[1:]) == (medium[-1], False)


def test_long_jobs_do_not_count_among_those_of_some_weight(admission: Admission) -> None:
    one = task("medium")
    admission.add(one)
    long = [task("long").job for _ in range(4)]
    assert admission.take(2, long, ()) == (one, False)


def test_what_is_expected_to_be_long_waits_longer_and_is_told_why_it_waited_in_vain(
    admission: Admission,
) -> None:
    long, short = task("long", "c"), task("quick", "c")
    admission.add(long)
    admission.add(short)
    running = [task("long", "c").job for _ in range(3)]
    assert admission.take(3, running, ()) == (short, False)
    admission.add(short)
    assert [one for one, _ in admission.impatient(short.since + PATIENCE, running)] == [short]
    [(one, reason)] = admission.impatient(long.since + LONG_PATIENCE, running)
    assert one is long
    assert isinstance(reason, TooManyRequests)
    assert len(admission) == 0


@pytest.mark.parametrize(
    ("trusted", "used", "waited", "expected"),
    [
        (False, 0.0, LONG, True),
        (True, 0.0, LONG, False),
        (True, LONG, LONG, False),
        (True, TRUSTED, TRUSTED, True),
        (True, 0.0, BLOCKED, True),
    ],
)
def test_a_job_whose_like_was_short_is_long_by_the_processor_time_that_it_takes(
    monkeypatch: pytest.MonkeyPatch, *, trusted: bool, used: float, waited: float, expected: bool
) -> None:
    worker = Worker(os.getpid(), NOBODY, 0, {})
    worker.begin(task(), trusted=trusted)
    monkeypatch.setattr(Worker, "used", lambda _: used)
    assert worker.task is not None
    assert worker.is_long(worker.task.since + waited) is expected
    # A trusted one is looked at again; when, it says itself.
    assert expected or worker.look > worker.task.since + waited


@pytest.mark.parametrize(
    ("used", "waited", "counts"), [(0.0, 0.0, True), (LONG, LONG, True), (0.01 * LONG, LONG, False)]
)
def test_a_job_that_waits_for_its_client_does_not_keep_others_from_the_processors(
    monkeypatch: pytest.MonkeyPatch, *, used: float, waited: float, counts: bool
) -> None:
    crew, worker, one = Crew(), Worker(os.getpid(), NOBODY, 0, {}), task()
    crew.add(worker)
    worker.begin(one, trusted=True)
    one.since -= waited
    monkeypatch.setattr(Worker, "used", lambda _: used)
    assert crew.other_jobs() == ([one.job] if counts else [])


@pytest.mark.parametrize(
    ("used", "waited", "expected"), [(LONG / 2, LONG, True), (LONG, LONG, False), (0.0, 2 * TRUSTED, False)]
)
def test_what_was_expected_to_be_long_and_was_not_is_known_to_be_short(
    monkeypatch: pytest.MonkeyPatch, *, used: float, waited: float, expected: bool
) -> None:
    worker, one = Worker(os.getpid(), NOBODY, 0, {}), task()
    worker.begin(one, trusted=False)
    worker.long = True
    one.since -= waited
    monkeypatch.setattr(Worker, "used", lambda _: used)
    assert worker.was_short(one) is expected


def test_after_a_write_only_those_are_started_for_whom_jobs_wait() -> None:
    crew = Crew()
    for pid in range(1, 4):
        crew.add(Worker(-pid, NOBODY, 0, {}))
    assert crew.missing(total=3, waiting=0) == 0
    assert len(crew.renew()) == 3
    assert crew.missing(total=3, waiting=0) == 0
    assert crew.missing(total=3, waiting=2) == 2
    assert crew.missing(total=3, waiting=9) == 3
    until = crew.next_event()
    assert until is not None
    while time.monotonic() < until:
        time.sleep(0.01)
    assert crew.missing(total=3, waiting=0) == 3
    assert crew.next_event() is None
