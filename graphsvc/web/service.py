"""What every route needs: the settings, the store and the project, held by the application."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from flask import current_app

from graphsvc.feed import Feed
from graphsvc.project import Project
from graphsvc.search import Indexes
from graphsvc.settings import Settings
from graphsvc.store import Store
from graphsvc.stored_queries import Library
from graphsvc.tokens import TokenFile
from graphsvc.validation import Validator

EXTENSION = "graphsvc"


@dataclass(frozen=True)
class Service:
    """The parts that one application is wired from."""

    settings: Settings
    project: Project
    store: Store
    validator: Validator
    tokens: TokenFile
    indexes: Indexes
    library: Library
    feed: Feed | None = None

    @cached_property
    def settings_tag(self) -> str:
        """The settings as a part of what entity tags are made of; they stay what they are."""
        return hashlib.sha256(self.settings.published.encode("utf-8", "surrogatepass")).hexdigest()


def service() -> Service:
    """The parts of the application that handles the present request."""
    return cast(Service, current_app.extensions[EXTENSION])


def local_path(path: str) -> str:
    """A path of this service as a link in a page or a header: below the public URL's path, host-relative."""
    return service().settings.root_path + path


def absolute_url(path: str) -> str:
    """A path of this service as an absolute URL under the public URL, never under the request's Host."""
    return service().settings.root_url + path
