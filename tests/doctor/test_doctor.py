"""`graphsvc doctor`: all well is said to be, each fault is named with what to do, and nothing is changed."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphsvc.doctor.confinement import _ATTEMPTS
from graphsvc.store.generations import Generations
from graphsvc.tokens import TokenFile
from tests.commands import Done, graphsvc, may_be_apart, tree
from tests.conftest import LIBRARY, running
from tests.servers import free_port, oxigraph_server
from tests.store.adapters import Kept
from tests.store.test_disk import add, flip, written


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A healthy project with a store of three writes and a token."""
    folder = tmp_path / "project"
    shutil.copytree(LIBRARY, folder)
    database = written(tmp_path)
    with (folder / "graphsvc.toml").open("a") as file:
        file.write(f'[service]\nstore = "disk:{database}"\n')
    TokenFile(folder / ".graphsvc/tokens.json").new("editor", ["write"])
    return folder


def database(project: Path) -> Path:
    return project.parent / "db"


def levels(done: Done) -> set[str]:
    return {line.split()[0] for line in done.said.splitlines()}


def lines(done: Done, level: str) -> str:
    return "\n".join(line for line in done.said.splitlines() if line.startswith(level))


def facts(done: Done, subject: str) -> dict[str, Any]:
    found = [each["facts"] for each in json.loads(done.said)["findings"] if each["subject"] == subject]
    assert len(found) == 1
    return dict(found[0])


def test_a_healthy_project_has_nothing_wrong_and_is_not_changed(project: Path) -> None:
    before = tree(project.parent)
    done = graphsvc("doctor", "--project", project)
    assert (done.status, levels(done), done.complained) == (0, {"ok"}, "")
    assert "3 changes" in lines(done, "ok     journal")
    assert "1 token, 1 for writing" in done.said
    assert tree(project.parent) == before


def test_programs_are_told_the_same_with_numbers(project: Path) -> None:
    done = graphsvc("doctor", "--project", project, "--json")
    told = json.loads(done.said)
    assert (done.status, told["status"]) == (0, 0)
    assert {each["level"] for each in told["findings"]} == {"ok"}
    assert facts(done, "journal")["changes"] == 3
    assert facts(done, "state")["epoch"] == Generations(database(project)).newest()
    assert facts(done, "store")["held"] is False
    assert facts(done, "sandbox")["seccomp"] is True
    assert set(facts(done, "sandbox")["refused"]) == set(_ATTEMPTS)
    assert facts(done, "libraries")["versions"].keys() >= {"pyoxigraph", "rdflib", "waitress"}


def test_it_looks_at_a_store_that_a_service_is_using_and_does_not_disturb_it(project: Path) -> None:
    with Kept(project.parent / "kept", f"disk:{database(project)}", project) as store:
        store.write(add(7))
        done = graphsvc("doctor", "--project", project, "--json")
        assert (done.status, facts(done, "store")["held"]) == (0, True)
        assert facts(done, "state")["epoch"] == store.epoch()
        assert facts(done, "forced")["changes_since"] == 1
        store.write(add(8))


def test_it_works_beside_a_whole_service(project: Path) -> None:
    with running(project):
        done = graphsvc("doctor", "--project", project)
    assert (done.status, levels(done)) == (0, {"ok"})
    assert "a service has it now" in done.said


def test_each_setting_is_shown_with_where_it_comes_from(project: Path) -> None:
    done = graphsvc("doctor", "--project", project, "--port", "99", GRAPHSVC_GRACE="4", GRAPHSVC_PORT="98")
    assert "port = 99 from --port." in done.said
    assert "grace = 4.0 from GRAPHSVC_GRACE." in done.said
    assert f"base = 'http://example.org/library' from {project}/graphsvc.toml." in done.said


def test_a_secret_is_not_shown(project: Path) -> None:
    done = graphsvc("doctor", "--project", project, "--json", GRAPHSVC_REMOTE_AUTHORIZATION="Basic c2VjcmV0")
    assert "c2VjcmV0" not in done.said
    assert "remote_authorization" in done.said
    url = f"http://user:hidden@127.0.0.1:{free_port()}/sparql"
    done = graphsvc("doctor", "--project", project, "--json", GRAPHSVC_STORE=f"remote:{url}")
    assert "hidden" not in done.said
    assert "//…@127.0.0.1" in done.said


