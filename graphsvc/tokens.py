"""Who may write: tokens, of which only salted hashes are kept.

https://www.rfc-editor.org/rfc/rfc6750. A secret is `gs_NAME_RANDOM`, where RANDOM has 256 bits.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graphsvc.errors import ProjectError

WRITE, HISTORY = "write", "history"
_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
_SECRET = re.compile(r"gs_([A-Za-z0-9-]{1,64})_[A-Za-z0-9_-]{43}")
# What an unknown name is compared with, so that it takes as long as a known one.
_NOBODY = {"salt": "00" * 16, "hash": "00" * 32, "scopes": [], "created": ""}


@dataclass(frozen=True)
class Token:
    """A token by its name: what it allows, and when it was made."""

    name: str
    scopes: tuple[str, ...]
    created: str

    @property
    def may_write(self) -> bool:
        """Whether it may write at all."""
        return any(scope.partition(":")[0] == WRITE for scope in self.scopes)

    @property
    def may_read_history(self) -> bool:
        """Whether it may read the record of writes."""
        return HISTORY in self.scopes

    @property
    def graphs(self) -> tuple[str, ...] | None:
        """How the names of the graphs begin that it may write to; None: every graph."""
        if WRITE in self.scopes:
            return None
        return tuple(scope.removeprefix("write:") for scope in self.scopes if scope.startswith("write:"))


class TokenFile:
    """The tokens kept at `path`, read again whenever the file changes; there need be no file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, int, int] | None = None
        self._entries: dict[str, dict[str, Any]] = {}

    def new(self, name: str, scopes: Sequence[str]) -> str:
        """Make a token; its secret, which cannot be had again. Raises ProjectError."""
        if not _NAME.fullmatch(name):
            raise ProjectError(f"a token's name has 1 to 64 letters, digits and hyphens; {name!r} does not")
        for scope in scopes:
            if scope not in (WRITE, HISTORY) and not (scope.startswith("write:") and len(scope) > 6):
                raise ProjectError(f"a scope is write, write:IRI or history, not {scope!r}")
        if not scopes:
            raise ProjectError("a token without a scope allows nothing; give one with --scope")
        secret = f"gs_{name}_{secrets.token_urlsafe(32)}"
        salt = secrets.token_bytes(16)
        with self._changing() as entries:
            if name in entries:
                raise ProjectError(f"there is a token {name!r} already; revoke it first")
            entries[name] = {
                "salt": salt.hex(),
                "hash": _hash(salt, secret),
                "scopes": list(scopes),
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
            }
        return secret

    def revoke(self, name: str) -> None:
        """Make a token worthless. Raises ProjectError where there is none of that name."""
        with self._changing() as entries:
            if entries.pop(name, None) is None:
                raise ProjectError(f"there is no token {name!r}")

    def tokens(self) -> list[Token]:
        """Every token, by name."""
        return [_token(name, entry) for name, entry in sorted(self._read().items())]

    def check(self, secret: str) -> Token | None:
        """The token of a secret, or None; in the same time whatever is wrong with it."""
        found = _SECRET.fullmatch(secret)
        name = found[1] if found else ""
        entry = self._read().get(name, _NOBODY)
        right = hmac.compare_digest(_hash(bytes.fromhex(entry["salt"]), secret), entry["hash"])
        return _token(name, entry) if right else None

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            status = self.path.stat()
            stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
            if stamp != self._stamp:
                self._entries = json.loads(self.path.read_text(encoding="utf-8"))["tokens"]
                self._stamp = stamp
        except FileNotFoundError:
            self._entries, self._stamp = {}, None
        except (OSError, ValueError, KeyError, TypeError):
            raise ProjectError(f"{self.path}: the file of tokens cannot be read") from None
        return self._entries

    @contextmanager
    def _changing(self) -> Iterator[dict[str, dict[str, Any]]]:
        """The entries, to be changed; one process at a time, and the old file or the new one, never half."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path.with_suffix(".lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            entries = dict(self._read())
            yield entries
            unfinished = self.path.with_suffix(f".{os.getpid()}")
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                json.dump({"tokens": entries}, file, indent=2)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(self.path)


def _hash(salt: bytes, secret: str) -> str:
    # 256 random bits cannot be guessed at any speed, so a slow hash would only slow the service down.
    return hashlib.sha256(salt + secret.encode("utf-8", "replace")).hexdigest()


def _token(name: str, entry: dict[str, Any]) -> Token:
    return Token(name, tuple(entry["scopes"]), str(entry["created"]))
