"""The service over HTTP: one module for each standard."""

from graphsvc.web.app import create_app

__all__ = ["create_app"]
