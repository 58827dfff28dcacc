"""The command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from graphsvc import __version__, settings
from graphsvc.errors import GraphsvcError


class Commands(click.Group):
    """A group whose commands end in one plain sentence on standard error where something goes wrong."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an error of this package ends it with exit status 1."""
        try:
            return super().invoke(ctx)
        except GraphsvcError as error:
            click.echo(f"graphsvc: {error}", err=True)
            ctx.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="graphsvc")
def main() -> None:
    """Publish a knowledge graph from four folders: ontology/, data/, shapes/, queries/."""


@main.command()
@click.option(
    "--project", type=click.Path(path_type=Path), default=Path(), help="The folder of the four folders."
)
@click.option("--host", help="The address to listen on (default 127.0.0.1).")
@click.option("--port", type=int, help="The port to listen on (default 8000; 0: any free one).")
@click.option("--base", help="The IRI under which the things of the graph are named.")
@click.option("--public-url", help="The address that people see, where it is not http://HOST:PORT.")
@click.option("--store", help="memory: (default) or disk:PATH.")
def serve(project: Path, **flags: Any) -> None:
    """Serve a project over HTTP until it is told to stop."""
    from graphsvc.serving import serve as run

    sys.exit(run(settings.load(project, os.environ, **flags)))
