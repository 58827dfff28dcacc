"""A project's files into a store: all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import quote, urlsplit

import pyoxigraph as ox

from graphsvc.credentials import Credentials
from graphsvc.errors import ProjectError
from graphsvc.formats import DATA_FORMATS, Kind, by_suffix
from graphsvc.guarding import guards_of
from graphsvc.project import Project
from graphsvc.settings import Settings
from graphsvc.store.bulk import Loaded, load
from graphsvc.store.changes import Draft, epoch_after
from graphsvc.store.dialects import DIALECTS, Dialect
from graphsvc.store.disk import Lock
from graphsvc.store.generations import Generations
from graphsvc.store.local import LocalStore
from graphsvc.store.parts import Source
from graphsvc.store.recovery import amend, recover
from graphsvc.store.remote import Remote, RemoteStore
from graphsvc.store.writing import Setting


def has_columns(settings: Settings) -> bool:
    """Whether columns are made of the data: of the union of all graphs in a store of this service's own."""
    here = not settings.store.startswith("remote:")
    return here and settings.default_graph == "union" and settings.max_column_triples > 0


def remote_store(settings: Settings) -> RemoteStore | None:
    """The remote store that `settings.store` names, if it names one; what it holds is its own affair.

    Raises ProjectError for what is no http or https URL.
    """
    scheme, _, address = settings.store.partition(":")
    if scheme != "remote":
        return None
    if settings.guards:
        raise ProjectError("a remote store cannot be guarded: others write to it too")
    for url in filter(None, (address, settings.remote_update, settings.remote_graph_store)):
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise ProjectError(f"a remote store has an http or https URL, not {url!r}")
        if "@" in urlsplit(url).netloc:
            raise ProjectError("a URL may be seen by others; put name and password into remote_credentials")
    if not address:
        raise ProjectError("store is `remote:URL`, with the URL of a SPARQL endpoint")
    return RemoteStore(
        Remote(
            address,
            settings.remote_update,
            settings.remote_graph_store,
            _credentials(settings),
            remote_dialect(settings),
            freshness=settings.remote_freshness,
            epoch_graph=_epoch_graph(settings.remote_epoch_graph),
        ),
        base=f"{settings.base}/",
        prefixes=settings.prefixes,
        reserved=settings.system_graphs,
        timeout=settings.query_timeout,
        hold_back=settings.hold_back,
    )


