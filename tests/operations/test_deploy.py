"""The unit of systemd and the recipe of the container name what there is: commands, flags, settings, files."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from graphsvc.cli import main
from graphsvc.settings import ENVIRONMENT_PREFIX, described, load
from tests.conftest import ROOT

FOLDER = ROOT / "docs" / "deploy"
UNIT = (FOLDER / "graphsvc.service").read_text()
RECIPE = (FOLDER / "Containerfile").read_text()
# https://github.com/containers/common/blob/main/docs/Containerfile.5.md
INSTRUCTIONS = {
    "FROM", "RUN", "COPY", "USER", "WORKDIR", "VOLUME", "EXPOSE", "ENV", "HEALTHCHECK", "ENTRYPOINT", "CMD",
}  # fmt: skip


def assigned(text: str) -> dict[str, str]:
    """The settings that a text gives by way of the environment."""
    return dict(re.findall(rf"\b({ENVIRONMENT_PREFIX}[A-Z_]+)=(\S+)", text))


@pytest.mark.parametrize("text", [UNIT, RECIPE], ids=["unit", "recipe"])
def test_every_setting_is_one_and_has_a_value_that_can_be(text: str, tmp_path: Path) -> None:
    found = assigned(text)
    assert len(found) >= 2
    assert load(tmp_path, found)
    assert {name.removeprefix(ENVIRONMENT_PREFIX).lower() for name in found} <= {
        name for _, name, _ in described()
    }


def commands() -> list[list[str]]:
    """The arguments with which `graphsvc` is called."""
    lines = re.findall(r"^ExecStart(?:Pre)?=-?\S+/graphsvc (.+)$", UNIT, re.MULTILINE)
    (started,) = re.findall(r"^CMD \[(.+)\]$", RECIPE, re.MULTILINE)
    return [shlex.split(line) for line in lines] + [[part.strip(' "') for part in started.split(",")]]


def test_every_command_and_flag_is_there() -> None:
    assert len(commands()) == 3
    for name, *arguments in commands():
        command = main.commands[name]
        # Takes the arguments apart, and does nothing.
        context = click.Context(command)
        command.parse_args(context, list(arguments))


def instructions() -> list[tuple[str, str]]:
    """The instructions of the recipe, each with its arguments on one line."""
    lines = re.sub(r"^#.*\n", "", RECIPE, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines if line.strip())]


def test_the_recipe_is_made_of_instructions_and_copies_what_is_there() -> None:
    assert {name for name, _ in instructions()} <= INSTRUCTIONS
    copied = [rest.split()[:-1] for name, rest in instructions() if name == "COPY" and "--from" not in rest]
    assert copied
    assert all((ROOT / path).exists() for paths in copied for path in paths)
    assert all((ROOT / path).exists() for path in re.findall(r"-f (\S+) \.$", RECIPE, re.MULTILINE))
    for path in re.findall(r"--prefix /source/(\S+)", RECIPE):
        assert (ROOT / path / "package.json").exists()


def test_the_container_runs_as_a_user_without_rights_and_can_be_asked_for_its_health() -> None:
    last = [(name, rest) for name, rest in instructions() if name in ("USER", "HEALTHCHECK")]
    assert [name for name, _ in last] == ["USER", "HEALTHCHECK"]
    assert int(last[0][1]) > 0
    assert "/health/ready" in last[1][1]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here to verify its unit")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "graphsvc.service"
    unit.write_text(re.sub(r"=(-?)\S+/graphsvc ", r"=\1/bin/true ", UNIT))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    unit.write_text(UNIT.replace("[Service]", "[Service]\nNoSuchKey=1"))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert "NoSuchKey" in done.stderr


def test_the_unit_is_confined() -> None:
    keys = dict(re.findall(r"^(\w+)=(.*)$", UNIT, re.MULTILINE))
    assert (keys["DynamicUser"], keys["ProtectSystem"], keys["NoNewPrivileges"]) == ("yes", "strict", "yes")
    assert keys["CapabilityBoundingSet"] == ""
    assert float(keys["TimeoutStopSec"]) > load(ROOT, {}).grace + 10
