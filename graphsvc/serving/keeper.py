"""The keeper: holds the store, and forks the readers that query it."""

from __future__ import annotations

import gc
from pathlib import Path

from graphsvc.loading import open_store
from graphsvc.project import Project
from graphsvc.serving.child import Role, run
from graphsvc.store.keeping import Keeping
from graphsvc.store.reader import reader
from graphsvc.workers.lane import Lane
from graphsvc.workers.pool import Pool


def keep(role: Role) -> None:
    """Load the project and answer queries until told to stop."""
    settings = role.settings
    project = Project(settings)
    store = open_store(project, settings)
    # Writes to a store in memory last as long as the service: the journal is for a keeper that ends before it.
    keeping = Keeping(store, Path(role.keeper).with_name("journal"), sync=False)
    # What is there now stays: the readers share its pages as long as nobody writes to them.
    gc.freeze()
    pool = Pool(
        role.socket(),
        reader(store),
        size=settings.reader_count,
        memory=settings.reader_memory,
        share=settings.client_share or None,
        about=keeping.about,
        lane=Lane(keeping.write, keeping.commit),
    )
    pool.run(role.say_ready, settings.grace)


if __name__ == "__main__":
    run(keep)
