"""The service as a process."""

from __future__ import annotations

import sys
from dataclasses import replace

from waitress.server import create_server

from graphsvc.loading import load_project, open_local
from graphsvc.project import Project
from graphsvc.settings import Settings
from graphsvc.web import create_app


def serve(settings: Settings) -> int:
    """Serve until stopped; the exit status."""
    project = Project(settings)
    with open_local(settings) as store:
        load_project(project, store)
        server = create_server(lambda *_: [], host=settings.host, port=settings.port, threads=16)
        settings = replace(settings, port=server.effective_port)
        server.application = create_app(settings, store, project)
        sys.stdout.write(f"Ready at {settings.root_url}/\n")
        sys.stdout.flush()
        server.run()
    return 0
