"""How the log is written, to standard error: as text, or as JSON, one object a line.

Whatever a message says, it cannot end its line or begin another: control characters are escaped.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# Those of Unicode too, by which some viewers end a line or turn its direction.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def escaped(text: str) -> str:
    """The text with its control characters as escapes, and so on one line."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


class TextFormatter(logging.Formatter):
    """A line for each record; the lines of a traceback are indented, so that none can be taken for a record."""

    def __init__(self) -> None:
        super().__init__(_TEXT)

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        said = escaped(self._head(record))
        if record.exc_info:
            trace = self.formatException(record.exc_info).splitlines()
            said += "".join(f"\n    {escaped(line)}" for line in trace)
        return said

    def _head(self, record: logging.LogRecord) -> str:
        record.message = record.getMessage()
        record.asctime = self.formatTime(record)
        return self.formatMessage(record)


class JsonFormatter(logging.Formatter):
    """An object for each record: `time`, `level`, `logger`, `message`, `exception` where there is one, and the
    fields that the record brings (`extra={"fields": …}`)."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of ASCII."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        told |= getattr(record, "fields", {})
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str)


def begin_log(form: str) -> None:
    """Write the log of this process in a form, `text` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
