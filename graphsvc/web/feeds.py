"""The feed of changes at `/changes/…`: for replicas, and for whoever keeps a copy of the data.

An entry is an RDF Patch (`graphsvc.store.entries`), a snapshot is N-Quads (`graphsvc.store.snapshot`).
"""

from __future__ import annotations

import json
import tempfile
import time
from typing import Any, cast

from flask import Blueprint, Response

from graphsvc.dataset.dumps import Dump
from graphsvc.errors import BadRequest, NotFound
from graphsvc.feed import Feed
from graphsvc.feed.state import read_state
from graphsvc.formats import JSON, N_QUADS
from graphsvc.store.entries import MEDIA_TYPE
from graphsvc.store.pooled import PooledStore
from graphsvc.web.limits import limits
from graphsvc.web.parameters import from_url
from graphsvc.web.representation import respond, whole
from graphsvc.web.service import local_path, service

# How many bytes of patches one answer has at most, unless a single entry has more.
PAGE = 4 << 20
MAX_WAIT = 60.0
blueprint = Blueprint("feed", __name__)


def feed() -> Feed:
    """The feed of this service. Raises NotFound where it has none."""
    found = service().feed
    if found is None or not found.offered:
        raise NotFound(
            "This service offers no feed of its changes; its operator can turn it on (`feed_entries`)."
        )
    return found


@blueprint.get("/changes/feed")
def entries() -> Response:
    """What follows a state; where it is the present one, what comes next within `wait` seconds."""
    log, parameters = feed(), from_url()
    after = parameters.one("after")
    if after is None:
        raise BadRequest("After which state? Give `?after=EPOCH`; a snapshot says of which epoch it is.")
    wait, allowed = _seconds(parameters.one("wait")), limits()
    found = log.after(after, PAGE)
    if not found and wait:
        log.wait(after, wait, allowed.cancelled)
        found = log.after(after, PAGE)
    about = log.about()
    response = Response(found, content_type=MEDIA_TYPE)
    response.headers["Graph-Epoch"] = str(about["epoch"])
    response.headers["Feed-Number"] = str(about["number"])
    response.headers["Link"] = (
        f'<{local_path("/changes/snapshot")}>; rel="alternate"; type="{N_QUADS.media_type}"'
    )
    # What follows a state may grow, so nobody but the asker can use it.
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/changes/snapshot")
def snapshot() -> Response:
    """All data in one state, from which the feed can be followed."""
    feed()
    answer = cast(PooledStore, service().store).snapshot()
    # A slow client keeps no reader busy, and gets all of it or nothing.
    with tempfile.TemporaryFile() as file:
        for chunk in answer.chunks:
            file.write(chunk)
        made = Dump(file)
    response = Response(made.chunks(), content_type=N_QUADS.media_type)
    response.content_length = made.length
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/changes/status")
def status() -> Response:
    """Where this node is: its epoch, how far the feed goes back, and how far a replica is behind."""
    content: dict[str, Any] = {"epoch": service().store.epoch(), "feed": None, "replica": None}
    log = service().feed
    about = log.about() if log is not None else {}
    content |= {name: about[name] for name in ("epoch", "number", "id") if name in about}
    if log is not None and log.offered:
        items = log.items()
        content["feed"] = {
            "entries": len(items),
            "bytes": sum(item.size for item in items),
            "after": items[0].fields["before"] if items else about["epoch"],
        }
    if service().settings.follow and log is not None and log.following is not None:
        content["replica"] = read_state(log.following).told(int(about["number"]), time.time())
    return respond(whole(json.dumps(content, indent=2) + "\n", content["epoch"]), JSON, cache="no-store")


def _seconds(given: str | None) -> float:
    try:
        seconds = float(given or 0)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < float("inf"):
        raise BadRequest("`wait` is a number of seconds, 0 or more.")
    return min(seconds, MAX_WAIT)
