"""Entity tags of what the data, the settings and the release decide together."""

from __future__ import annotations

from collections.abc import Callable

from graphsvc import __version__
from graphsvc.web.representation import entity_tag
from graphsvc.web.service import service


def state_tag(epoch: str, *parts: str) -> str:
    """A strong entity tag of a representation of the data of `epoch`.

    Prefixes, title, addresses and the like are in the bytes too, hence the settings in the tag.
    """
    return state_tag_at(*parts)(epoch)


def state_tag_at(*parts: str) -> Callable[[str], str]:
    """The entity tag of the same by epoch, for who has no request at hand when it is made."""
    settings = service().settings_tag
    return lambda epoch: tag_of(settings, epoch, *parts)


def tag_of(settings_tag: str, epoch: str, *parts: str) -> str:
    """The same outside a request."""
    return entity_tag(epoch, __version__, settings_tag, *parts)