def remote_dialect(settings: Settings) -> Dialect:
    """What is special about the remote store that the settings name. Raises ProjectError for an unknown engine."""
    known = DIALECTS.get(settings.remote_engine)
    if known is None:
        near = get_close_matches(settings.remote_engine, DIALECTS, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        names = ", ".join(filter(None, DIALECTS))
        raise ProjectError(f"remote_engine is one of {names}, not {settings.remote_engine!r}{hint}")
    if settings.default_graph != "union":
        if known.unions:
            raise ProjectError(
                f"the default graph of {known.name} is always the union: default_graph cannot be unnamed"
            )
        return replace(known, union_query="", union_update="")
    return replace(
        known,
        union_query=settings.remote_union_query or known.union_query,
        union_update=settings.remote_union_update or known.union_update,
    )


def _credentials(settings: Settings) -> Credentials:
    if settings.remote_credentials and settings.remote_authorization:
        raise ProjectError("remote_credentials and remote_authorization are both set; one of them is enough")
    if settings.remote_credentials:
        return Credentials.from_file(Path(settings.remote_credentials))
    return Credentials(settings.remote_authorization)


def _epoch_graph(iri: str) -> str:
    if iri and (not urlsplit(iri).scheme or any(sign in iri for sign in '<>"{}|^`\\ \n')):
        raise ProjectError(f"remote_epoch_graph is the IRI of a graph, not {iri!r}")
    return iri


def open_store(project: Project, settings: Settings) -> LocalStore:
    """The store that `settings.store` names, in this process, with the whole project in it.

    `memory:` is filled from the files. `disk:PATH` is made ready first, unless a service has it, and opened for
    reading, in the state in which the last write left it. Raises DataSyntaxError with file, line and column,
    ProjectError for a store that cannot be had, StoreError for one that is damaged.
    """
    folder = disk_folder(settings)
    if folder is not None:
        return _open_disk(project, settings, folder)
    if settings.store != "memory:":
        raise ProjectError(f"store is `memory:`, `disk:PATH` or `remote:URL`, not {settings.store!r}")
    engine = ox.Store()
    project.fill(engine)
    guards = guards_of(project)
    epoch = project.version
    if guards.annotate:
        draft = Draft(engine)
        guards.make(draft)
        # In whatever order a report was made, it is the same state.
        epoch = epoch_after(epoch, b"".join(sorted(draft.patch().splitlines(keepends=True))))
    return LocalStore(engine, epoch, setting=setting_of(settings), guard=guards)


def setting_of(settings: Settings) -> Setting:
    """What reads and writes are understood by."""
    union = settings.default_graph == "union"
    return Setting(
        f"{settings.base}/", dict(settings.prefixes), union, settings.system_graphs, settings.kept_reports
    )


def disk_folder(settings: Settings) -> Path | None:
    """The folder of a store on disk, if `settings.store` names one."""
    scheme, _, rest = settings.store.partition(":")
    return Path(rest) if scheme == "disk" and rest else None


def recover_disk(project: Project, settings: Settings, folder: Path) -> str:
    """Make the store in a folder ready, which nobody else may have; the epoch to open.

    Reports that guards keep are made whole. Raises as `recover` and `amend` do.
    """
    guards = guards_of(project)
    try:
        epoch = recover(folder, project.version, project.quads, project.fill, sync=settings.durable)
        if guards.has_reports(Generations(folder).open(epoch)):
            epoch = amend(folder, epoch, guards.make, sync=settings.durable)
        return epoch
    except OSError as error:
        raise ProjectError(f"{folder}: the store cannot be used: {error}") from error


def load_documents(
    project: Project,
    settings: Settings,
    paths: Sequence[Path],
    graph: str | None,
    tell: Callable[[int], None],
    *,
    optimize: bool = False,
) -> Loaded:
    """Add files to the store on disk that `settings.store` names, which is made first if it is not there.

    What a file puts into no graph goes to `graph` (None: to the graph of the file's name, as for one in `data/`).
    `optimize` is for queries, and takes longer.
    Raises ProjectError, DataSyntaxError, and what `graphsvc.store.bulk.load` raises; then nothing is changed.
    """
    folder = disk_folder(settings)
    if folder is None:
        raise ProjectError(
            f"the store is {settings.store!r}; only one on disk takes files: --store disk:PATH"
        )
    sources = [_source(path, settings, graph) for path in paths]
    lock = Lock.take(folder)
    if lock is None:
        raise ProjectError(f"{folder}: a service has this store; stop it first. Nothing was changed")
    guards = guards_of(project)

    def allowed(names: set[str]) -> None:
        for name in sorted(names):
            if name.startswith(settings.system_graphs):
                raise ProjectError(f"the graph <{name}> is kept by the service itself. Nothing was changed")
            if guards.concern(name):
                raise ProjectError(
                    f"the graph <{name}> is guarded, or a guarded one sees it: write to it while the service "
                    "runs, which validates each change. Nothing was changed"
                )

    allowed({source.graph for source in sources if source.syntax.kind is Kind.GRAPH})
    with lock:
        epoch = recover_disk(project, settings, folder)
        return load(
            folder,
            epoch,
            sources,
            base=f"{settings.base}/",
            allowed=allowed,
            tell=tell,
            optimize=optimize,
            sync=settings.durable,
        )


def _source(path: Path, settings: Settings, graph: str | None) -> Source:
    syntax = by_suffix(path.name, DATA_FORMATS)
    if syntax is None:
        known = ", ".join(each.suffix for each in DATA_FORMATS)
        raise ProjectError(
            f"{path}: the ending of its name tells no RDF syntax ({known}, each also with .gz)"
        )
    if not path.is_file():
        raise ProjectError(f"{path}: no such file")
    if graph is None:
        stem = path.name.removesuffix(".gz").rpartition(".")[0]
        graph = f"{settings.base}/graph/{quote(stem)}"
    return Source(path, syntax, graph)


def _open_disk(project: Project, settings: Settings, folder: Path) -> LocalStore:
    lock = Lock.take(folder)
    if lock is None:
        epoch = Generations(folder).newest()
    else:
        with lock:
            epoch = recover_disk(project, settings, folder)
    return opened(folder, epoch, settings)


def opened(folder: Path, epoch: str, settings: Settings) -> LocalStore:
    """A state of a store on disk, for reading."""
    engine = Generations(folder).open(epoch)
    return LocalStore(engine, epoch, setting=setting_of(settings), writable=False)
