"""One line of the log for each request, as an object; the formatter writes it."""

from __future__ import annotations

import hashlib
import ipaddress
import logging
from functools import lru_cache
from typing import Any

from graphsvc.settings import Settings
from graphsvc.web.observation import Observer, Record

_LOG = logging.getLogger("graphsvc.requests")
# The longest query text and path that a line has.
_LONGEST_QUERY = 16_384
_LONGEST_PATH = 2_048
# Whoever looks every few seconds whether the service lives would fill the log.
_SILENT = "/health/"


def query_hash(text: str) -> str:
    """The name of a query: the first 16 digits of the SHA-256 of its text, each run of white space as a space."""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()[:16]


@lru_cache(4096)
def shortened(address: str) -> str:
    """An address without what tells one person from another: the last 8 bits of IPv4, the last 80 of IPv6."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None) or found
    network = ipaddress.ip_network((mapped, 24 if mapped.version == 4 else 48), strict=False)
    return str(network.network_address)


def logged(settings: Settings) -> Observer:
    """The observer that logs each request but those at /health/."""

    def log(record: Record) -> None:
        if record.route.startswith(_SILENT):
            return
        _LOG.info("request", extra={"fields": _fields(record, settings)})

    return log


def _fields(record: Record, settings: Settings) -> dict[str, Any]:
    fields = {
        "request_id": record.request_id,
        "method": record.method[:32],
        "route": record.route,
        "path": record.path[:_LONGEST_PATH],
        "status": record.status,
        "bytes": record.size,
        "seconds": round(record.seconds, 6),
        "outcome": record.outcome,
        "client": record.client if settings.log_clients else shortened(record.client),
    }
    if record.epoch:
        fields["epoch"] = record.epoch
    if record.trace is not None:
        fields |= {"trace": record.trace.trace, "span": record.trace.span}
    if record.query is not None:
        fields["query_hash"] = query_hash(record.query)
        if settings.log_queries:
            fields["query"] = record.query[:_LONGEST_QUERY]
    return fields
