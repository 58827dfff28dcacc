"""The search port: where the index of the present data is had from."""

from __future__ import annotations

from typing import Protocol

from graphsvc.search.index import Index


class Indexes(Protocol):
    """Has indexes made, and knows the newest; safe to use from several threads."""

    def newest(self, epoch: str) -> Index:
        """The index of the data of `epoch`, or an older one where that one takes longer than a reader will wait.

        Raises Unavailable where there is none yet, and StoreError where none can be made.
        """

    def close(self) -> None:
        """Free what is held; a second call does nothing."""
