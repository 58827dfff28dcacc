"""The store port and its adapters."""

from graphsvc.store.port import Answer, Limits, Store

__all__ = ["Answer", "Limits", "Store"]
