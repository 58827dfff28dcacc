"""What a worker may not do: outgrow its memory, open a socket, start a program, write a file.

The limits are the kernel's: resource limits, and on Linux a seccomp filter
(https://docs.kernel.org/userspace-api/seccomp_filter.html). Where there is no seccomp, `confine` says so and
the resource limits stand alone.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import signal
import struct
import sys

# Deep recursion in the engine's parser needs stack; beyond this the worker is lost, and only the worker.
STACK = 64 << 20
# What can be mapped at the least, however much is mapped and unused.
_LEAST = 16 << 20
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 1, 38, 22, 2
_LOAD, _JUMP_EQUAL, _JUMP_SET, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _SECOND, _THIRD = 0, 4, 24, 32
# What is refused even to a process that may write files.
_NEVER = frozenset(
    {"socket", "connect", "bind", "listen", "socketpair", "execve", "execveat", "ptrace", "process_vm_writev"}
    | {"io_uring_setup", "kill", "pidfd_send_signal"}
)
# By machine: its number, the calls refused outright, then open and openat, refused where they would write.
_CALLS: dict[str, tuple[int, dict[str, int], int | None, int]] = {
    "x86_64": (
        0xC000003E,
        {
            "socket": 41, "connect": 42, "bind": 49, "listen": 50, "socketpair": 53,
            "execve": 59, "execveat": 322, "ptrace": 101, "process_vm_writev": 311, "io_uring_setup": 425,
            "kill": 62, "pidfd_send_signal": 424,
            "unlink": 87, "unlinkat": 263, "rename": 82, "renameat": 264, "renameat2": 316, "mkdir": 83,
            "mkdirat": 258, "creat": 85, "link": 86, "linkat": 265, "symlink": 88, "symlinkat": 266,
            "truncate": 76, "openat2": 437,
        },
        2,
        257,
    ),
    "aarch64": (
        0xC00000B7,
        {
            "socket": 198, "connect": 203, "bind": 200, "listen": 201, "socketpair": 199,
            "execve": 221, "execveat": 281, "ptrace": 117, "process_vm_writev": 271, "io_uring_setup": 425,
            "kill": 129, "pidfd_send_signal": 424,
            "unlinkat": 35, "renameat": 38, "renameat2": 276, "mkdirat": 34, "linkat": 37, "symlinkat": 36,
            "truncate": 45, "openat2": 437,
        },
        None,
        56,
    ),
}  # fmt: skip


def die_with_parent(sign: int = signal.SIGKILL) -> None:
    """Have the kernel send this process `sign` when its parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, sign, 0, 0, 0)


def address_space() -> tuple[int, int]:
    """How many bytes of address space this process has mapped, and how many of them are for data but not used."""
    with open("/proc/self/statm", encoding="ascii") as file:
        mapped, resident, shared, _, _, data, _ = (
            int(n) * resource.getpagesize() for n in file.read().split()
        )
    return mapped, max(0, data - (resident - shared))


def confine(memory: int, max_file: int = 0, *, files: bool = False) -> bool:
    """Confine this process for good: `memory` bytes beyond what it has, no network, no programs, no writing.

    A file that it is handed may grow to `max_file` bytes. With `files` it may write files of that size. Returns
    whether the system calls are filtered too.
    """
    # The fork has one thread: what the parent's threads held is not freed, and nothing of it is used here.
    mapped, unused = address_space()
    # An allocator maps more than it needs, and this process can use that too.
    limit = mapped + STACK + max(memory - unused, _LEAST)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (max_file, max_file))
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
    deep = STACK if hard == resource.RLIM_INFINITY else min(STACK, hard)
    resource.setrlimit(resource.RLIMIT_STACK, (deep, hard))
    return _filter_calls(files=files)


def _filter_calls(*, files: bool) -> bool:
    calls = _CALLS.get(platform.machine())
    if sys.platform != "linux" or calls is None:
        return False
    architecture, refused, *opening = calls
    if files:
        refused = {name: number for name, number in refused.items() if name in _NEVER}
    program = _program(architecture, refused, [] if files else opening)
    buffer = ctypes.create_string_buffer(program)
    head = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.c_char_p(head), 0, 0) == 0)


def _program(architecture: int, refused: dict[str, int], opening: list[int | None]) -> bytes:
    """The filter in BPF: refuse what is listed, and opening (by open and openat) but for reading, with EACCES."""
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

    def step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("HBBI", code, if_true, if_false, value)

    error = _ERROR | errno.EACCES
    steps = [
        step(_LOAD, _ARCHITECTURE),
        step(_JUMP_EQUAL, architecture, 1, 0),
        step(_RETURN, error),
        step(_LOAD, _NUMBER),
    ]
    for call in refused.values():
        steps += [step(_JUMP_EQUAL, call, 0, 1), step(_RETURN, error)]
    for number, flags in zip(opening, (_SECOND, _THIRD), strict=False):
        if number is not None:
            steps += [
                step(_JUMP_EQUAL, number, 0, 4),
                step(_LOAD, flags),
                step(_JUMP_SET, writing, 0, 1),
                step(_RETURN, error),
                step(_RETURN, _ALLOW),
            ]
    steps.append(step(_RETURN, _ALLOW))
    return b"".join(steps)
