"""Why a worker ended, as the error that who waited for it is told."""

from __future__ import annotations

import os
import signal

from graphsvc.errors import GraphsvcError, OutOfMemory, OutOfTime, StoreError, TooComplex


def cause(status: int) -> GraphsvcError:
    """Why a worker ended that nobody killed: the engine aborts without memory and faults without stack."""
    sign = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if sign == signal.SIGABRT:
        return OutOfMemory("The work needs more memory than one request may take.")
    if sign in (signal.SIGSEGV, signal.SIGBUS):
        return TooComplex("The text nests deeper, or is longer, than can be taken apart.")
    if sign == signal.SIGALRM:
        return OutOfTime("The time limit was reached.")
    if sign == signal.SIGKILL:
        return OutOfMemory("The system stopped the work, most likely for want of memory.")
    return StoreError("The worker ended without a word.")
