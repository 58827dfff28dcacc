"""A backup of a store: whole or not there, of one state, and a store again when it is restored."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pyoxigraph as ox
import pytest

from graphsvc.errors import StoreError
from graphsvc.project import Project
from graphsvc.settings import load
from graphsvc.store import backup as taking
from graphsvc.store.changes import apply_patch
from graphsvc.store.disk import Lock
from graphsvc.store.generations import Generations, Snapshot
from graphsvc.store.journal import read_journal
from graphsvc.store.manifest import Manifest
from graphsvc.store.restore import restore
from graphsvc.store.unfinished import unfinished
from graphsvc.tokens import TokenFile
from tests.commands import graphsvc, may_be_apart, tree
from tests.conftest import LIBRARY, running
from tests.store.adapters import Kept
from tests.store.test_disk import add, opened, written

WRITERS = 4


def canonical(quads: Iterator[ox.Quad]) -> bytes:
    """A dataset in the canonical form of RDFC-1.0, https://www.w3.org/TR/rdf-canon/."""
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return b"\n".join(sorted(f"{quad} .".encode() for quad in dataset))


def state(folder: Path) -> bytes:
    """The newest state of a store, in canonical form."""
    generations = Generations(folder)
    return canonical(generations.open(generations.newest()).quads_for_pattern(None, None, None, None))


class Client:
    """A client of a service whose store is on disk, with a token for everything."""

    def __init__(self, url: str, secret: str) -> None:
        self._host = urlsplit(url).netloc
        self._token = {"Authorization": f"Bearer {secret}"}

    def ask(self, method: str, path: str, body: str = "", accept: str = "*/*") -> tuple[int, bytes, str]:
        connection = http.client.HTTPConnection(self._host, timeout=30)
        kind = {"Content-Type": "application/sparql-update"} if body else {}
        try:
            connection.request(method, path, body or None, self._token | kind | {"Accept": accept})
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.getheader("ETag") or ""
        finally:
            connection.close()

    def dump(self) -> bytes:
        """All of the data, in canonical form."""
        status, content, _ = self.ask("GET", "/dataset.nq")
        assert status == 200
        return canonical(ox.parse(content, ox.RdfFormat.N_QUADS))

    def tag(self, graph: str) -> str:
        """The entity tag of a graph."""
        status, _, tag = self.ask("GET", f"/graph-store?graph={quote(graph)}", accept="application/n-triples")
        assert status == 200
        return tag

    def record(self) -> bytes:
        """The record of writes."""
        name = quote("http://example.org/library/graph/system/writes")
        status, content, _ = self.ask("GET", f"/graph-store?graph={name}", accept="application/n-triples")
        assert status == 200
        return b"\n".join(sorted(content.splitlines()))


@contextlib.contextmanager
def served(folder: Path, store: Path) -> Iterator[Client]:
    tokens = TokenFile(folder / "tokens.json")
    with contextlib.suppress(FileNotFoundError):
        tokens.path.unlink()
    secret = tokens.new("w", ["write", "history"])
    with running(LIBRARY, "--store", f"disk:{store}", GRAPHSVC_TOKENS=str(tokens.path)) as url:
        yield Client(url, secret)


@contextlib.contextmanager
def writing(client: Client) -> Iterator[list[int]]:
    """Four clients that write all the while, with blank nodes, changes and removals; what was acknowledged."""
    acknowledged: list[int] = []
    over = threading.Event()

    def write(start: int) -> None:
        for number in itertools.count(start, WRITERS):
            if over.is_set():
                return
            text = (
                f"INSERT DATA {{ GRAPH <urn:g> {{ [] <urn:n> {number} ; <urn:in> [ <urn:n> {number} ] }} }} ;"
                "DELETE { GRAPH <urn:last> { <urn:s> <urn:n> ?o } } "
                f"INSERT {{ GRAPH <urn:last> {{ <urn:s> <urn:n> {number} }} }} "
                "WHERE { OPTIONAL { GRAPH <urn:last> { <urn:s> <urn:n> ?o } } }"
            )
            if client.ask("POST", "/update", text)[0] == 204:
                acknowledged.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        yield acknowledged
    finally:
        over.set()
        for thread in threads:
            thread.join()


