"""`graphsvc doctor`: looks at everything that a service needs, and changes nothing.

It works beside a running service.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from graphsvc.doctor.configuration import examine_exposure, examine_settings
from graphsvc.doctor.confinement import examine_sandbox
from graphsvc.doctor.files import examine_files
from graphsvc.doctor.findings import Finding, as_json, as_text, status, wrong
from graphsvc.doctor.machine import examine_allocator, examine_limits, examine_versions
from graphsvc.doctor.storage import examine_backup, examine_store
from graphsvc.doctor.token_file import examine_tokens
from graphsvc.errors import ProjectError
from graphsvc.settings import Settings, origins, unchecked
from graphsvc.settings_values import faults

__all__ = ["as_json", "as_text", "examine", "examine_backup", "status"]


def examine(project: Path, environ: Mapping[str, str], **flags: Any) -> Iterator[Finding]:
    """What `graphsvc serve` would run with, and in: findings in the order in which they are made."""
    # First, since this forks: later there may be an engine with threads.
    yield from examine_sandbox()
    yield from examine_versions()
    yield from examine_allocator()
    try:
        settings = unchecked(project, environ, **flags)
    except ProjectError as error:
        yield wrong(
            "settings",
            str(error),
            "The project, the store and the tokens are looked at once this is mended.",
        )
        yield from examine_limits(Settings())
        return
    yield from examine_limits(settings)
    yield from examine_settings(settings, origins(project, environ, **flags))
    # What nothing can be done with has been told; the rest is looked at as if it had its default.
    settings = replace(settings, **{name: getattr(Settings(), name) for name, _ in faults(vars(settings))})
    yield from examine_exposure(settings)
    yield from examine_files(settings)
    yield from examine_store(settings)
    yield from examine_tokens(settings)
