"""The indexer: makes the indexes that searches read, so that no request and no query waits for that."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from graphsvc.loading import remote_store
from graphsvc.search.gathering import TIMEOUT
from graphsvc.search.served import REST, Indexer
from graphsvc.serving.child import Role, run
from graphsvc.store import Store
from graphsvc.store.pooled import PooledStore


def index(role: Role) -> None:
    """Make indexes until told to stop; others come first."""
    settings = role.settings
    os.nice(10)
    # Control-C is the supervisor's affair.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def opened() -> Store:
        return remote_store(settings) or PooledStore(
            role.keeper, timeout=TIMEOUT, hold_back=settings.hold_back
        )

    remote = settings.store.startswith("remote:")
    role.say_ready()
    folder, rest = Path(role.indexer).parent, REST if remote else 0.0
    Indexer(role.socket(), opened, folder, base=f"{settings.base}/", rest=rest).run()


if __name__ == "__main__":
    run(index)