def numbers(store: Path) -> set[int]:
    engine = Generations(store).open(Generations(store).newest())
    rows = engine.query("SELECT ?n { GRAPH <urn:g> { ?s <urn:in> [] ; <urn:n> ?n } }")
    assert isinstance(rows, ox.QuerySolutions)
    return {int(row["n"].value) for row in rows}


def test_a_backup_beside_four_writing_clients_is_exactly_one_state(tmp_path: Path) -> None:
    live = tmp_path / "db"
    backups = [tmp_path / f"backup-{turn}" for turn in range(4)]
    before: list[set[int]] = []
    with served(tmp_path, live) as client:
        with writing(client) as acknowledged:
            for target in backups:
                known = len(acknowledged)
                while len(acknowledged) < known + 2 * WRITERS:
                    time.sleep(0.01)
                before.append(set(acknowledged))
                done = graphsvc("backup", target, "--store", f"disk:{live}")
                assert done.status == 0, done.complained
        assert client.ask("GET", "/sparql?query=ASK%7B%7D")[0] == 200
    records, _ = read_journal(live / "journal")
    for target, known in zip(backups, before, strict=True):
        manifest = Manifest.read(target)
        assert list(manifest.faults(target)) == []
        # The state that the patches of the live store's journal lead to, from the project's files.
        engine = ox.Store()
        engine.extend(project_quads())
        for fields, patch in records:
            apply_patch(engine, patch)
            if fields["epoch"] == manifest.epoch:
                break
        else:
            pytest.fail("the journal has no such state")
        assert len(engine) == manifest.quads
        restored = tmp_path / f"{target.name}-restored"
        done = graphsvc("restore", target, "--store", f"disk:{restored}")
        assert done.status == 0, done.complained
        assert state(restored) == canonical(engine.quads_for_pattern(None, None, None, None))
        assert known <= numbers(restored)
    assert len({Manifest.read(target).epoch for target in backups}) == len(backups)


def project_quads() -> list[ox.Quad]:
    return list(Project(load(LIBRARY, {})).quads())


def test_a_restored_store_is_served_with_its_data_entity_tags_and_record_of_writes(tmp_path: Path) -> None:
    live, restored, target = tmp_path / "db", tmp_path / "restored", tmp_path / "backup"
    with served(tmp_path, live) as client:
        with writing(client) as acknowledged:
            while len(acknowledged) < 3 * WRITERS:
                time.sleep(0.01)
        wanted = client.dump(), client.record(), client.tag("urn:g"), client.tag("urn:last")
        assert graphsvc("backup", target, "--store", f"disk:{live}").status == 0
        assert client.ask("POST", "/update", "CLEAR ALL")[0] == 204
    assert graphsvc("restore", target, "--store", restored).status == 0
    with served(tmp_path, restored) as client:
        assert (client.dump(), client.record(), client.tag("urn:g"), client.tag("urn:last")) == wanted
        assert (
            client.ask("POST", "/update", "INSERT DATA { GRAPH <urn:g> { <urn:s> <urn:after> 1 } }")[0] == 204
        )
        assert client.tag("urn:g") != wanted[2]
    # What is written to the restored store does not reach the backup that it came from.
    assert list(Manifest.read(target).faults(target)) == []


def test_a_backup_of_a_store_at_rest_has_what_was_acknowledged_and_is_not_in_a_state_yet(
    tmp_path: Path,
) -> None:
    database = written(tmp_path)
    earlier = Generations(database).newest()
    shutil.copytree(database / "generations" / earlier, tmp_path / "earlier")
    with Kept(tmp_path, f"disk:{database}") as store:
        store.write(add(7))
        last = store.epoch()
        os.kill(store.pid, signal.SIGKILL)
        store._process.wait()
    # As if power was lost: the journal was forced to the disk, and the last state was not.
    shutil.rmtree(database / "generations")
    shutil.copytree(tmp_path / "earlier", database / "generations" / earlier)
    lock = Lock.take(database)
    assert lock is not None
    with lock:
        # Of a service that is running, this would be a change that it may yet take back.
        assert graphsvc("backup", tmp_path / "sooner", "--store", database).status == 0
        assert Manifest.read(tmp_path / "sooner").epoch == earlier
    done = graphsvc("backup", tmp_path / "backup", "--store", database)
    assert done.status == 0, done.complained
    assert Manifest.read(tmp_path / "backup").epoch == last
    assert Generations(database).epochs() == [earlier]
    engine = Generations(tmp_path / "backup/store").open(last)
    assert bool(engine.query("ASK { GRAPH <urn:g> { ?s <urn:n> 0, 1, 2, 7 } }"))


