"""The settings in force: where each comes from, and values that nothing can be done with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from graphsvc.doctor.findings import Finding, disguised, note, ok, wrong
from graphsvc.settings import Settings, described

_SECRETS = ("remote_authorization", "follow_authorization")
# The setting, what its value must be, and whether it is.
_BOUNDS: tuple[tuple[str, str, Callable[[Any], bool]], ...] = (
    ("port", "from 0 to 65535", lambda value: 0 <= value <= 65535),
    ("readers", "0 or more", lambda value: value >= 0),
    ("client_share", "0 or more", lambda value: value >= 0),
    ("query_timeout", "more than 0", lambda value: value > 0),
    ("grace", "0 or more", lambda value: value >= 0),
    ("reader_memory", "at least 16 MB", lambda value: value >= 16 << 20),
    ("hold_back", "0 or more", lambda value: value >= 0),
    ("feed_entries", "0 or more", lambda value: value >= 0),
    ("feed_bytes", "0 or more", lambda value: value >= 0),
    ("max_query_bytes", "more than 0", lambda value: value > 0),
    ("max_upload_bytes", "more than 0", lambda value: value > 0),
)


def examine_settings(settings: Settings, origins: Mapping[str, str]) -> Iterator[Finding]:
    """One finding for each setting that was given, one for all that were not, and one for each that is wrong."""
    defaults: dict[str, Any] = {}
    for _, name, _ in described():
        value = getattr(settings, name)
        if name not in origins:
            defaults[name] = value
            continue
        shown = "(not shown)" if name in _SECRETS and value else value
        shown = disguised(shown) if isinstance(shown, str) else shown
        yield ok(
            "setting",
            f"{name} = {shown!r} from {origins[name]}.",
            name=name,
            value=shown,
            origin=origins[name],
        )
    yield ok(
        "settings",
        f"{len(defaults)} have their default; `graphsvc settings` lists and explains all.",
        defaults=defaults,
    )
    for name, bounds, fits in _BOUNDS:
        value = getattr(settings, name)
        if not fits(value):
            where = origins.get(name, "the defaults")
            yield wrong("setting", f"{name} is {value!r}.", f"It must be {bounds}: change it in {where}.")
    if "base" not in origins:
        yield note(
            "setting",
            f"base has its default: things are named under {settings.base}/, which nobody else can reach.",
            "Set base to an IRI that you can keep for ever.",
        )
    if settings.store.startswith("disk:") and not settings.durable:
        yield note(
            "setting", "durable = false: a loss of power may lose the last writes that were acknowledged."
        )
