"""A worker without a way to the network asks who handed in its job."""

from __future__ import annotations

from contextlib import closing

import pytest

from graphsvc.errors import NotFound, StoreError
from graphsvc.workers.line import MAX_QUESTION, Line, answering, hang_up


def test_questions_are_answered_one_after_another_and_errors_arrive() -> None:
    def answer(question: bytes) -> bytes:
        if question == b"lost":
            raise NotFound("There is no such thing.")
        if question == b"broken":
            raise ZeroDivisionError
        return question * 100_000

    ours, theirs = answering(answer)
    with theirs, closing(Line(theirs.fileno())) as line:
        assert line.ask(b"ab") == b"ab" * 100_000
        with pytest.raises(NotFound, match="no such thing"):
            line.ask(b"lost")
        with pytest.raises(StoreError, match="ZeroDivisionError"):
            line.ask(b"broken")
        assert line.ask(b"") == b""
        hang_up(ours)
        with pytest.raises(StoreError, match="lost"):
            line.ask(b"ab")


def test_a_question_without_measure_ends_the_line() -> None:
    ours, theirs = answering(lambda question: question)
    with theirs:
        theirs.sendall((MAX_QUESTION + 1).to_bytes(8, "big"))
        theirs.settimeout(10)
        assert theirs.recv(1) == b""
    hang_up(ours)
