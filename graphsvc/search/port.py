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

    def present(self, epoch: str) -> Index | None:
        """The newest index that is at hand, or None; nobody waits for a process of its own that makes it.

        Where it is not of `epoch`, one that is will be made, but not oftener than once a minute for who asks so.
        """

    def close(self) -> None:
        """Free what is held; a second call does nothing."""