def test_a_state_that_is_removed_while_it_is_copied_is_copied(
    made: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(made[0], tmp_path / "db")
    copy = taking._copy_state

    def removed(*arguments: Any) -> int:
        shutil.rmtree(tmp_path / "db/generations")
        return copy(*arguments)

    monkeypatch.setattr(taking, "_copy_state", removed)
    manifest, shared = taking.back_up(tmp_path / "db", tmp_path / "backup")
    assert (manifest.number, shared) == (3, 0)
    assert list(manifest.faults(tmp_path / "backup")) == []


def test_a_state_that_is_removed_before_it_is_copied_gives_way_to_the_next(
    made: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([lambda seen: replace(seen, state=Snapshot("gone")), lambda seen: seen])
    look = taking.inspect
    monkeypatch.setattr(taking, "inspect", lambda folder: next(looks)(look(folder)))
    manifest, _ = taking.back_up(made[0], tmp_path / "backup")
    assert manifest.number == 3
    assert list(manifest.faults(tmp_path / "backup")) == []


def test_a_backup_changes_nothing_of_the_store(tmp_path: Path) -> None:
    database = written(tmp_path)
    before = tree(database)
    assert graphsvc("backup", tmp_path / "backup", "--store", database).status == 0
    assert tree(database) == before


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A store with three writes, and a backup of it; neither is changed by anyone."""
    folder = tmp_path_factory.mktemp("made")
    database = written(folder)
    assert graphsvc("backup", folder / "backup", "--store", database).status == 0
    return database, folder / "backup"


def one(backup: Path, pattern: str) -> Path:
    return max(backup.glob(pattern), key=lambda path: path.stat().st_size)


KINDS = {
    "the manifest": "manifest.json",
    "the journal": "store/journal",
    "the state": "store/generations/*/state.json",
    "a table of the engine": "store/generations/*/store/*.sst",
    "the engine's manifest": "store/generations/*/store/MANIFEST-*",
    "the engine's options": "store/generations/*/store/OPTIONS-*",
}


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "with a flipped byte": (flip, "not as it was written"),
    "cut short": (
        lambda path: os.truncate(path, path.stat().st_size - 2),
        "should have|not as it was written",
    ),
    "gone": (lambda path: path.unlink(), "is missing|this is no backup"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_backup_is_refused_with_what_is_wrong(
    made: tuple[Path, Path], tmp_path: Path, kind: str, damage: str
) -> None:
    backup = tmp_path / "backup"
    shutil.copytree(made[1], backup)
    path = one(backup, KINDS[kind])
    damaged, says = DAMAGE[damage]
    damaged(path)
    with pytest.raises(StoreError, match=says) as caught:
        restore(backup, tmp_path / "db")
    assert path.name in str(caught.value)
    assert not (tmp_path / "db").exists()


def test_a_backup_whose_files_are_each_right_and_do_not_fit_is_refused(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    backup = tmp_path / "backup"
    shutil.copytree(made[1], backup)
    manifest = Manifest.read(backup)
    replace(manifest, quads=1).write(backup)
    done = graphsvc("restore", backup, "--store", tmp_path / "db")
    assert (done.status, "the manifest says 1" in done.complained) == (1, True)
    replace(manifest, files={"../../x": {"bytes": 0, "sha256": ""}}).write(backup)
    done = graphsvc("restore", backup, "--store", tmp_path / "db")
    assert (done.status, "is no name of a file" in done.complained) == (1, True)
    assert not (tmp_path / "db").exists()


def test_a_backup_of_a_newer_form_is_refused_with_the_version_that_made_it(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    backup = tmp_path / "backup"
    shutil.copytree(made[1], backup)
    content = json.loads((backup / "manifest.json").read_text())
    (backup / "manifest.json").write_text(json.dumps(content | {"form": 99, "graphsvc": "7.0"}))
    done = graphsvc("restore", backup, "--store", tmp_path / "db")
    assert done.status == 1
    assert "made by graphsvc 7.0, in form 99" in done.complained
    assert not (tmp_path / "db").exists()


def test_restoring_over_a_store_moves_it_aside_and_only_when_told_to(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    database, backup = made
    mine = tmp_path / "db"
    shutil.copytree(database, mine)
    with Kept(tmp_path / "kept", f"disk:{mine}") as store:
        store.write(add(9))
        newer = store.epoch()
        done = graphsvc("restore", backup, "--store", mine, "--replace")
        assert (done.status, "a service has this store" in done.complained) == (1, True)
    before = tree(mine)
    done = graphsvc("restore", backup, "--store", mine)
    assert (done.status, "--replace" in done.complained) == (1, True)
    assert tree(mine) == before
    assert graphsvc("restore", backup, "--store", mine, "--replace").status == 0
    assert Generations(mine).newest() == Manifest.read(backup).epoch
    (aside,) = mine.glob("replaced-*")
    assert Generations(aside).newest() == newer
    with Kept(tmp_path / "aside", f"disk:{aside}") as store:
        assert store.epoch() == newer
    with Kept(tmp_path / "again", f"disk:{mine}") as store:
        assert store.epoch() == Manifest.read(backup).epoch


KILLED_AT = """
import os, signal, sys
from pathlib import Path
from graphsvc.store.restore import restore

backup, folder, left = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])

