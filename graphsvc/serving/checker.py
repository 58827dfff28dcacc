"""The checker: holds the validation engine, and forks the workers that validate what visitors send."""

from __future__ import annotations

import gc
import importlib

from graphsvc.serving.child import Role, run
from graphsvc.validation.pooled import validate_job
from graphsvc.workers.pool import Pool


def check(role: Role) -> None:
    """Validate until told to stop."""
    settings = role.settings
    # Loaded here once, so that no worker has to.
    for name in ("engine", "setwise.engine", "setwise.loaded", "setwise.elsewhere"):
        importlib.import_module(f"graphsvc.validation.{name}")
    gc.freeze()
    pool = Pool(
        role.socket(),
        validate_job,
        size=settings.reader_count,
        memory=settings.reader_memory,
        share=settings.client_share or None,
    )
    pool.run(role.say_ready, settings.grace)


if __name__ == "__main__":
    run(check)
