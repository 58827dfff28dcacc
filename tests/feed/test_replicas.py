"""Three nodes: whatever is cut off or killed, replicas serve whole states, and come to the same one."""

from __future__ import annotations

import threading
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

import pytest

from graphsvc.store.backup import back_up
from graphsvc.store.restore import verified
from tests.feed.nodes import Line, Node, await_
from tests.operations.asking import ask
from tests.servers import free_port

SIZE = 12
# Every state has one number in two graphs, and a list of SIZE things of that number in a third.
WRITE = """
DELETE WHERE {{ GRAPH <urn:a> {{ ?s <urn:v> ?o }} }} ; DELETE WHERE {{ GRAPH <urn:b> {{ ?s <urn:v> ?o }} }} ;
DELETE WHERE {{ GRAPH <urn:c> {{ ?s <urn:v> ?o }} }} ;
INSERT DATA {{
  GRAPH <urn:a> {{ <urn:s> <urn:v> {n} }} GRAPH <urn:b> {{ <urn:s> <urn:v> {n} }} GRAPH <urn:c> {{ {rows} }}
}}"""
READ = f"""
SELECT ?a ?b ?c (COUNT(*) AS ?n) {{
  GRAPH <urn:a> {{ <urn:s> <urn:v> ?a }} GRAPH <urn:b> {{ <urn:s> <urn:v> ?b }} GRAPH <urn:c> {{ ?x <urn:v> ?c }}
}} GROUP BY ?a ?b ?c LIMIT {SIZE}"""


class Writer:
    """Writes one state after another to a primary."""

    def __init__(self, primary: Node) -> None:
        self.primary = primary
        self.number = 0
        self.epoch = ""

    def write(self, times: int) -> None:
        for _ in range(times):
            self.number += 1
            rows = " ".join(f"[] <urn:v> {self.number} ." for _ in range(SIZE))
            self.epoch = self.primary.update(WRITE.format(n=self.number, rows=rows))


class Reader(threading.Thread):
    """Asks a replica again and again, and notes whatever is no whole state, or older than one that it saw."""

    def __init__(self, replica: Node) -> None:
        super().__init__(daemon=True)
        self._replica = replica
        self._done = threading.Event()
        self.seen = 0
        self.faults: list[object] = []

    def run(self) -> None:
        newest = 0
        while not self._done.is_set():
            # Where the replica's keeper is killed there is no answer for a moment; there is never a wrong one.
            with suppress(OSError, HTTPException):
                _, rows = self._replica.rows(READ)
                numbers = {int(value) for row in rows for name, value in row.items() if name != "n"}
                if len(rows) != 1 or len(numbers) != 1 or rows[0]["n"] != str(SIZE) or min(numbers) < newest:
                    self.faults.append((newest, rows))
                else:
                    newest = min(numbers)
                self.seen += 1

    def stop(self) -> None:
        self._done.set()
        self.join(30)


def test_three_nodes_come_to_the_same_state_and_never_serve_half_a_change(tmp_path: Path) -> None:
    lines = [Line(), Line()]
    with Node(
        tmp_path / "p", "127.0.0.1", f"--store=disk:{tmp_path / 'p' / 'db'}", feed_entries="40"
    ) as primary:
        writer = Writer(primary)
        writer.write(1)
        for line in lines:
            line.mend(primary.url)
        disk = f"--store=disk:{tmp_path / 'a' / 'db'}"
        with (
            Node(tmp_path / "a", "127.0.0.2", disk, follow=lines[0].url, feed_entries="40") as a,
            Node(tmp_path / "b", "127.0.0.3", follow=lines[1].url, feed_entries="40") as b,
        ):
            readers = [Reader(node) for node in (a, a, b, b)]
            for reader in readers:
                reader.start()
            _cut_and_mend(writer, lines, a, b)
            _kill(writer, lines, a, b)
            for node in (a, b):
                node.reach(writer.epoch)
            for reader in readers:
                reader.stop()
            assert [reader.faults for reader in readers] == [[], [], [], []]
            assert min(reader.seen for reader in readers) > 10
            assert a.fingerprint() == b.fingerprint() == primary.fingerprint()
    for line in lines:
        line.close()


def _cut_and_mend(writer: Writer, lines: list[Line], a: Node, b: Node) -> None:
    """A gap that the feed covers is caught up with; a longer one takes a snapshot."""
    writer.write(5)
    for node in (a, b):
        node.reach(writer.epoch)
    for line in lines:
        line.cut()
    writer.write(30)
    lines[0].mend(writer.primary.url)
    a.reach(writer.epoch)
    await_(
        lambda: bool(a.status()["replica"]["seconds_behind"] == 0),
        "the replica does not know that it is level",
    )
    assert a.status()["replica"]["snapshots"] == 0
    writer.write(30)
    told = b.status()["replica"]
    assert told["doing"] == "waiting"
    assert told["seconds_behind"] > 0
    lines[1].mend(writer.primary.url)
    b.reach(writer.epoch)
    await_(lambda: b.status()["replica"]["doing"] == "following", "the replica does not follow again")
    assert b.status()["replica"]["snapshots"] == 1
    assert "a snapshot is needed: The primary's feed no longer leads on from here." in b.log.read_text()


