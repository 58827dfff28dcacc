"""The store port and its adapters."""

from graphsvc.store.port import Answer, Limits, Receipt, Store, Write

__all__ = ["Answer", "Limits", "Receipt", "Store", "Write"]
