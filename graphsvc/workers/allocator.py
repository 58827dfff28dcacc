"""The allocator of the processes that hold the engine: mimalloc, where it is installed.

The engine takes and frees a small block of memory for each term that it reads. mimalloc is quicker at that than
the C library, and lays blocks in huge pages (https://docs.kernel.org/admin-guide/mm/transhuge.html). It is had by
preloading, so who starts such a process gives it the environment for it.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping
from pathlib import Path

# Where the wheel of cmeel-mimalloc lays it.
_LIBRARY = Path("cmeel.prefix", "lib", "libmimalloc.so")
# A worker may map so much beyond what its pool has mapped; so what the pool has mapped and not used is to be
# little. By default it would be up to a gigabyte. https://microsoft.github.io/mimalloc/environment.html
_SETTINGS = {"MIMALLOC_ARENA_RESERVE": "64MiB"}


def library() -> Path | None:
    """The allocator's file, or `None` where it is not installed."""
    return next((file for each in sys.path if (file := Path(each, _LIBRARY)).is_file()), None)


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """The environment for a process that is to hold the engine, made from `given`; what that says comes first."""
    file = library()
    if file is None or "LD_PRELOAD" in given:
        return dict(given)
    return {"LD_PRELOAD": str(file)} | _SETTINGS | dict(given)


def give_back_free() -> None:
    """Let all that is free go back to the system."""
    own = ctypes.CDLL(None)
    for name, argument in (("mi_collect", 1), ("malloc_trim", 0)):
        function = getattr(own, name, None)
        if function is not None:
            function(argument)
