"""A sign on a terminal that long work goes on; nothing at all where there is no terminal."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_DELAY, _STEP = 0.5, 0.1


@contextmanager
def spinner(what: str, stream: TextIO) -> Iterator[None]:
    """Say on the stream, if it is a terminal, what takes its time and for how long, until the block ends.

    Work that is done within half a second is not spoken of.
    """
    if not stream.isatty():
        yield
        return
    done = threading.Event()
    thread = threading.Thread(target=_spin, args=(what, stream, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _spin(what: str, stream: TextIO, done: threading.Event) -> None:
    began = time.monotonic()
    if done.wait(_DELAY):
        return
    step = 0
    while not done.wait(_STEP):
        stream.write(f"\r{_FRAMES[step % len(_FRAMES)]} {what} … {time.monotonic() - began:.0f} s\x1b[K")
        stream.flush()
        step += 1
    stream.write("\r\x1b[K")
    stream.flush()