def _kill(writer: Writer, lines: list[Line], a: Node, b: Node) -> None:
    """Every process that keeps anything is lost once, while others write and read."""
    writing = threading.Thread(target=writer.write, args=(30,))
    writing.start()
    a.kill("graphsvc.serving.follower")
    b.kill("graphsvc.serving.keeper")
    writer.primary.kill("graphsvc.serving.writer")
    a.kill("graphsvc.serving.keeper")
    writer.primary.kill("graphsvc.serving.keeper")
    writing.join()
    for node in (a, b):
        node.reach(writer.epoch)
    # All of the machine, and the primary is somewhere else afterwards.
    writer.primary.kill_all()
    writer.primary.start()
    for line in lines:
        line.cut()
        line.mend(writer.primary.url)
    writer.write(3)


def test_a_replica_on_disk_goes_on_where_it_was_and_one_in_memory_begins_with_a_snapshot(
    tmp_path: Path,
) -> None:
    with Node(tmp_path / "p", "127.0.0.1", feed_entries="100") as primary:
        writer = Writer(primary)
        writer.write(2)
        for name, store in (("a", f"disk:{tmp_path / 'a' / 'db'}"), ("b", "memory:")):
            with Node(tmp_path / name, "127.0.0.2", f"--store={store}", follow=primary.url) as replica:
                replica.reach(writer.epoch)
                replica.kill_all()
                writer.write(3)
                replica.start()
                replica.reach(writer.epoch)
                copied = replica.log.read_text().count("copied the state")
                assert copied == (1 if name == "a" else 2)


def test_a_replica_of_a_primary_with_another_history_takes_its_data(tmp_path: Path) -> None:
    line = Line()
    with Node(tmp_path / "p", "127.0.0.1", feed_entries="100") as first:
        line.mend(first.url)
        Writer(first).write(3)
        with (
            Node(
                tmp_path / "a", "127.0.0.2", f"--store=disk:{tmp_path / 'a' / 'db'}", follow=line.url
            ) as replica,
            Node(tmp_path / "q", "127.0.0.3", feed_entries="100") as second,
        ):
            writer = Writer(second)
            writer.write(1)
            line.cut()
            line.mend(second.url)
            replica.reach(writer.epoch)
            writer.write(2)
            replica.reach(writer.epoch)
            assert replica.rows(READ)[1][0]["a"] == "3"
            assert replica.rows(READ)[0] == writer.epoch
    line.close()


def test_a_replica_is_read_only_and_answers_with_the_tags_of_its_primary(tmp_path: Path) -> None:
    with Node(tmp_path / "p", "127.0.0.1", feed_entries="10") as primary:
        writer = Writer(primary)
        writer.write(1)
        metrics = free_port()
        with Node(tmp_path / "a", "127.0.0.2", follow=primary.url, metrics=str(metrics)) as replica:
            writer.write(1)
            replica.reach(writer.epoch)
            told = ask(f"http://127.0.0.1:{metrics}/metrics").body.decode()
            behind = {"graphsvc_replica_epochs_behind 0.0", "graphsvc_replica_changes_total 1.0"}
            assert behind <= set(told.splitlines())
            for path in ("/graph-store?graph=urn:a", "/openapi.json"):
                (_, ours, body), (_, theirs, same) = replica.ask("GET", path), primary.ask("GET", path)
                assert (ours["ETag"], ours["Graph-Epoch"], body) == (
                    theirs["ETag"],
                    theirs["Graph-Epoch"],
                    same,
                )
            for method, path in (("POST", "/update"), ("PUT", "/graph-store?graph=urn:x")):
                status, told, problem = replica.ask(method, path, "x", Content_Type="text/turtle")
                assert status == 403
                assert told["Content-Type"] == "application/problem+json"
                assert told["Link"] == f'<{primary.url}{path}>; rel="edit"'
                assert primary.url.encode() in problem


def test_a_folder_with_a_store_of_its_own_is_not_overwritten(tmp_path: Path) -> None:
    store = f"--store=disk:{tmp_path / 'db'}"
    with Node(tmp_path / "p", "127.0.0.1", store, feed_entries="10") as primary:
        epoch = primary.update("INSERT DATA { <urn:a> <urn:b> <urn:c> }")
        with Node(tmp_path / "q", "127.0.0.2", feed_entries="10") as other:
            primary.stop()
            with pytest.raises(pytest.fail.Exception, match="no replica's store"):
                Node(tmp_path / "a", "127.0.0.3", store, follow=other.url)
            primary.start()
            assert primary.status()["epoch"] == epoch


def test_a_replica_is_backed_up_and_becomes_the_primary_of_the_same_history(tmp_path: Path) -> None:
    store = f"--store=disk:{tmp_path / 'db'}"
    line = Line()
    with Node(tmp_path / "p", "127.0.0.1", feed_entries="10") as primary:
        writer = Writer(primary)
        writer.write(2)
        line.mend(primary.url)
        with (
            Node(tmp_path / "a", "127.0.0.2", store, follow=primary.url) as first,
            Node(tmp_path / "b", "127.0.0.3", follow=line.url) as other,
        ):
            for backup in ("before", "after"):
                first.reach(writer.epoch)
                other.reach(writer.epoch)
                back_up(tmp_path / "db", tmp_path / backup)
                assert verified(tmp_path / backup).epoch == writer.epoch
                writer.write(1)
            first.reach(writer.epoch)
            other.reach(writer.epoch)
            first.stop()
            primary.stop()
            with Node(tmp_path / "c", "127.0.0.2", store, feed_entries="10") as promoted:
                assert promoted.status()["epoch"] == writer.epoch
                line.cut()
                line.mend(promoted.url)
                writer.primary = promoted
                writer.write(2)
                other.reach(writer.epoch)
                assert other.rows(READ)[1][0]["a"] == str(writer.number)
                assert other.status()["replica"]["snapshots"] == 0
    line.close()
