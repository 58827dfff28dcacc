"""The web process: waitress in front of the application.

It parses no query, no RDF and no shapes of a visitor's; that is done behind the wall of the pools.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from functools import partial
from pathlib import Path
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from graphsvc.columns import Calls
from graphsvc.feed import Feed
from graphsvc.feed.state import figures
from graphsvc.loading import disk_folder, has_columns, remote_store
from graphsvc.project import Project
from graphsvc.search.served import REST, ServedIndexes
from graphsvc.serving.channel import Brevity, Channel, Dispatcher, check_all
from graphsvc.serving.child import Role, run
from graphsvc.serving.direct_link import Links
from graphsvc.serving.direct_queries import DirectQueries
from graphsvc.serving.kept_answers import Task
from graphsvc.serving.questions import questions
from graphsvc.serving.response_cache import ResponseCache
from graphsvc.serving.spans import spans_to
from graphsvc.store.pooled import PooledStore
from graphsvc.store.remote import RemoteStore
from graphsvc.validation.pooled import PooledValidator
from graphsvc.web import create_app, figures_of, settings_tag_of
from graphsvc.web.given_again import GIVEN_AGAIN
from graphsvc.web.metrics import Metrics
from graphsvc.web.observation import Observer
from graphsvc.web.store_figures import StoreSize
from graphsvc.workers.board import EpochPage
from graphsvc.workers.changed_graphs import Unchanged
from graphsvc.workers.client import PoolClient
from graphsvc.workers.memory import give_back, give_back_large_blocks, resident

THREADS = 48
MAX_CONNECTIONS = 2_000
MAX_HEADERS = 64 << 10
# Once it has grown by so much, what is left of requests is collected, and goes back to the system.
MUCH = 32 << 20


def answer(role: Role) -> None:
    """Serve HTTP until told to stop; then finish what is under way."""
    settings = role.settings
    give_back_large_blocks()
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    logging.getLogger("waitress").addFilter(Brevity())
    remote = remote_store(settings)
    page = None if remote else EpochPage(role.keeper)
    calls = Calls(role.keeper)
    store = remote or PooledStore(
        role.keeper,
        timeout=settings.query_timeout,
        hold_back=settings.hold_back,
        tell=calls.hear,
    )
    cache = _cache(role) if page is not None else None
    readers = None if remote else role.keeper
    elsewhere = questions(remote, settings) if remote else None
    validator = PooledValidator(role.checker, readers, elsewhere, hold_back=settings.hold_back)
    indexes = ServedIndexes(role.indexer, every=REST if settings.store.startswith("remote:") else 0.0)
    pools = {"checker": PoolClient(role.checker).figures}
    metrics = Metrics(pools if remote else pools | {"readers": PoolClient(role.keeper).figures})
    observers: list[Observer] = [metrics.observe] if settings.metrics else []
    spans, flush = spans_to(settings.tracing) if settings.tracing else (None, None)
    if spans is not None:
        observers.append(spans)
    feed = None if isinstance(store, RemoteStore) else _feed(role, store)
    app = create_app(settings, store, Project(settings), validator, indexes, observers, feed)
    metrics.sources = [*figures_of(app), StoreSize(store, disk_folder(settings))]
    if cache is not None:
        metrics.sources.append(cache.figures)
    if has_columns(settings):
        metrics.sources.append(calls.figures)
    if settings.follow and feed is not None and feed.following is not None:
        metrics.sources.append(partial(figures, feed.following, feed.about))
    server = _server(role, app)
    given_again, direct = app.extensions[GIVEN_AGAIN], None
    if cache is not None and page is not None:
        links = Links(role.keeper, os.cpu_count() or 1, server._map)
        tag, longest = settings_tag_of(app), settings.max_query_bytes
        direct = DirectQueries(links, page, cache, given_again, tag, longest)
        metrics.sources.append(direct.figures)
    own = {"cache": cache, "page": page, "direct": direct}
    again = {"given_again": given_again}
    server.channel_class = type(
        "Channel",
        (Channel,),
        own | again | {"patience": settings.client_patience, "task_class": type("Task", (Task,), own)},
    )
    if role.metrics >= 0:
        _beside(server, metrics, socket.socket(fileno=role.metrics))
    role.say_ready()
    _loop(server, settings.grace, direct)
    if flush is not None:
        flush()


def _server(role: Role, app: Any) -> Any:
    """Waitress, on the socket that was handed down."""
    settings = role.settings
    dispatcher = Dispatcher()
    dispatcher.set_thread_count(THREADS)
    return create_server(
        app,
        _dispatcher=dispatcher,
        sockets=[role.socket()],
        threads=THREADS,
        connection_limit=MAX_CONNECTIONS,
        asyncore_use_poll=True,
        channel_timeout=60,
        # Without this a thread is not told that its client went away.
        channel_request_lookahead=1,
        # Only the application knows which proxies are trusted; without any, nothing that they might say comes
        # through.
        clear_untrusted_proxy_headers=not settings.trusted_proxies,
        max_request_header_size=MAX_HEADERS,
        max_request_body_size=settings.max_upload_bytes + (1 << 20),
        ident="",
    )


def _cache(role: Role) -> ResponseCache:
    """What may be had in front of a store that says when its data change, and where; a remote one does not."""
    return ResponseCache(role.settings.cache_bytes, Unchanged(role.keeper).between)


def _beside(server: Any, metrics: Metrics, listener: socket.socket) -> None:
    """Serve the metrics on a listener of their own, in the loop of the other server."""
    beside = create_server(
        metrics.application,
        sockets=[listener],
        threads=1,
        map=server._map,
        connection_limit=20,
        clear_untrusted_proxy_headers=True,
        ident="",
    )
    beside.channel_class = type("Channel", (Channel,), {"patience": server.channel_class.patience})


def _feed(role: Role, store: PooledStore) -> Feed:
    settings, folder = role.settings, disk_folder(role.settings)
    return Feed(
        Path(role.keeper).with_name("journal") if folder is None else folder / "journal",
        store.about,
        entries=settings.feed_entries,
        size=settings.feed_bytes,
        following=Path(f"{role.keeper}.following"),
    )


def _loop(server: Any, grace: float, direct: DirectQueries | None) -> None:
    """Waitress's loop, and on SIGTERM a stop that drops nothing: no new connection, what has begun ends."""
    stopping: list[float] = []

    def stop(*_: object) -> None:
        stopping.append(time.monotonic() + grace)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    map_ = server._map
    checked, grown = time.monotonic(), resident(os.getpid())
    while not stopping:
        wasyncore.loop(timeout=0.5, map=map_, use_poll=True, count=1)
        if time.monotonic() - checked > 1:
            checked = time.monotonic()
            check_all(list(server.active_channels.values()))
            if direct is not None:
                direct.check(checked)
            if resident(os.getpid()) > grown + MUCH:
                give_back()
                grown = resident(os.getpid())
    server.accepting = False
    server.del_channel(map_)
    server.socket.close()
    while _busy(server) and time.monotonic() < stopping[0]:
        wasyncore.loop(timeout=0.1, map=map_, use_poll=True, count=1)
    server.task_dispatcher.shutdown(timeout=1)


def _busy(server: Any) -> bool:
    channels = list(server.active_channels.values())
    return any(one.requests or one.request or one.asking or one.total_outbufs_len for one in channels)


if __name__ == "__main__":
    run(answer)
