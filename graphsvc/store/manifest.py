"""What a backup says of itself in manifest.json, and whether the rest of it is so.

A backup is a folder of `manifest.json` and of `store/`, which is laid out as a store on disk is: the journal, and
below `generations/` the one state that it leads to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from graphsvc import __version__
from graphsvc.errors import StoreError
from graphsvc.store.generations import Generations, failed
from graphsvc.store.journal import read_journal

MANIFEST, STORE = "manifest.json", "store"
# The form of backup that this module writes and reads.
FORM = 1


@dataclass(frozen=True)
class Manifest:
    """The state that a backup holds: its epoch, how many changes led to it, and how many quads it has.

    `time` is when it was taken (ISO 8601, UTC), `graphsvc` and `pyoxigraph` are the versions that made it. `files`
    has for each file below `store/`, by its path, its `bytes` and its `sha256`.
    """

    epoch: str
    number: int
    quads: int
    time: str
    graphsvc: str
    pyoxigraph: str
    files: dict[str, dict[str, Any]]

    @property
    def summary(self) -> str:
        """What it holds, in a few words."""
        return f"state {self.epoch}, number {self.number:,}, with {self.quads:,} quads"

    def write(self, backup: Path) -> None:
        """Write the manifest of a backup, with a checksum of its own. Raises OSError."""
        content = asdict(self) | {"form": FORM}
        text = json.dumps(content | {"sha256": _checksum(content)}, indent=2, sort_keys=True)
        (backup / MANIFEST).write_text(f"{text}\n", encoding="utf-8")

    @classmethod
    def read(cls, backup: Path) -> Manifest:
        """The manifest of a backup. Raises StoreError for one that is damaged, missing or too new."""
        path = backup / MANIFEST
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise StoreError(f"{backup}: this is no backup: there is no {MANIFEST} in it") from None
        except OSError as error:
            raise failed(f"{path}: the manifest cannot be read", error) from error
        except ValueError:
            raise StoreError(
                f"{path}: the backup is damaged: its manifest is not as it was written"
            ) from None
        form = content.pop("form", None) if isinstance(content, dict) else None
        if isinstance(form, int) and form > FORM:
            raise StoreError(
                f"{backup}: the backup was made by graphsvc {content.get('graphsvc')}, in form {form}; this is "
                f"{__version__} and reads form {FORM}. Use that version"
            )
        try:
            if content.pop("sha256") == _checksum(content | {"form": form}):
                return cls(**content)
        except (AttributeError, KeyError, TypeError):
            pass
        raise StoreError(f"{path}: the backup is damaged: its manifest is not as it was written")

    def faults(self, backup: Path) -> Iterator[str]:
        """What is wrong with a backup, each in a sentence; nothing where it is as it was made."""
        whole = True
        for name, known in sorted(self.files.items()):
            fault = _fault(backup / STORE, name, known)
            if fault:
                whole = False
                yield f"{STORE}/{name} {fault}"
        if whole:
            yield from self._unfit(backup / STORE)

    def _unfit(self, store: Path) -> Iterator[str]:
        """Whether the files, each as it was written, make this state."""
        try:
            records, _ = read_journal(store / "journal")
            generations = Generations(store)
            state = generations.written(self.epoch)
            quads = generations.count(self.epoch)
        except (OSError, StoreError) as error:
            yield str(error)
            return
        if (str(records[-1][0]["epoch"]) if records else "") != state.epoch or state.epoch != self.epoch:
            yield f"the journal does not lead to the state {self.epoch}"
        if quads != self.quads:
            yield f"there are {quads:,} quads, and the manifest says {self.quads:,}"


def _fault(store: Path, name: str, known: dict[str, Any]) -> str:
    relative = PurePosixPath(name)
    if relative.is_absolute() or ".." in relative.parts:
        return "is no name of a file in a backup"
    path = store / relative
    try:
        size = path.stat().st_size
        if size != known["bytes"]:
            return f"has {size:,} bytes and should have {known['bytes']:,}"
        if digest(path) != known["sha256"]:
            return "is not as it was written: its checksum is another"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    return ""


def described(store: Path) -> dict[str, dict[str, Any]]:
    """Each file below a folder, by its path, with its bytes and checksum. Raises OSError."""
    return {
        path.relative_to(store).as_posix(): {"bytes": path.stat().st_size, "sha256": digest(path)}
        for path in sorted(store.rglob("*"))
        if path.is_file()
    }


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal. Raises OSError."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
