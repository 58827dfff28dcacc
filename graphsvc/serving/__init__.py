"""The service as processes: a supervisor, the keeper of the store with its readers, and the web server."""

from graphsvc.serving.supervisor import serve

__all__ = ["serve"]
