"""A while of mixed load, in short; `make soak` is the long form."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

SECONDS = os.environ.get("SOAK_SECONDS", "30")


@pytest.mark.parametrize("store", ["memory", "disk"])
def test_a_while_of_mixed_load_gives_no_wrong_answer_and_leaves_nothing_behind(store: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.soak", SECONDS, store], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
