"""The loop waits for connections, whatever they wait for, and asks only those that have something to do."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from waitress import wasyncore

from graphsvc.serving.polling import Connections, Polling


class Connection(wasyncore.dispatcher):  # type: ignore[misc]
    """One end of a pair of sockets, which counts how often it is asked and keeps what it reads."""

    def __init__(self, connections: Connections) -> None:
        ours, self.theirs = socket.socketpair()
        super().__init__(ours, connections)
        self.asked, self.got, self.reads = 0, b"", 0
        self.wants_to_read, self.wants_to_write = True, False
        self.requests: list[str] = []

    def readable(self) -> bool:
        self.asked += 1
        return self.wants_to_read

    def writable(self) -> bool:
        return self.wants_to_write

    def handle_read(self) -> None:
        self.reads += 1
        self.got += self.recv(100)

    def handle_write(self) -> None:
        self.send(b"written")
        self.wants_to_write = False

    def handle_close(self) -> None:
        self.close()


@dataclass
class Loop:
    connections: Connections = field(default_factory=Connections)

    def __post_init__(self) -> None:
        self.polling = Polling(self.connections)
        self.opened: list[Connection] = []

    def open(self) -> Connection:
        self.opened.append(Connection(self.connections))
        return self.opened[-1]

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            self.polling.wait(0.01)


@pytest.fixture
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    for one in loop.opened:
        one.theirs.close()
        one.close()
    loop.polling.close()


def test_what_is_sent_is_read(loop: Loop) -> None:
    one, other = loop.open(), loop.open()
    loop.turn()
    other.theirs.send(b"hello")
    loop.turn()
    assert (one.got, other.got) == (b"", b"hello")


def test_those_that_are_idle_are_not_asked(loop: Loop) -> None:
    idle = [loop.open() for _ in range(20)]
    busy = loop.open()
    loop.turn(2)
    before = [one.asked for one in idle]
    for _ in range(10):
        busy.theirs.send(b"x")
        loop.turn()
    assert busy.got == b"x" * 10
    assert [one.asked for one in idle] == before


def test_who_does_not_want_to_read_is_left_alone_until_it_does(loop: Loop) -> None:
    one = loop.open()
    loop.turn()
    one.wants_to_read = False
    one.theirs.send(b"hello")
    loop.turn()
    before = one.asked
    loop.turn(5)
    assert one.reads == 0
    # Once before each wait: nothing came up at any.
    assert one.asked == before + 5
    one.wants_to_read = True
    loop.turn(2)
    assert one.got == b"hello"


def test_who_has_a_request_is_asked_before_each_wait(loop: Loop) -> None:
    """A thread that answers one changes what is waited for, and wakes the loop up."""
    one, other = loop.open(), loop.open()
    one.requests.append("one")
    loop.turn()
    other.theirs.send(b"x")
    one.requests.clear()
    one.wants_to_write = True
    loop.turn(2)
    assert one.theirs.recv(100) == b"written"


def test_what_is_said_to_have_changed_is_looked_at(loop: Loop) -> None:
    one = loop.open()
    loop.turn(2)
    one.wants_to_write = True
    loop.connections.changed.add(one.socket.fileno())
    loop.turn()
    assert one.theirs.recv(100) == b"written"


def test_all_are_looked_at_from_time_to_time(loop: Loop) -> None:
    one = loop.open()
    loop.turn(2)
    one.wants_to_write = True
    loop.polling.look_at_all()
    loop.turn()
    assert one.theirs.recv(100) == b"written"


def test_a_descriptor_that_is_used_again_is_that_of_the_new_connection(loop: Loop) -> None:
    one = loop.open()
    loop.turn()
    descriptor = one.socket.fileno()
    one.close()
    other = loop.open()
    os.dup2(other.socket.fileno(), descriptor)
    again = Connection(loop.connections)
    loop.opened.append(again)
    loop.turn()
    again.theirs.send(b"new")
    loop.turn()
    assert (one.got, again.got) == (b"", b"new")
    os.close(descriptor)


def test_a_connection_that_a_thread_has_closed_is_forgotten(loop: Loop) -> None:
    one, other = loop.open(), loop.open()
    loop.turn()
    one.theirs.send(b"late")
    one.socket.close()
    loop.connections.changed.add(one._fileno)
    other.theirs.send(b"x")
    loop.turn(2)
    assert (one.got, other.got) == (b"", b"x")


def test_a_client_that_hangs_up_is_let_go(loop: Loop) -> None:
    one = loop.open()
    loop.turn()
    one.theirs.close()
    loop.turn(2)
    assert one._fileno is None
    assert not loop.connections


def test_many_connections_that_wait_are_answered_when_they_ask(library_server: str) -> None:
    address = ("127.0.0.1", urlsplit(library_server).port)
    connections = [socket.create_connection(address) for _ in range(300)]
    try:
        for _ in range(2):
            for one in connections[::37]:
                one.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
                one.settimeout(10)
                assert one.recv(1_000).startswith(b"HTTP/1.1 200")
    finally:
        for one in connections:
            one.close()
