"""The feed of changes: what a primary offers of its journal, and how a replica follows it."""

from graphsvc.feed.log import Feed

__all__ = ["Feed"]
