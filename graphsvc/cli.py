"""The command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import click

from graphsvc import __version__, settings
from graphsvc.cli_store import PROJECT, backup, load, restore
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


_PROJECT = PROJECT


def _service_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """The settings that are flags too."""
    for option in (
        click.option(
            "--set",
            "given",
            multiple=True,
            metavar="NAME=VALUE",
            help="Any other setting (`graphsvc settings` lists them); it wins over the file and the environment.",
        ),
        click.option("--store", help="memory: (default), disk:PATH or the URL of a SPARQL endpoint."),
        click.option("--public-url", help="The address that people see, where it is not http://HOST:PORT."),
        click.option("--base", help="The IRI under which the things of the graph are named."),
        click.option("--port", type=int, help="The port to listen on (default 8000; 0: any free one)."),
        click.option("--host", help="The address to listen on (default 127.0.0.1)."),
    ):
        command = option(command)
    return command


@main.command()
@_PROJECT
@_service_flags
@click.option("--follow", metavar="URL", help="Be a replica of the primary at this URL.")
def serve(project: Path, given: tuple[str, ...], **flags: Any) -> None:
    """Serve a project over HTTP until it is told to stop."""
    from graphsvc.serving import serve as run

    sys.exit(run(settings.load(project, os.environ, **flags | settings.assigned(given))))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
def new(folder: Path) -> None:
    """Make a small project in FOLDER, to start from."""
    from graphsvc.starting import start_project

    for path in start_project(folder):
        click.echo(folder / path)
    click.echo(f"Now: graphsvc serve --project {folder}")


@main.command()
@click.argument("page", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="The folder to write to."
)
@click.option("--base", help="The IRI under which things are named (default: the project's).")
@click.option(
    "--themes", type=click.Path(path_type=Path), help="Turtle file of the themes to find in titles."
)
@click.option("--lenient", is_flag=True, help="Keep the good entries and note the rest in the graph.")
@_PROJECT
def ingest(
    page: Path, output: Path, base: str | None, themes: Path | None, lenient: bool, project: Path
) -> None:
    """Read a Directorate-General's PAGE and write its graph as TriG.

    The same page gives the same bytes. A page that is not laid out as such ends with its file and line, exit
    status 1, and nothing written.
    """
    from graphsvc.ingest import ingest as run

    known = settings.load(project, os.environ, base=base)
    default = project / "ontology" / "themes.ttl"
    chosen = themes or (default if default.is_file() else None)
    click.echo(run(page, output, base=known.base, themes=chosen, lenient=lenient))


@main.command()
@click.argument("file", type=click.File(encoding="utf-8"), default="-")
@click.option("--format", "name", help="json, xml, csv, tsv; or ttl, trig, nt, nq, rdf, jsonld.")
@_PROJECT
def query(file: TextIO, name: str | None, project: Path) -> None:
    """Run the SPARQL query in FILE (or standard input) on a project's files.

    Solutions come as TSV and triples as Turtle, unless --format says otherwise.
    """
    from graphsvc.answering import answer

    sys.stdout.buffer.write(answer(settings.load(project, os.environ), file.read(), name))


@main.command()
@click.argument("files", nargs=-1)
@click.option("--shapes", multiple=True, help="File or folder of shapes (default: the project's shapes/).")
@click.option("--ontology", multiple=True, help="File or folder that the data rely on (default: ontology/).")
@click.option(
    "--format",
    "name",
    default="text",
    help="text, html, json, csv, sarif, junit, github, ttl, jsonld, nt or rdf.",
)
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    help="Write the report to this file too; its ending tells the form: .sarif, .junit.xml, .csv, .html …",
)
@click.option("--data-format", help="The syntax of files whose name does not tell it: ttl, nt, jsonld …")
@click.option(
    "--severity",
    default="info",
    help="The least severity that counts against the data: info, warning or violation.",
)
@click.option("--watch", is_flag=True, help="Validate again whenever a file changes, until Ctrl-C.")
@click.option("--engine", default="setwise", help="What judges: setwise (the fast one) or pyshacl.")
@_PROJECT
def validate(
    files: tuple[str, ...],
    shapes: tuple[str, ...],
    ontology: tuple[str, ...],
    name: str,
    outputs: tuple[str, ...],
    data_format: str | None,
    severity: str,
    watch: bool,
    engine: str,
    project: Path,
) -> None:
    """Validate RDF FILES (or folders, or - for standard input) against SHACL shapes.

    Without FILES the project's data/ is validated. The exit status is 0 where the data conform, 1 where they do
    not, and 2 where they could not be validated.
    """
    from graphsvc.progress import spinner
    from graphsvc.validation.command import COULD_NOT_CHECK, validate_files, watched

    known = settings.load(project, os.environ)

    def run() -> tuple[bytes, int]:
        with spinner("Validating", sys.stderr):
            return validate_files(
                files,
                shapes,
                ontology,
                project=project,
                report_format=name,
                outputs=outputs,
                data_format=data_format,
                severity=severity,
                base=f"{known.base}/",
                prefixes=known.prefixes,
                engine=engine,
            )

    status = COULD_NOT_CHECK
    try:
        for _ in watched(files, shapes, ontology, project, outputs) if watch else (None,):
            text, status = run()
            if watch:
                click.clear()
            click.echo(text, nl=False, err=status == COULD_NOT_CHECK)
            if watch:
                click.echo("Watching for changes; Ctrl-C ends it.", err=True)
    except KeyboardInterrupt:
        pass
    except GraphsvcError as error:
        click.echo(error, err=True)
        status = COULD_NOT_CHECK
    sys.exit(status)


@main.command()
@_PROJECT
@_service_flags
@click.option("--backup", type=click.Path(path_type=Path), help="A backup to look at, and at nothing else.")
@click.option("--json", "for_programs", is_flag=True, help="Print JSON.")
def doctor(
    project: Path, backup: Path | None, for_programs: bool, given: tuple[str, ...], **flags: Any
) -> None:
    """Look at everything that the service needs, and say what is wrong and what to do.

    Nothing is changed, and the service may be running. Each line is ok, note or wrong; the exit status is 1 where
    one is wrong.
    """
    from graphsvc import doctor as checks

    flags |= settings.assigned(given)
    found = list(checks.examine_backup(backup) if backup else checks.examine(project, os.environ, **flags))
    click.echo(checks.as_json(found) if for_programs else checks.as_text(found), nl=False)
    sys.exit(checks.status(found))


@main.command("settings")
@_PROJECT
def show_settings(project: Path) -> None:
    """List every setting with what is in force for a project.

    A setting is a line in graphsvc.toml, or GRAPHSVC_NAME in the environment, which wins.
    """
    in_force = settings.load(project, os.environ)
    for table, name, text in settings.described():
        value = getattr(in_force, name)
        shown = "(not shown)" if name in settings.SECRETS and value else repr(value)
        click.echo(f"[{table}] {name} = {shown}\n    {text}")


@main.group()
def token() -> None:
    """Make, list and revoke the tokens that allow writing."""


def _token_file(project: Path) -> Any:
    from graphsvc.tokens import TokenFile

    return TokenFile(settings.load(project, os.environ).token_file)


@token.command(name="new")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    help="write (every graph), write:IRI (graphs whose names begin so), history (the record of writes).",
)
@_PROJECT
def new_token(name: str, scopes: tuple[str, ...], project: Path) -> None:
    """Make a token called NAME and print it, this once."""
    click.echo(_token_file(project).new(name, scopes))
    click.echo("Send it as a header, `Authorization: Bearer TOKEN`. It is not shown again.", err=True)


@token.command(name="list")
@_PROJECT
def list_tokens(project: Path) -> None:
    """List the tokens: name, when it was made, scopes."""
    for each in _token_file(project).tokens():
        click.echo(f"{each.name}\t{each.created}\t{' '.join(each.scopes)}")


@token.command(name="revoke")
@click.argument("name")
@_PROJECT
def revoke_token(name: str, project: Path) -> None:
    """Make the token called NAME worthless, at once."""
    _token_file(project).revoke(name)


for command in (load, backup, restore):
    main.add_command(command)