def counted(call):
    def until(*arguments):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        call(*arguments)
    return until

os.link, os.rename = counted(os.link), counted(os.rename)
restore(backup, folder, replace=True)
"""


@pytest.mark.parametrize("steps", range(5))
def test_a_restore_that_was_cut_off_leaves_the_old_store_or_the_new_one_or_none_that_starts(
    made: tuple[Path, Path], tmp_path: Path, steps: int
) -> None:
    mine = tmp_path / "db"
    with Kept(tmp_path / "kept", f"disk:{mine}") as store:
        store.write(add(9))
        old = store.epoch()
    new = Manifest.read(made[1]).epoch
    command = [sys.executable, "-c", KILLED_AT, str(made[1]), str(mine), str(steps)]
    cut_off = subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert cut_off == (steps < 4)
    if steps < 2:
        assert opened(mine) == old
    elif cut_off:
        with pytest.raises(StoreError):
            opened(mine)
    assert graphsvc("restore", made[1], "--store", mine, "--replace").status == 0
    assert opened(mine) == new
    assert any((aside / "generations" / old).exists() for aside in mine.glob("replaced-*"))


def existing_file(folder: Path) -> Path:
    (folder / "target").write_text("mine")
    return folder / "target"


def existing_folder(folder: Path) -> Path:
    (folder / "target").mkdir()
    (folder / "target/mine").write_text("mine")
    return folder / "target"


TARGETS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a file": (existing_file, "is there already and no folder"),
    "a folder with something in it": (existing_folder, "is there already and not empty"),
    "in no folder": (lambda folder: folder / "no" / "target", "no such folder"),
}


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_that_will_not_do_is_refused_and_left_as_it_is(
    made: tuple[Path, Path], tmp_path: Path, name: str
) -> None:
    make, says = TARGETS[name]
    target = make(tmp_path)
    before = tree(tmp_path)
    done = graphsvc("backup", target, "--store", made[0])
    assert (done.status, says in done.complained) == (1, True), done.complained
    assert tree(tmp_path) == before


def test_a_backup_in_the_store_itself_is_refused(made: tuple[Path, Path]) -> None:
    before = tree(made[0])
    done = graphsvc("backup", made[0] / "generations/x", "--store", made[0])
    assert (done.status, "in the store itself" in done.complained) == (1, True)
    assert tree(made[0]) == before


def test_an_empty_folder_may_be_the_target(made: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    assert graphsvc("backup", tmp_path / "target", "--store", made[0]).status == 0
    assert list(Manifest.read(tmp_path / "target").faults(tmp_path / "target")) == []


def test_what_is_no_store_on_disk_is_refused(tmp_path: Path) -> None:
    done = graphsvc("backup", tmp_path / "x", "--project", LIBRARY)
    assert (done.status, "only one on disk" in done.complained) == (1, True)
    done = graphsvc("backup", tmp_path / "x", "--store", tmp_path / "none")
    assert (done.status, "there is no store here" in done.complained) == (1, True)
    done = graphsvc("backup")
    assert (done.status, "Missing argument" in done.complained) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_store_is_not_backed_up(made: tuple[Path, Path], tmp_path: Path) -> None:
    shutil.copytree(made[0], tmp_path / "db")
    flip(tmp_path / "db/journal")
    done = graphsvc("backup", tmp_path / "x", "--store", tmp_path / "db")
    assert (done.status, "the journal is damaged" in done.complained) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["db"]


def test_a_store_is_not_restored_into_its_backup(made: tuple[Path, Path]) -> None:
    before = tree(made[1])
    done = graphsvc("restore", made[1], "--store", made[1] / "store", "--replace")
    assert (done.status, "in the backup itself" in done.complained) == (1, True)
    assert tree(made[1]) == before


def test_a_folder_with_other_things_is_not_restored_into(made: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    done = graphsvc("restore", made[1], "--store", tmp_path, "--replace")
    assert (done.status, "thesis.txt" in done.complained) == (1, True)
    assert list(tree(tmp_path)) == ["thesis.txt"]


def test_a_backup_that_was_killed_is_no_backup_and_the_next_one_clears_it_away(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from graphsvc.store import backup;"
        "backup.force_all = lambda _: os.kill(os.getpid(), signal.SIGKILL);"
        "backup.back_up(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    target = tmp_path / "target"
    killed = subprocess.run([sys.executable, "-c", script, str(made[0]), str(target)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not target.exists()
    assert len(list(tmp_path.iterdir())) == 1
    assert graphsvc("backup", target, "--store", made[0]).status == 0
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_what_somebody_is_at_work_on_is_not_cleared_away(tmp_path: Path) -> None:
    with unfinished(tmp_path) as one, unfinished(tmp_path) as other:
        assert one.is_dir()
        assert other.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_looking_whether_a_store_is_taken_keeps_nobody_from_taking_it(tmp_path: Path) -> None:
    lock = Lock.take(tmp_path)
    assert lock is not None
    assert Lock.held(tmp_path)
    lock.release()
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            Lock.held(tmp_path)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        for _ in range(200):
            taken = Lock.take(tmp_path)
            assert taken is not None
            taken.release()
    finally:
        over.set()
        thread.join()


apart = pytest.mark.skipif(not may_be_apart(), reason="no disk can be mounted here: unshare is not allowed")


@apart
def test_a_backup_on_another_disk_is_a_copy(made: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    script = (
        f'mount -t tmpfs -o size=24m none "{tmp_path}/disk" && "$@" && '
        f'"{sys.executable}" -m graphsvc doctor --backup "{tmp_path}/disk/x"'
    )
    done = graphsvc("backup", tmp_path / "disk/x", "--store", made[0], apart=script)
    assert (done.status, done.complained) == (0, "")
    assert "\nok     backup" in done.said


@apart
def test_where_a_disk_is_mounted_a_store_can_be_restored_and_no_backup_made(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    mount = f'mount -t tmpfs -o size=24m none "{tmp_path}" && "$@"'
    done = graphsvc("backup", tmp_path, "--store", made[0], apart=mount)
    assert (done.status, "name a folder in it" in done.complained) == (1, True)
    listed = f'{mount} && ls "{tmp_path}"'
    done = graphsvc("restore", made[1], "--store", tmp_path, apart=listed)
    assert (done.status, done.said.split()[-3:]) == (0, ["generations", "journal", "lock"])


@apart
@pytest.mark.parametrize(
    ("mount", "says"),
    [("-o size=64k", "No space left"), ("-o ro", "Read-only file system")],
)
@pytest.mark.parametrize("command", ["backup", "restore"])
def test_a_disk_that_is_full_or_read_only_is_named_and_nothing_is_left_on_it(
    made: tuple[Path, Path], tmp_path: Path, mount: str, says: str, command: str
) -> None:
    database, backup = made
    disk = tmp_path / "disk"
    disk.mkdir()
    arguments = (
        (disk / "x", "--store", database) if command == "backup" else (backup, "--store", disk / "x/y")
    )
    script = f'mount -t tmpfs {mount} none "{disk}" && "$@"; status=$?; ls -A "{disk}"; exit $status'
    done = graphsvc(command, *arguments, apart=script)
    assert (done.status, done.said) == (1, "")
    assert says in done.complained
