"""The tabulator: makes the columns that readers answer some queries from, so that no query waits for that."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from graphsvc.columns.tabulating import Tabulator
from graphsvc.serving.child import Role, run
from graphsvc.store.pooled import PooledStore

# How long one of its queries may take, in seconds.
TIMEOUT = 900.0


def tabulate(role: Role) -> None:
    """Make columns until told to stop; others come first, and long queries are no worse off than this."""
    settings = role.settings
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    # Control-C is the supervisor's affair.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def opened() -> PooledStore:
        return PooledStore(role.keeper, timeout=TIMEOUT, hold_back=settings.hold_back)

    role.say_ready()
    Tabulator(role.socket(), opened, Path(role.keeper).parent, settings.max_column_triples).run()


if __name__ == "__main__":
    run(tabulate)
