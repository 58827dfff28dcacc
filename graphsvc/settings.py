"""Every setting of the service: one frozen value, each field with its help text.

Only this module reads the environment and `graphsvc.toml`. Flags win over the environment, the environment
over the file, the file over the defaults.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from graphsvc.errors import ProjectError
from graphsvc.settings_tables import ValidationType, guards, prefixes, unknown, validation_types
from graphsvc.settings_values import faults
from graphsvc.vocab import PREFIXES

CONFIGURATION_FILE = "graphsvc.toml"
ENVIRONMENT_PREFIX = "GRAPHSVC_"
# The settings that have a flag of their own; all others are given by `--set`.
FLAGS = ("store", "public_url", "base", "port", "host")
_TABLES = ("project", "service")
# What only the file can give.
_OF_THE_FILE = frozenset({"prefixes", "validation_types", "guards"})
# Settings whose values are never shown.
SECRETS = frozenset({"remote_authorization", "follow_authorization"})
# What may differ between nodes that publish the same at one public URL.
_OF_ONE_NODE = frozenset(
    {
        "project", "host", "port", "public_url", "store", "durable", "remote_update", "remote_graph_store",
        "remote_union_query", "remote_union_update", "remote_authorization", "tokens", "query_timeout", "readers",
        "reader_memory", "client_share", "client_patience", "grace", "hold_back", "guards", "feed_entries",
        "feed_bytes", "follow", "follow_authorization", "remote_credentials", "remote_engine",
        "remote_epoch_graph", "remote_freshness", "cache_bytes", "rate_limit", "rate_burst", "trusted_proxies",
        "metrics", "tracing", "log_format", "log_queries", "log_clients", "max_column_triples",
    }
)  # fmt: skip


def _setting(default: Any, help_text: str, *, table: str = "service") -> Any:
    return field(default=default, metadata={"help": help_text, "table": table})


@dataclass(frozen=True)
class Settings:
    """What is in force for one run of the service.

    A field is `[project]` or `[service]` in graphsvc.toml by its metadata, and GRAPHSVC_NAME in the
    environment. Times are in seconds, sizes in bytes.
    """

    project: Path = field(default=Path(), metadata={"help": "The folder that holds the four folders."})
    base: str = _setting(
        "http://127.0.0.1:8000",
        "The IRI under which the things of this graph are named, without a slash at the end.",
        table="project",
    )
    title: str = _setting("Knowledge graph", "What this graph is called on its pages.", table="project")
    description: str = _setting("", "One or two sentences about the graph.", table="project")
    publisher: str = _setting("", "The name of who publishes the graph, for its catalogue.", table="project")
    issued: str = _setting(
        "", "The day on which this version of the data was issued, YYYY-MM-DD.", table="project"
    )
    license: str = _setting("", "The IRI of the licence of the data.", table="project")
    host: str = _setting("127.0.0.1", "The address to listen on.")
    port: int = _setting(8000, "The port to listen on; 0 takes any that is free.")
    public_url: str = _setting("", "The address people see, path included; empty: http://HOST:PORT.")
    store: str = _setting(
        "memory:",
        "Where the triples are kept: memory:, disk:PATH, or the URL of a SPARQL endpoint (also as remote:URL).",
    )
    durable: bool = _setting(
        True, "Whether a write to a store on disk is forced to the disk before it is acknowledged."
    )
    remote_update: str = _setting("", "Where the remote store takes updates; empty: it is only read.")
    remote_graph_store: str = _setting("", "Where the remote store answers the Graph Store Protocol.")
    remote_union_query: str = _setting(
        "",
        "Parameters by which the remote store takes the union of all graphs as the default graph of a query.",
    )
    remote_union_update: str = _setting("", "The same for an update.")
    remote_authorization: str = _setting("", "The Authorization header that the remote store asks for.")
    remote_credentials: str = _setting(
        "",
        "A file with one line: basic USER:PASSWORD, digest USER:PASSWORD or bearer TOKEN, for the remote store.",
    )
    remote_engine: str = _setting(
        "",
        "The remote store's engine: oxigraph, virtuoso, fuseki, graphdb, qlever, neptune; empty: any.",
    )
    remote_epoch_graph: str = _setting(
        "",
        "The graph of the remote store that every writer marks a change in; empty: nobody tells of changes.",
    )
    remote_freshness: float = _setting(
        2.0,
        "For how many seconds what is known of the state of the remote store is taken for the present one.",
    )
    feed_entries: int = _setting(
        0, "How many changes the feed goes back, for replicas and event streams; 0: there is none."
    )
    feed_bytes: int = _setting(256 << 20, "How many bytes of changes the feed goes back at most.")
    follow: str = _setting("", "The URL of the primary that this node is a replica of; empty: it is none.")
    follow_authorization: str = _setting("", "The Authorization header that the primary asks for.")
    tokens: str = _setting(
        "", "The file of tokens that may write; empty: .graphsvc/tokens.json in the project."
    )
    default_graph: str = _setting(
        "union", "What queries see as the default graph: union (of all graphs) or unnamed."
    )
    service_endpoints: str = _setting(
        "", "The URLs of the SPARQL endpoints that SERVICE may ask, with spaces between; empty: none."
    )
    query_timeout: float = _setting(30.0, "How long a query, a parse or a validation may take.")
    readers: int = _setting(0, "How many queries may run at once; 0: two for each processor.")
    reader_memory: int = _setting(1 << 30, "How much memory one query may take beyond the data.")
    client_share: int = _setting(
        0, "How many long requests of one client may be under way; 0: one less than `readers`."
    )
    client_patience: float = _setting(
        30.0,
        "How long a client may take to send a request or take an answer, beyond what its bytes need at 64 kB/s.",
    )
    grace: float = _setting(10.0, "How long what is under way may take to end when the service stops.")
    rate_limit: float = _setting(0.0, "How many requests a second one client may send; 0: any number.")
    rate_burst: int = _setting(0, "How many it may send at once; 0: those of ten seconds.")
    trusted_proxies: str = _setting(
        "",
        "The addresses or networks of the proxies whose X-Forwarded-For is believed, with spaces between.",
    )
    cors_origins: str = _setting(
        "*",
        "The web origins whose pages may read here, with spaces between (these may write too); *: all may read.",
    )
    metrics: str = _setting(
        "", "Where /metrics is served for Prometheus, as HOST:PORT or PORT of this machine; empty: nowhere."
    )
    tracing: str = _setting(
        "", "The URL of the OpenTelemetry collector (OTLP over HTTP) that spans are sent to; empty: none."
    )
    log_format: str = _setting(
        "text", "How the log is written: text, or json, one object a line, with a line for each request."
    )
    log_queries: bool = _setting(
        False, "Whether the log of requests has the text of queries, not only its hash."
    )
    log_clients: bool = _setting(False, "Whether the log of requests has whole addresses of clients.")
    hold_back: int = _setting(16 << 20, "Up to this size an answer is held until it is whole.")
    cache_bytes: int = _setting(64 << 20, "How much memory answers that are kept may take; 0: none is kept.")
    max_column_triples: int = _setting(
        20_000_000,
        "Up to how many triples columns are made of, which answer counts, orders and text filters; 0: none are.",
    )
    max_result_rows: int = _setting(0, "How many rows or triples an answer may have; 0: no limit.")
    max_result_bytes: int = _setting(0, "How many bytes an answer may have; 0: no limit.")
    max_query_bytes: int = _setting(256 << 10, "The longest query text.")
    max_upload_bytes: int = _setting(64 << 20, "The largest upload, unpacked.")
    prefixes: Mapping[str, str] = field(default_factory=lambda: dict(PREFIXES))
    # By name, or by name and version with a dot between; the tables [validation.NAME] of the file.
    validation_types: Mapping[str, ValidationType] = field(default_factory=dict)
    # Each with the same keys: which graphs, by which shapes, beside which others, from what severity on, and what
    # is done then.
    guards: Sequence[Mapping[str, str]] = ()

    @property
    def root_url(self) -> str:
        """The public URL without a slash at its end; never taken from a request's headers."""
        return (self.public_url or f"http://{bracketed(self.host)}:{self.port}").rstrip("/")

    @property
    def root_path(self) -> str:
        """The path part of the public URL, empty at the root of a host."""
        return urlsplit(self.root_url).path.rstrip("/")

    @property
    def published(self) -> str:
        """All that decides the bytes of an answer beside the data: the same on every node of a service."""
        content = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in _OF_ONE_NODE}
        return repr((self.root_url, content))

    @property
    def system_graphs(self) -> str:
        """How the names of the graphs begin that the service keeps itself."""
        return f"{self.base}/graph/system/"

    @property
    def kept_reports(self) -> str | None:
        """How the names of the graphs begin that hold the reports of guards; None where no guard annotates."""
        kept = any(guard["action"] == "annotate" for guard in self.guards)
        return f"{self.base}/graph/validation/" if kept else None

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The endpoints that SERVICE may ask."""
        return tuple(self.service_endpoints.split())

    @property
    def token_file(self) -> Path:
        """Where the tokens are kept."""
        return Path(self.tokens) if self.tokens else self.project / ".graphsvc" / "tokens.json"

    @property
    def reader_count(self) -> int:
        """How many readers to keep."""
        return self.readers or 2 * (os.cpu_count() or 1)


def bracketed(host: str) -> str:
    """A host as a URL has it. https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2"""
    return f"[{host}]" if ":" in host else host


def load(project: Path, environ: Mapping[str, str], **flags: Any) -> Settings:
    """The settings in force for a project folder.

    Flags of value None are not given. Raises as `unchecked` does, and ProjectError for a value that nothing can be
    done with.
    """
    settings = unchecked(project, environ, **flags)
    for name, wanted in faults(vars(settings)):
        raise ProjectError(f"{name} must be {wanted}, not {getattr(settings, name)!r}")
    if settings.follow and settings.store.startswith("remote:"):
        raise ProjectError("a replica keeps its data in memory: or on disk:, and has no remote store")
    return settings


def unchecked(project: Path, environ: Mapping[str, str], **flags: Any) -> Settings:
    """The settings that are given, whether or not anything can be done with their values (`faults`).

    Raises ProjectError for a file that is no TOML, a key that is not known (with the nearest that is), or a value
    of the wrong type.
    """
    values: dict[str, Any] = {"project": project}
    values |= _from_file(project / CONFIGURATION_FILE)
    values |= _from_environment(environ)
    values |= {name: value for name, value in flags.items() if value is not None}
    found = replace(Settings(), **values)
    if found.store.startswith(("http://", "https://")):
        found = replace(found, store=f"remote:{found.store}")
    return replace(found, base=found.base.rstrip("/"))


def origins(project: Path, environ: Mapping[str, str], **flags: Any) -> dict[str, str]:
    """Where each setting that is not at its default comes from, by its name; arguments and errors as of `load`."""
    file = project / CONFIGURATION_FILE
    found = {name: str(file) for name in _from_file(file) if name not in _OF_THE_FILE}
    found |= {name: f"{ENVIRONMENT_PREFIX}{name.upper()}" for name in _from_environment(environ)}
    return found | {name: _flag(name) for name, value in flags.items() if value is not None}


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}" if name in FLAGS else f"--set {name}"


def assigned(given: Sequence[str]) -> dict[str, Any]:
    """The settings of flags `NAME=VALUE`. Raises ProjectError for one that is not known, or of the wrong type."""
    known = {f.name: f for f in fields(Settings) if "table" in f.metadata}
    found = {}
    for each in given:
        name, _, value = each.partition("=")
        if name not in known:
            raise ProjectError(f"--set: {unknown(name, list(known))}")
        found[name] = _typed(f"--set {name}", known[name].default, value)
    return found


def described() -> list[tuple[str, str, str]]:
    """Table, name and help text of every setting that a file or the environment can give."""
    return [
        (f.metadata["table"], f.name, f.metadata["help"]) for f in fields(Settings) if "table" in f.metadata
    ]


def _from_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path}: {error}") from None
    values: dict[str, Any] = {}
    for table, entries in content.items():
        if table == "prefixes":
            values["prefixes"] = dict(PREFIXES) | prefixes(path, entries)
        elif table == "validation":
            values["validation_types"] = dict(validation_types(path, entries))
        elif table == "guard":
            values["guards"] = guards(path, entries)
        elif table in _TABLES and isinstance(entries, dict):
            values |= {key: _file_value(path, table, key, entries[key]) for key in entries}
        else:
            raise ProjectError(f"{path}: {unknown(table, [*_TABLES, 'prefixes', 'validation', 'guard'])}")
    return values


def _file_value(path: Path, table: str, key: str, value: Any) -> Any:
    known = {f.name: f for f in fields(Settings) if f.metadata.get("table") == table}
    if key not in known:
        raise ProjectError(f"{path}: in [{table}]: {unknown(key, list(known))}")
    return _typed(f"{path}: {key}", known[key].default, value)


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    known = {f"{ENVIRONMENT_PREFIX}{f.name.upper()}": f for f in fields(Settings) if "table" in f.metadata}
    values = {}
    for name in sorted(n for n in environ if n.startswith(ENVIRONMENT_PREFIX)):
        if name not in known:
            raise ProjectError(f"environment: {unknown(name, list(known))}")
        values[known[name].name] = _typed(name, known[name].default, environ[name])
    return values


def _typed(where: str, default: Any, value: Any) -> Any:
    wanted = type(default)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if wanted is bool and value in ("true", "false"):
        return value == "true"
    if isinstance(value, str) and wanted not in (str, bool):
        try:
            return wanted(value)
        except ValueError:
            raise ProjectError(f"{where}: {value!r} is not of type {wanted.__name__}") from None
    if not isinstance(value, wanted):
        raise ProjectError(f"{where}: {value!r} is not of type {wanted.__name__}")
    return value
