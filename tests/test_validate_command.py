"""`graphsvc validate` for people who edit and for pipelines: places, several reports at once, watching."""

from __future__ import annotations

import io
import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

import pytest

from graphsvc.progress import spinner
from graphsvc.validation.watching import changes
from tests.conftest import LIBRARY

BAD = "<http://example.org/library/id/book/a>\n   a <http://example.org/library/def/lib#Book> .\n"
GOOD = BAD.replace(" .\n", ' ; <http://purl.org/dc/terms/title> "A" .\n')


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "graphsvc", "validate", *arguments, "--project", str(LIBRARY)]


def done(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_result_names_the_file_as_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "book.ttl").write_text(BAD)
    run = done("data", folder=tmp_path)
    assert run.returncode == 1
    assert "--> data/book.ttl:1:1\n" in run.stdout
    assert "Add at least one dct:title." in run.stdout


def test_a_file_with_a_name_that_is_no_text_is_validated_too(tmp_path: Path) -> None:
    name = b"b\xff%.ttl"
    (tmp_path / os.fsdecode(name)).write_text(BAD)
    run = subprocess.run(
        [*command("-o", "out.sarif"), name], cwd=tmp_path, capture_output=True, timeout=60, check=False
    )
    assert run.returncode == 1, run.stderr
    assert b"b\\udcff%.ttl:1:1" in run.stdout
    assert "%25.ttl" in (tmp_path / "out.sarif").read_text()


def test_one_run_writes_several_reports(tmp_path: Path) -> None:
    (tmp_path / "book.ttl").write_text(BAD)
    names = ["out.sarif", "out.junit.xml", "out.csv", "out.html", "out.rdf", "out.json"]
    outputs = [part for name in names for part in ("-o", name)]
    run = done("book.ttl", "--format", "github", *outputs, folder=tmp_path)
    assert run.returncode == 1
    assert run.stdout.startswith("::error file=book.ttl,line=1,endLine=1,col=1,")
    assert json.loads((tmp_path / "out.sarif").read_text())["version"] == "2.1.0"
    assert "<testsuites" in (tmp_path / "out.junit.xml").read_text()
    assert (tmp_path / "out.csv").read_bytes().startswith(b"severity,document,line,column,")
    assert (tmp_path / "out.html").read_text().startswith("<!DOCTYPE html>")
    assert "<rdf:RDF" in (tmp_path / "out.rdf").read_text()
    assert json.loads((tmp_path / "out.json").read_text())["conforms"] is False


@pytest.mark.parametrize("name", ["report.pdf", "nowhere/report.sarif"])
def test_a_report_that_cannot_be_written_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "book.ttl").write_text(GOOD)
    run = done("book.ttl", "-o", name, folder=tmp_path)
    assert run.returncode == 2
    assert run.stderr.startswith(f"{name}: ")
    assert run.stdout == ""


def test_a_document_that_does_not_parse_is_shown_with_the_place(tmp_path: Path) -> None:
    (tmp_path / "book.ttl").write_text("<http://e/a> <http://e/p> 1 .\n<http://e/a> <http://e/p> ;\n")
    run = done("book.ttl", folder=tmp_path)
    assert run.returncode == 2
    place, line, carets = run.stderr.splitlines()
    assert place.startswith("book.ttl:2:27: ")
    assert line == "  2 | <http://e/a> <http://e/p> ;"
    assert carets.index("^") == line.index(";")


@contextmanager
def watching(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Queue[str]]]:
    """A process that watches `book.ttl`, and its verdicts as they come."""
    verdicts: Queue[str] = Queue()
    with subprocess.Popen(
        command("book.ttl", "--watch"),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:

        def read() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith(("The data", "book.ttl:")):
                    verdicts.put(line)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            yield process, verdicts
        finally:
            process.kill()
            process.wait(timeout=20)
            reader.join(timeout=20)


def test_a_file_that_changes_is_validated_again_until_ctrl_c(tmp_path: Path) -> None:
    file = tmp_path / "book.ttl"
    file.write_text(BAD)
    with watching(tmp_path) as (process, verdicts):
        assert verdicts.get(timeout=30) == "The data do not conform: 1 violation.\n"
        file.write_text("<a")
        assert verdicts.get(timeout=30).startswith("book.ttl:1:")
        file.write_text(GOOD)
        assert verdicts.get(timeout=30) == "The data conform.\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_standard_input_cannot_be_watched(tmp_path: Path) -> None:
    run = done("-", "--data-format", "ttl", "--watch", folder=tmp_path)
    assert run.returncode == 2
    assert "standard input" in run.stderr.lower()


def test_a_report_that_is_written_among_the_data_is_no_change(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text(GOOD)
    pauses = iter(range(2))

    def pause() -> None:
        if next(pauses, None) is None:
            raise KeyboardInterrupt

    seen = changes([str(tmp_path)], [str(tmp_path / "report.ttl")], pause=pause)
    next(seen)
    (tmp_path / "report.ttl").write_text("x")
    with pytest.raises(KeyboardInterrupt):
        next(seen)


def test_files_that_come_and_go_are_changes(tmp_path: Path) -> None:
    pauses = iter(range(3))
    seen = changes([str(tmp_path), str(tmp_path / "not-yet.ttl")], pause=lambda: next(pauses))  # type: ignore[arg-type,return-value]
    next(seen)
    (tmp_path / "new.ttl").write_text("")
    next(seen)
    (tmp_path / "new.ttl").unlink()
    next(seen)


def test_work_is_spoken_of_on_a_terminal_only() -> None:
    nobody = io.StringIO()
    with spinner("Validating", nobody):
        pass
    assert nobody.getvalue() == ""
    ours, theirs = pty.openpty()
    try:
        with os.fdopen(theirs, "w", encoding="utf-8") as terminal, spinner("Validating", terminal):
            shown = b""
            while b"Validating" not in shown:
                shown += os.read(ours, 1024)
    finally:
        os.close(ours)
    assert b"\r" in shown
