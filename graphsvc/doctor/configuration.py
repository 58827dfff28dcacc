"""The settings in force: where each comes from, and values that nothing can be done with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from graphsvc.doctor.findings import Finding, disguised, note, ok, wrong
from graphsvc.settings import SECRETS, Settings, described
from graphsvc.settings_values import faults, place


def examine_settings(settings: Settings, origins: Mapping[str, str]) -> Iterator[Finding]:
    """One finding for each setting that was given, one for all that were not, and one for each that is wrong."""
    defaults: dict[str, Any] = {}
    for _, name, _ in described():
        value = getattr(settings, name)
        if name not in origins:
            defaults[name] = value
            continue
        shown = "(not shown)" if name in SECRETS and value else value
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
    for name, wanted in faults(vars(settings)):
        where = origins.get(name, "the defaults")
        value = getattr(settings, name)
        yield wrong("setting", f"{name} is {value!r}.", f"It must be {wanted}: change it in {where}.")
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


def examine_exposure(settings: Settings) -> Iterator[Finding]:
    """Settings that fit by themselves, and not the place where the service stands."""
    behind = bool(settings.public_url) and settings.host in ("127.0.0.1", "::1", "localhost")
    if behind and not settings.trusted_proxies:
        yield note(
            "setting",
            "public_url is given, the service listens on this machine alone, and trusted_proxies is empty: all "
            "clients of the proxy count as one.",
            "Set trusted_proxies to the address that the proxy asks from, such as 127.0.0.1.",
        )
    if settings.metrics and place(settings.metrics)[0] not in ("127.0.0.1", "::1", "localhost"):
        yield note("setting", f"metrics can be read by whoever reaches {settings.metrics}.")
    if settings.tracing and find_spec("opentelemetry") is None:
        yield wrong(
            "setting",
            "tracing is set, and OpenTelemetry is not installed.",
            "pip install 'graphsvc[tracing]'",
        )
    if settings.log_queries and settings.log_format != "json":
        yield note("setting", "log_queries does nothing as long as log_format is text.")
