"""What the value of a setting must be, beyond its type."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit


def _is_base(value: str) -> bool:
    return _is_web(value) and not urlsplit(value).query and not urlsplit(value).fragment


def _is_web(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_day(value: str) -> bool:
    try:
        return bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_network(value: str) -> bool:
    try:
        return bool(ipaddress.ip_network(value))
    except ValueError:
        return False


def _is_origin(value: str) -> bool:
    """https://www.rfc-editor.org/rfc/rfc6454#section-6.2"""
    if not _is_web(value):
        return False
    parts = urlsplit(value)
    return value == f"{parts.scheme}://{parts.netloc}" and "@" not in value


def _are_origins(value: str) -> bool:
    return value == "*" or all(_is_origin(one) for one in value.split())


def _is_place(value: str) -> bool:
    return (
        value.rpartition(":")[2].isascii() and value.rpartition(":")[2].isdigit() and place(value)[1] < 65536
    )


def place(text: str) -> tuple[str, int]:
    """The host and the port of `HOST:PORT`, or of `PORT` of the loopback address."""
    host, _, port = text.rpartition(":")
    return host.strip("[]") or "127.0.0.1", int(port)


def _if_any(fits: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda value: not value or fits(value)


def _each(fits: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda value: all(fits(one) for one in value.split())


# The setting, what its value must be, and whether it is.
RULES: tuple[tuple[str, str, Callable[[Any], bool]], ...] = (
    ("base", "an http(s) IRI without query or fragment", _is_base),
    ("license", "the IRI of a licence", _if_any(_is_web)),
    ("issued", "a day, YYYY-MM-DD", _if_any(_is_day)),
    ("port", "from 0 to 65535", lambda value: 0 <= value <= 65535),
    ("public_url", "an http(s) URL without query or fragment", _if_any(_is_base)),
    ("default_graph", "union or unnamed", lambda value: value in ("union", "unnamed")),
    ("service_endpoints", "http or https URLs with spaces between", _each(_is_web)),
    ("readers", "0 or more", lambda value: value >= 0),
    ("client_share", "0 or more", lambda value: value >= 0),
    ("client_patience", "more than 0", lambda value: value > 0),
    ("query_timeout", "more than 0", lambda value: value > 0),
    ("remote_freshness", "more than 0", lambda value: value > 0),
    ("grace", "0 or more", lambda value: value >= 0),
    ("reader_memory", "at least 16 MB", lambda value: value >= 16 << 20),
    ("hold_back", "0 or more", lambda value: value >= 0),
    ("max_column_triples", "0 or more", lambda value: value >= 0),
    ("max_result_rows", "0 or more", lambda value: value >= 0),
    ("max_result_bytes", "0 or more", lambda value: value >= 0),
    ("max_query_bytes", "more than 0", lambda value: value > 0),
    ("max_upload_bytes", "more than 0", lambda value: value > 0),
    ("rate_limit", "0 or more", lambda value: 0 <= value < float("inf")),
    ("rate_burst", "0 or more", lambda value: value >= 0),
    ("trusted_proxies", "addresses or networks with spaces between", _each(_is_network)),
    ("cors_origins", "*, or origins such as https://example.org with spaces between", _are_origins),
    ("follow", "an http or https URL of a primary", _if_any(_is_web)),
    ("feed_entries", "0 or more", lambda value: value >= 0),
    ("feed_bytes", "0 or more", lambda value: value >= 0),
    ("metrics", "HOST:PORT, or a port of this machine", _if_any(_is_place)),
    ("tracing", "an http or https URL", _if_any(_is_web)),
    ("log_format", "text or json", lambda value: value in ("text", "json")),
)


def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The settings whose values nothing can be done with, each with what it must be."""
    for name, wanted, fits in RULES:
        if not fits(values[name]):
            yield name, wanted
