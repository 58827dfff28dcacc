"""The web process: waitress in front of the application.

It parses no query, no RDF and no shapes of a visitor's; that is done behind the wall of the pools.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from pathlib import Path
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from graphsvc.feed import Feed
from graphsvc.loading import disk_folder, remote_store
from graphsvc.project import Project
from graphsvc.search.served import REST, ServedIndexes
from graphsvc.serving.channel import Brevity, Channel, check_all
from graphsvc.serving.child import Role, run
from graphsvc.store.pooled import PooledStore
from graphsvc.store.remote import RemoteStore
from graphsvc.validation.pooled import PooledValidator
from graphsvc.web import create_app
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
    store = remote or PooledStore(role.keeper, timeout=settings.query_timeout, hold_back=settings.hold_back)
    readers = None if remote else role.keeper
    validator = PooledValidator(role.checker, readers, hold_back=settings.hold_back)
    indexes = ServedIndexes(role.indexer, every=REST if settings.store.startswith("remote:") else 0.0)
    feed = None if isinstance(store, RemoteStore) else _feed(role, store)
    server = create_server(
        create_app(settings, store, Project(settings), validator, indexes, feed),
        sockets=[role.socket()],
        threads=THREADS,
        connection_limit=MAX_CONNECTIONS,
        asyncore_use_poll=True,
        channel_timeout=60,
        # Without this a thread is not told that its client went away.
        channel_request_lookahead=1,
        clear_untrusted_proxy_headers=True,
        max_request_header_size=MAX_HEADERS,
        max_request_body_size=settings.max_upload_bytes + (1 << 20),
        ident="",
    )
    server.channel_class = type("Channel", (Channel,), {"patience": settings.client_patience})
    role.say_ready()
    _loop(server, settings.grace)


def _feed(role: Role, store: PooledStore) -> Feed:
    settings, folder = role.settings, disk_folder(role.settings)
    return Feed(
        Path(role.keeper).with_name("journal") if folder is None else folder / "journal",
        store.about,
        entries=settings.feed_entries,
        size=settings.feed_bytes,
        following=Path(f"{role.keeper}.following"),
    )


def _loop(server: Any, grace: float) -> None:
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
    return any(one.requests or one.request or one.total_outbufs_len for one in channels)


if __name__ == "__main__":
    run(answer)
