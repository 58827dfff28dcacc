"""A store on disk: what was acknowledged outlives whatever ends the service, and what is damaged is said."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pyoxigraph as ox
import pytest

from graphsvc.errors import GraphsvcError, NotSupported, ProjectError, StoreError
from graphsvc.formats import CSV
from graphsvc.loading import open_store
from graphsvc.project import Project
from graphsvc.settings import load
from graphsvc.sparql import read
from graphsvc.store import Write
from graphsvc.store.disk import DiskKeeping, DiskWriter, Lock
from graphsvc.store.generations import Generations
from graphsvc.store.local import LocalStore
from graphsvc.store.recovery import recover
from graphsvc.workers.wire import Job
from tests.conftest import LIBRARY
from tests.store.adapters import ADAPTERS, Kept

N = "SELECT (COUNT(*) AS ?n) { GRAPH <urn:g> { ?s <urn:n> ?o } }"


def add(number: int) -> Write:
    return Write("update", f"INSERT DATA {{ GRAPH <urn:g> {{ <urn:s> <urn:n> {number} }} }}".encode())


def kept(folder: Path) -> Kept:
    store = ADAPTERS["pooled on disk"](folder)
    assert isinstance(store, Kept)
    return store


def numbers(store: Kept) -> set[int]:
    answer = store.query(read("SELECT ?o { GRAPH <urn:g> { ?s <urn:n> ?o } }"), CSV).read()
    return {int(line) for line in answer.split()[1:]}


def test_what_was_written_is_there_after_a_stop(tmp_path: Path) -> None:
    with kept(tmp_path) as store:
        receipt = [store.write(add(n)) for n in range(3)][-1]
    with kept(tmp_path) as store:
        assert store.epoch() == receipt.epoch
        assert numbers(store) == {0, 1, 2}
        store.write(add(3))
        assert numbers(store) == {0, 1, 2, 3}


def test_nothing_acknowledged_is_lost_when_the_keeper_is_killed_again_and_again(tmp_path: Path) -> None:
    acknowledged: set[int] = set()
    begun: set[int] = set()
    with kept(tmp_path) as store:
        for turn in range(8):

            def write(start: int) -> None:
                for number in range(start, start + 200):
                    begun.add(number)
                    try:
                        store.write(add(number))
                    except GraphsvcError:
                        return
                    acknowledged.add(number)

            threads = [threading.Thread(target=write, args=(turn * 1000 + k * 200,)) for k in range(3)]
            for thread in threads:
                thread.start()
            threading.Event().wait(0.9 + turn * 0.03)
            os.kill(store.pid, signal.SIGKILL)
            for thread in threads:
                thread.join()
            store.restart()
            there = numbers(store)
            assert acknowledged <= there <= begun
    assert len(acknowledged) > 8


def written(folder: Path) -> Path:
    """A store on disk with three writes, closed."""
    with kept(folder) as store:
        for number in range(3):
            store.write(add(number))
    return folder / "disk" / "db" if (folder / "disk" / "db").exists() else folder / "db"


def opened(database: Path, version: str | None = None) -> str:
    project = Project(load(LIBRARY, {}))
    return recover(database, version or project.version, project.quads)


def cut(name: str, size: int) -> Callable[[Path], None]:
    return lambda database: os.truncate(database / name, (database / name).stat().st_size + size)


def flip(database: Path) -> None:
    content = bytearray((database / "journal").read_bytes())
    content[len(content) // 2] ^= 1
    (database / "journal").write_bytes(content)


DAMAGE: dict[str, Callable[[Path], None]] = {
    "the journal is gone": lambda database: (database / "journal").unlink(),
    "the journal lost its last record": cut("journal", -40),
    "the journal is empty": lambda database: os.truncate(database / "journal", 0),
    "a byte of the journal changed": flip,
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_journal_is_noticed_at_start(tmp_path: Path, name: str) -> None:
    database = written(tmp_path)
    DAMAGE[name](database)
    with pytest.raises(StoreError):
        opened(database)


def test_a_record_that_was_not_written_to_its_end_was_acknowledged_to_nobody(tmp_path: Path) -> None:
    database = written(tmp_path)
    before = opened(database)
    with (database / "journal").open("ab") as journal:
        journal.write(b'12345678 {"number": 4, "ep')
    assert opened(database) == before


def test_states_that_may_not_have_reached_the_disk_are_made_again_from_the_journal(tmp_path: Path) -> None:
    database = written(tmp_path)
    epoch = opened(database)
    with kept(tmp_path) as store:
        store.write(add(3))
        last = store.epoch()
        os.kill(store.pid, signal.SIGKILL)
        store._process.wait()
    state = database / "generations" / last / "state.json"
    # As if the machine had been started anew since.
    state.write_text(json.dumps(json.loads(state.read_text()) | {"boot": "before"}))
    shutil.rmtree(database / "generations" / last / "store")
    assert (database / "generations" / epoch).exists()
    assert opened(database) == last
    engine = Generations(database).open(last)
    assert sum(1 for _ in engine.quads_for_pattern(None, None, None, None)) > 4
    assert bool(engine.query("ASK { GRAPH <urn:g> { ?s <urn:n> 0, 1, 2, 3 } }"))


def test_after_a_loss_of_power_the_journal_is_done_again_from_what_was_forced_to_the_disk(
    tmp_path: Path,
) -> None:
    database, crashed = tmp_path / "db", tmp_path / "crashed"
    epoch = opened(database)
    lock = Lock.take(database)
    assert lock is not None
    store = LocalStore(ox.Store(), epoch)
    # Nothing is waited for: what is over is removed at the next change.
    keeping = DiskKeeping(store, database, epoch, lock, sync=True, patience=0)
    writer = DiskWriter(database, epoch, store.setting)
    for number in range(5):
        fields = asdict(add(number))
        content, patch = fields.pop("content"), io.BytesIO()
        told = writer(Job("write", fields, 10.0), content, patch)
        keeping.commit([(told, patch.getvalue())])
    last = store.epoch()
    assert len(Generations(database).epochs()) < 5
    shutil.copytree(database, crashed)
    keeping.close()
    for state in (crashed / "generations").glob("*/state.json"):
        # As if the machine had been started anew since, and what was not forced to the disk had not reached it.
        state.write_text(json.dumps(json.loads(state.read_text()) | {"boot": "before"}))
        if not (state.parent / "synced").exists():
            shutil.rmtree(state.parent / "store")
    assert opened(crashed) == last
    engine = Generations(crashed).open(last)
    assert bool(engine.query("ASK { GRAPH <urn:g> { ?s <urn:n> 0, 1, 2, 3, 4 } }"))


def test_a_lock_that_is_released_is_free_though_a_fork_still_has_the_file(tmp_path: Path) -> None:
    lock = Lock.take(tmp_path)
    assert lock is not None
    ends, goes_on = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(goes_on)
        os.read(ends, 1)
        os._exit(0)
    try:
        lock.release()
        again = Lock.take(tmp_path)
        assert again is not None
        again.release()
    finally:
        os.close(goes_on)
        os.close(ends)
        os.waitpid(child, 0)


def test_files_that_changed_replace_the_graphs_that_nobody_wrote_to(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(LIBRARY, project)
    database = tmp_path / "db"
    settings = load(project, {}, store=f"disk:{database}")

    def ask(text: str) -> bool:
        with open_store(Project(settings), settings) as store:
            return bool(store.engine.query(text))

    assert not ask("ASK { GRAPH ?g { <urn:new> ?p ?o } }")
    books = "http://example.org/library/graph/books"
    with Kept(tmp_path, f"disk:{database}", project) as store:
        store.write(Write("post", b"<urn:mine> <urn:p> 1 .", books, "text/turtle"))
    with (project / "data/books.ttl").open("a") as file:
        file.write("\n<urn:new> <urn:p> 1 .\n")
    (project / "data/more.ttl").write_text("<urn:more> <urn:p> 1 .")
    assert ask(f"ASK {{ GRAPH <{books}> {{ <urn:mine> ?p ?o }} }}")
    assert not ask("ASK { GRAPH ?g { <urn:new> ?p ?o } }")
    assert ask("ASK { GRAPH ?g { <urn:more> <urn:p> 1 } }")
    (project / "data/more.ttl").unlink()
    assert not ask("ASK { GRAPH ?g { <urn:more> <urn:p> 1 } }")
    assert ask(f"ASK {{ GRAPH <{books}> {{ <urn:mine> ?p ?o }} }}")


def test_files_that_changed_before_any_write_are_the_data(tmp_path: Path) -> None:
    first = opened(tmp_path)
    assert opened(tmp_path) == first
    assert opened(tmp_path, "another") == "another"
    assert Generations(tmp_path).epochs() == ["another"]


def test_one_service_has_a_store_and_others_read_it(tmp_path: Path) -> None:
    with kept(tmp_path) as store:
        store.write(add(7))
        settings = load(LIBRARY, {}, store=store.address)
        with open_store(Project(settings), settings) as beside:
            assert beside.epoch() == store.epoch()
            assert bool(beside.engine.query("ASK { GRAPH <urn:g> { ?s <urn:n> 7 } }"))
            with pytest.raises(NotSupported):
                beside.write(add(8))
        with pytest.raises(ProjectError):
            Kept(tmp_path / "other", store.address)
        assert numbers(store) == {7}


def test_states_that_are_over_are_removed(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    for epoch in ("a", "b"):
        (generations.folder / epoch).mkdir()
    generations.retire("a", 0)
    generations.retire("b", 100)
    assert generations.epochs() == ["b"]