def replaced(name: str, content: str) -> Callable[[Path], object]:
    def replace(project: Path) -> None:
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(content)

    return replace


def appended(name: str, content: str) -> Callable[[Path], object]:
    return lambda project: (project / name).write_text((project / name).read_text() + content)


def damaged_table(project: Path) -> None:
    generations = Generations(database(project))
    tables = (generations.folder / generations.newest() / "store").glob("*.sst")
    for table in tables:
        table.write_bytes(b"\0" * table.stat().st_size)


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "an unknown setting": (appended("graphsvc.toml", "prot = 1\n"), "did you mean 'port'"),
    "a value of the wrong type": (appended("graphsvc.toml", "port = 'x'\n"), "is not of type int"),
    "a value out of bounds": (appended("graphsvc.toml", "port = 70000\n"), "It must be from 0 to 65535"),
    "no time for a query": (appended("graphsvc.toml", "query_timeout = 0\n"), "query_timeout is 0.0"),
    "a data file that does not parse": (appended("data/books.ttl", "<urn:x> <urn:y> .\n"), "data/books.ttl"),
    "a packed file that is cut short": (
        lambda project: (project / "data/cut.ttl.gz").write_bytes(b"\x1f\x8b\x08\0\0\0\0\0\0\0abc"),
        "cut.ttl.gz",
    ),
    "a query that does not parse": (replaced("queries/x.rq", "#+ summary: X\nSELEKT"), "queries/x.rq"),
    "no project": (shutil.rmtree, "no such folder"),
    "a journal with a flipped byte": (lambda project: flip(database(project)), "the journal is damaged"),
    "a journal that is gone": (lambda project: (database(project) / "journal").unlink(), "cannot be read"),
    "a journal cut short": (
        lambda project: os.truncate(database(project) / "journal", 200),
        "the journal was cut short",
    ),
    "no state": (lambda project: shutil.rmtree(database(project) / "generations"), "the states are gone"),
    "a state that the engine cannot open": (damaged_table, "cannot be opened|orruption"),
    "tokens that others can read": (
        lambda project: (project / ".graphsvc/tokens.json").chmod(0o644),
        "chmod 600",
    ),
    "a file of tokens that is none": (replaced(".graphsvc/tokens.json", "{"), "cannot be read"),
    "tokens that are none": (replaced(".graphsvc/tokens.json", '{"tokens": {"x": {}}}'), "tokens.json"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_what_to_do_and_left_as_it_is(project: Path, name: str) -> None:
    make, says = FAULTS[name]
    make(project)
    before = tree(project.parent)
    done = graphsvc("doctor", "--project", project)
    assert done.status == 1, done.said
    assert done.complained == ""
    found = lines(done, "wrong").splitlines()
    assert len(found) == 1, done.said
    assert re.search(says, found[0]), found[0]
    assert tree(project.parent) == before


def test_a_store_that_a_start_would_mend_by_itself_is_only_noted(project: Path) -> None:
    folder = database(project)
    with Kept(project.parent / "kept", f"disk:{folder}", project) as store:
        store.write(add(7))
        shutil.copytree(folder, project.parent / "crashed")
    crashed = project.parent / "crashed"
    with (crashed / "journal").open("ab") as journal:
        journal.write(b'12345678 {"number": 5, "ep')
    last = Generations(crashed).newest()
    state = crashed / "generations" / last / "state.json"
    # As if the machine had been started anew since: this state was not forced to the disk.
    state.write_text(json.dumps(json.loads(state.read_text()) | {"boot": "before"}))
    before = tree(crashed)
    done = graphsvc("doctor", "--project", project, "--store", f"disk:{crashed}")
    assert (done.status, levels(done)) == (0, {"ok", "note"})
    assert "The 26 bytes behind that" in lines(done, "note")
    assert "is 1 change further" in lines(done, "note")
    assert tree(crashed) == before


def test_files_that_changed_since_are_noted(project: Path) -> None:
    appended("data/books.ttl", "<urn:x> <urn:y> <urn:z> .\n")(project)
    done = graphsvc("doctor", "--project", project)
    assert done.status == 0
    assert "note   files" in done.said


def test_stores_that_are_not_on_disk_are_looked_at_too(project: Path) -> None:
    done = graphsvc("doctor", "--project", project, "--store", "memory:")
    assert (done.status, "gone when the service stops" in done.said) == (0, True)
    done = graphsvc("doctor", "--project", project, "--store", "nowhere")
    assert (done.status, "names no store" in done.said) == (1, True)
    done = graphsvc("doctor", "--project", project, "--store", f"disk:{project.parent}/none")
    assert (done.status, "there is no store yet" in done.said) == (0, True)
    assert not (project.parent / "none").exists()


def test_a_remote_store_is_asked(project: Path) -> None:
    with oxigraph_server(project.parent) as url:
        done = graphsvc("doctor", "--project", project, "--store", f"remote:{url}/query")
        assert (done.status, "answers." in done.said) == (0, True)
    done = graphsvc("doctor", "--project", project, "--store", f"remote:http://127.0.0.1:{free_port()}/")
    assert (done.status, "wrong  store" in done.said) == (1, True)


def test_limits_that_are_too_low_are_named(project: Path) -> None:
    script = 'ulimit -n 200 && "$@"'
    done = graphsvc("doctor", "--project", project, apart=script)
    assert (done.status, "ulimit -n" in lines(done, "wrong")) == (1, True)


@pytest.mark.skipif(not may_be_apart(), reason="no disk can be mounted here: unshare is not allowed")
def test_a_disk_that_is_nearly_full_is_wrong(project: Path) -> None:
    disk = project.parent / "small"
    disk.mkdir()
    script = f'mount -t tmpfs -o size=1m none "{disk}" && "$@"'
    done = graphsvc("doctor", "--project", project, "--store", f"disk:{disk}/db", apart=script)
    assert (done.status, "writes are about to be refused" in done.said) == (1, True)


def test_a_machine_without_the_filter_is_told_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    from graphsvc.doctor import confinement
    from graphsvc.doctor.findings import Level
    from graphsvc.workers import sandbox

    monkeypatch.setattr(sandbox, "_CALLS", {})
    memory, filtered = confinement.examine_sandbox()
    assert memory.level is Level.OK
    assert filtered.level is Level.WRONG
    assert "seccomp is not in force" in filtered.text
    assert "open a socket" in filtered.text


def test_a_backup_is_looked_at(project: Path) -> None:
    backup = project.parent / "backup"
    assert graphsvc("backup", backup, "--project", project).status == 0
    before = tree(backup)
    done = graphsvc("doctor", "--backup", backup, "--json")
    assert (done.status, facts(done, "backup")["number"]) == (0, 3)
    assert tree(backup) == before
    for path in (backup / "store/journal", next(backup.glob("store/generations/*/state.json"))):
        path.write_bytes(path.read_bytes()[::-1])
    done = graphsvc("doctor", "--backup", backup)
    assert (done.status, len(done.said.splitlines())) == (1, 2)
    assert lines(done, "wrong").count("checksum") == 2
    done = graphsvc("doctor", "--backup", project)
    assert (done.status, "this is no backup" in done.said) == (1, True)


def test_credentials_that_everybody_can_read_are_noted_and_not_shown(project: Path) -> None:
    file = project / "credentials"
    file.write_text("bearer s3cr3t")
    for mode, noted in ((0o644, True), (0o640, False)):
        file.chmod(mode)
        store = f"http://127.0.0.1:{free_port()}/"
        done = graphsvc(
            "doctor", "--project", project, "--store", store, GRAPHSVC_REMOTE_CREDENTIALS=str(file)
        )
        assert ("can be read by everybody" in done.said) == noted
        assert "s3cr3t" not in done.said


def test_a_header_that_is_a_secret_is_not_listed(project: Path) -> None:
    done = graphsvc("settings", "--project", project, GRAPHSVC_REMOTE_AUTHORIZATION="Bearer s3cr3t")
    assert "remote_authorization = (not shown)" in done.said
    assert "s3cr3t" not in done.said
