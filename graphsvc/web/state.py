"""Entity tags of what the data, the settings and the release decide together."""

from __future__ import annotations

from graphsvc import __version__
from graphsvc.web.representation import entity_tag
from graphsvc.web.service import service


def state_tag(epoch: str, *parts: str) -> str:
    """A strong entity tag of a representation of the data of `epoch`.

    Prefixes, title, addresses and the like are in the bytes too, hence the settings in the tag.
    """
    return tag_of(service().settings_tag, epoch, *parts)


def tag_of(settings_tag: str, epoch: str, *parts: str) -> str:
    """The same outside a request."""
    return entity_tag(epoch, __version__, settings_tag, *parts)
