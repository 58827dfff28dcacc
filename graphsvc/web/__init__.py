"""The service over HTTP: one module for each standard."""

from graphsvc.web.app import create_app, figures_of, settings_tag_of

__all__ = ["create_app", "figures_of", "settings_tag_of"]
