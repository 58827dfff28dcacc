"""A folder that is being made under a name of its own, so that half of it is never taken for the whole."""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = ".graphsvc-unfinished-"


@contextmanager
def unfinished(parent: Path) -> Iterator[Path]:
    """A new folder in `parent`; what is still in it at the end is removed.

    What was left by a process that was killed at this is removed first. Raises OSError.
    """
    _sweep(parent)
    place = parent / f"{_PREFIX}{uuid.uuid4().hex}"
    place.mkdir()
    # The lock says that somebody is at work on it; it goes with the process, however that ends.
    descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        os.close(descriptor)


def _sweep(parent: Path) -> None:
    for place in parent.glob(f"{_PREFIX}*"):
        # Somebody is at work on it, or it is gone already.
        with suppress(OSError):
            descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(place, ignore_errors=True)
            finally:
                os.close(descriptor)
