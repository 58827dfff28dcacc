"""Which answers may be kept and given again, for how long, by who calls this application."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from flask import request

from graphsvc.errors import GraphsvcError
from graphsvc.formats import Format
from graphsvc.web.service import service

# Who may keep the answer puts a `Caching` here in the environment of a request.
ENVIRON = "graphsvc.caching"
# Not in a 304: what is said of the bytes that are not sent. https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5
OF_THE_BODY = (
    "Content-Disposition",
    "Content-Language",
    "Graph-Epoch",
    "Link",
    "Query-Notice",
    "Result-Count",
)


@dataclass(frozen=True)
class Scope:
    """The only graphs that an answer depends on, the default graph as the empty string, and the entity tag that it
    has at an epoch in which they are what they were."""

    graphs: frozenset[str]
    tag_at: Callable[[str], str]


@dataclass(frozen=True)
class Files:
    """What an answer was made of besides: as it was found before, and how to find it now, at little cost and
    from any thread."""

    found: object
    find: Callable[[], object]

    def are_the_same(self) -> bool:
        """Whether it is what it was; not where it cannot be found."""
        try:
            return self.find() == self.found
        except (GraphsvcError, OSError):
            return False


@dataclass(frozen=True)
class Plain:
    """A query that is all of its request, of a form and with an answer of a format; a query of the same shape
    (`graphsvc.sparql.shape`) is answered with the same headers but for the entity tag and the length. The store
    was at it for so many seconds."""

    text: str
    form: str
    chosen: Format
    seconds: float


@dataclass
class Caching:
    """What the application says of an answer: whether its bytes and headers depend on nothing but the request's
    target, body and headers, the epoch of the store, and `files`; with a `scope` on no more of the store than
    that says, save for its entity tag and the epoch in its header. `complete` is not where something could not
    be had in time. `plain` is the query that it answers, if that is a plain one."""

    allowed: bool = False
    complete: bool = True
    scope: Scope | None = None
    files: Files | None = None
    plain: Plain | None = None


def allow(
    *,
    graphs: Iterable[str] | None = None,
    tag_at: Callable[[str], str] | None = None,
    files: Files | None = None,
    plain: Plain | None = None,
) -> None:
    """Say that the answer to the present request may be given again, to anybody, as long as the epoch is the same,
    and `files` are; with `graphs` and `tag_at` (see `Scope`) as long as nothing is written to those graphs.

    Never for what depends on who asks, on other files that may change, or on the time.
    """
    caching = request.environ.get(ENVIRON)
    if isinstance(caching, Caching):
        caching.allowed = True
        caching.files, caching.plain = files, plain
        if graphs is not None and tag_at is not None:
            caching.scope = Scope(frozenset(graphs), tag_at)


def settings_files() -> Files:
    """The files that may change at any time and that a page may be made of: the library of queries, and the
    tokens. To be asked for before the page is made."""
    held = service()

    def find() -> object:
        return held.library.entries(), held.tokens.tokens()

    return Files(find(), find)


def shape_files() -> Files:
    """The project's shapes, by the dates and lengths of their files. To be asked for before they are read."""
    paths = [file.path for file in service().project.files if file.folder == "shapes"]

    def find() -> object:
        return list(map(_stamp, paths))

    return Files(find(), find)


def static_file(path: Path) -> Files:
    """One file that comes with the release."""

    def find() -> object:
        return _stamp(path)

    return Files(find(), find)


def _stamp(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


def incomplete() -> None:
    """Say that something is missing from the answer to the present request that could not be had in time."""
    caching = request.environ.get(ENVIRON)
    if isinstance(caching, Caching):
        caching.complete = False
