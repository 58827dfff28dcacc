"""What the writer and the direct readers of a pool have taken of memory, and do not keep."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from graphsvc.errors import DataSyntaxError, GraphsvcError, OutOfMemory
from graphsvc.workers import wire
from graphsvc.workers.direct import Reply, path, question
from graphsvc.workers.lane import MAX_GROWTH
from graphsvc.workers.wire import Job
from tests.workers.lane_process import MEMORY
from tests.workers.test_pool import Bench, opened

_MUCH = MAX_GROWTH + (32 << 20)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with opened(tmp_path_factory.mktemp("lane"), Path(__file__).with_name("lane_process.py")) as found:
        yield found


def writer(bench: Bench, **fields: object) -> int:
    """The process that does a job of the lane."""
    product = bench.client.run(Job("write", fields, 5), b"")
    assert b"".join(product.chunks) == b""
    return int(product.fields["pid"])


def await_end(pid: int) -> None:
    until = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < until, "it goes on"
        time.sleep(0.01)


def test_one_writer_does_one_job_after_another(bench: Bench) -> None:
    assert writer(bench) == writer(bench, keeps=1000)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"keeps": _MUCH}, None),
        ({"keeps": _MUCH, "wrong": True}, DataSyntaxError),
        ({"takes": MEMORY + (64 << 20)}, OutOfMemory),
    ],
    ids=["done", "refused", "out of memory"],
)
def test_a_writer_that_has_taken_much_memory_ends_once_its_job_is(
    bench: Bench, fields: dict[str, object], error: type[GraphsvcError] | None
) -> None:
    first = writer(bench)
    if error is None:
        assert writer(bench, **fields) == first
    else:
        with pytest.raises(error):
            writer(bench, **fields)
    await_end(first)
    assert writer(bench) != first


class Asking:
    """A client of a direct reader, which has said what it has."""

    def __init__(self, channel: socket.socket, address: str) -> None:
        self.channel = channel
        channel.settimeout(10)
        channel.connect(path(address))
        channel.recv(wire.MAX_PACKET)

    def take(self, size: int) -> int | None:
        """Which reader took so many bytes; None where it ended in place of an answer."""
        self.channel.send(question("take", str(size).encode()))
        packet = self.channel.recv(wire.MAX_PACKET)
        return int(Reply(packet).body) if packet else None


def test_a_direct_reader_that_has_grown_answers_and_ends(bench: Bench) -> None:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)) as channel:
        asking = Asking(channel, bench.address)
        first = asking.take(1000)
        assert first is not None
        assert asking.take(1 << 20) == first
        assert asking.take(_MUCH) == first
        await_end(first)


def test_a_direct_reader_that_is_out_of_memory_ends_without_an_answer(bench: Bench) -> None:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)) as channel:
        asking = Asking(channel, bench.address)
        first = asking.take(1000)
        assert first is not None
        assert asking.take(4 * MEMORY) is None
        await_end(first)
