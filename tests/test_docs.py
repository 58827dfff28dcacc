"""The README is true: every command in it runs, and what it is said to print is what it prints."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from graphsvc import cli
from graphsvc.settings import described
from graphsvc.validation.rendering import FILE_FORMATS
from tests.conftest import running

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```(?:\n\n```text\n(.*?)```)?", README, re.DOTALL)


@pytest.mark.parametrize(
    ("command", "output"), BLOCKS, ids=[block[0].split("\n")[0][:60] for block in BLOCKS]
)
def test_a_command_of_the_readme_runs(command: str, output: str, server: str, tmp_path: Path) -> None:
    for name in ("ontology", "data", "shapes", "queries", "graphsvc.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    if "graphsvc token" in command:
        with running(tmp_path) as writable:
            run_command(command, output, writable, tmp_path)
    else:
        run_command(command, output, server, tmp_path)


def run_command(command: str, output: str, server: str, tmp_path: Path) -> None:
    folder = Path(sys.executable).parent
    script = command.replace("http://127.0.0.1:8000", server).replace(".venv/bin/", f"{folder}/")
    script = script.replace("curl ", "curl --fail ")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    if output:
        assert done.stdout.replace("\r\n", "\n") == output
    else:
        assert done.stdout or list(tmp_path.glob("dump*"))


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    assert shutil.which("make")
    for target in ("serve", "test"):
        assert f"make {target}\n" in README
        done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


CI = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^ *- (?:run: )?(graphsvc .*)$", CI, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_pipelines_runs_and_writes_what_they_upload(command: str, tmp_path: Path) -> None:
    for name in ("ontology", "data", "shapes", "graphsvc.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    arguments = command.split()[1:]
    done = subprocess.run(
        [sys.executable, "-m", "graphsvc", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    outputs = [name for flag, name in pairwise(arguments) if flag == "-o"]
    assert outputs
    assert all((tmp_path / name).read_bytes() for name in outputs)
    assert all(f": {name}" in CI or f"- {name}" in CI for name in outputs)


def test_every_form_of_report_is_explained() -> None:
    assert all(f"`{form.name}`" in CI for form in FILE_FORMATS)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", README))
def test_a_link_of_the_readme_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


@pytest.mark.parametrize("name", sorted(cli.main.commands))
def test_a_command_is_in_the_readme_and_explains_itself(name: str) -> None:
    assert f"graphsvc {name}" in README
    assert cli.main.commands[name].help


def test_every_setting_is_explained() -> None:
    assert len(described()) > 10
    assert all(text.endswith(".") for _, _, text in described())
