"""The file of tokens: whether it can be read, and by whom."""

from __future__ import annotations

import stat
from collections.abc import Iterator

from graphsvc.doctor.findings import Finding, counted, note, ok, wrong
from graphsvc.errors import ProjectError
from graphsvc.settings import Settings
from graphsvc.tokens import TokenFile


def examine_tokens(settings: Settings) -> Iterator[Finding]:
    """What there is to say of the file of tokens."""
    path = settings.token_file
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        tokens = TokenFile(path).tokens()
    except FileNotFoundError:
        yield note(
            "tokens", f"{path}: there are none, so nobody may write.", "`graphsvc token new` makes one."
        )
        return
    except (ProjectError, OSError, AttributeError, KeyError, TypeError) as error:
        said = str(error) if isinstance(error, ProjectError) else f"{path}: {error}"
        yield wrong("tokens", said, "Mend it, or remove it and make new tokens.")
        return
    writers = sum(token.may_write for token in tokens)
    if mode & 0o077:
        yield wrong(
            "tokens",
            f"{path} has the permissions {mode:o}: others may read or change it.",
            f"chmod 600 {path}",
        )
        return
    yield ok(
        "tokens",
        f"{path}: {counted(len(tokens), 'token')}, {writers} for writing; only its owner can read it.",
        tokens=len(tokens),
        writers=writers,
        mode=f"{mode:o}",
    )
