"""The keeper of a store learns from a child that the project's shapes are sound, and checks them no more."""

from __future__ import annotations

import selectors
from collections.abc import Callable
from socket import socket
from typing import Any

import pytest

from graphsvc.errors import ShapesError
from graphsvc.loading import open_store
from graphsvc.project import Project
from graphsvc.serving.preloading import preload, shapes_of
from graphsvc.settings import load
from graphsvc.validation import Document
from graphsvc.validation import shapes as module
from graphsvc.validation.shapes import Shapes
from graphsvc.web import create_app
from graphsvc.web.validation_request import own_documents
from tests.conftest import ROOT


class Loop:
    """What preloading needs of a pool."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def watch(self, channel: socket, action: Callable[[], None]) -> None:
        self._selector.register(channel, selectors.EVENT_READ, action)

    def unwatch(self, channel: socket) -> None:
        self._selector.unregister(channel)
        channel.close()

    def run(self) -> None:
        while self._selector.get_map():
            for key, _ in self._selector.select(30):
                key.data()


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CHECKED", {})


def preloaded(documents: tuple[Document, ...]) -> list[str]:
    done: list[str] = []
    loop: Any = Loop()
    preload(loop, documents, lambda: done.append("done"))
    loop.run()
    return done


def test_shapes_that_a_child_has_checked_are_not_checked_again() -> None:
    documents = shapes_of(Project(load(ROOT, {})))
    assert preloaded(documents) == ["done"]
    before = module._load.cache_info()
    known = Shapes.load(documents)
    assert module._load.cache_info() == before
    checked = module._load(documents)
    assert known.queries
    assert known.queries == checked.queries
    assert known.statements.triples == checked.statements.triples


def test_broken_shapes_are_told_to_who_validates_by_them() -> None:
    documents = (Document("s", b"<urn:x:S> <http://www.w3.org/ns/shacl#targetClass> 1 .", "ttl"),)
    assert preloaded(documents) == []
    with pytest.raises(ShapesError):
        Shapes.load(documents)


def test_they_are_the_shapes_that_requests_are_validated_by() -> None:
    settings = load(ROOT, {})
    project = Project(settings)
    with open_store(project, settings) as store:
        app = create_app(settings, store, project)
        with app.test_request_context("/"):
            assert tuple(own_documents("shapes")) == shapes_of(project)
