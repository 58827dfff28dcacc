"""A server that fails is left alone, and tried again with care."""

from __future__ import annotations

import threading

import pytest

from graphsvc.breaker import FAILURES, MOST_REST, REST, Breaker
from graphsvc.errors import OutOfService, RemoteFailure


class Server:
    """What the breaker tries out: it answers or not, and counts."""

    def __init__(self) -> None:
        self.now = 0.0
        self.answers = True
        self.trials = 0
        self.breaker = Breaker(self.trial, lambda: self.now)

    def trial(self) -> None:
        self.trials += 1
        if not self.answers:
            raise RemoteFailure("nobody there")

    def fail(self, times: int = FAILURES) -> None:
        for _ in range(times):
            self.breaker.failed()


def test_nothing_is_sent_after_so_many_failures_until_a_trial_succeeds() -> None:
    server = Server()
    server.fail(FAILURES - 1)
    server.breaker.admit()
    server.fail(1)
    with pytest.raises(OutOfService) as caught:
        server.breaker.admit()
    assert caught.value.retry_after >= REST
    assert server.trials == 0
    server.now += REST
    server.breaker.admit()
    assert server.trials == 1
    server.breaker.admit()
    assert server.trials == 1, "once it answered it is used as before"


def test_an_answer_between_failures_starts_the_count_anew() -> None:
    server = Server()
    for _ in range(3):
        server.fail(FAILURES - 1)
        server.breaker.succeeded()
    server.breaker.admit()


def test_the_rest_grows_with_each_trial_that_fails_up_to_a_bound() -> None:
    server = Server()
    server.answers = False
    server.fail()
    rests = []
    for _ in range(8):
        started = server.now
        with pytest.raises(OutOfService):
            server.breaker.admit()
        while True:
            server.now += 1
            trials = server.trials
            with pytest.raises(OutOfService):
                server.breaker.admit()
            if server.trials > trials:
                break
        rests.append(server.now - started)
    assert rests == sorted(rests)
    assert rests[-1] == MOST_REST
    server.answers = True
    server.now += MOST_REST
    server.breaker.admit()


def test_a_server_that_is_slow_again_and_again_is_tried_out_and_not_condemned() -> None:
    server = Server()
    for _ in range(FAILURES):
        server.breaker.was_slow()
    server.breaker.admit()
    assert server.trials == 1
    server.answers = False
    for _ in range(FAILURES):
        server.breaker.was_slow()
    with pytest.raises(OutOfService):
        server.breaker.admit()


def test_one_request_tries_and_the_others_do_not_wait_for_it() -> None:
    begun, go = threading.Event(), threading.Event()

    def trial() -> None:
        begun.set()
        go.wait(10)

    now = 0.0
    breaker = Breaker(trial, lambda: now)
    for _ in range(FAILURES):
        breaker.failed()
    now = REST
    first = threading.Thread(target=breaker.admit)
    first.start()
    begun.wait(10)
    with pytest.raises(OutOfService):
        breaker.admit()
    go.set()
    first.join()
    breaker.admit()
