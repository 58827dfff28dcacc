"""The store port and its adapters."""

from graphsvc.store.port import Answer, Delivery, Limits, Receipt, Store, Write

__all__ = ["Answer", "Delivery", "Limits", "Receipt", "Store", "Write"]
