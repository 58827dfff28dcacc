"""How the service says who it is to another server: nothing of it is ever shown or logged.

https://www.rfc-editor.org/rfc/rfc7617 (Basic), https://www.rfc-editor.org/rfc/rfc7616 (Digest),
https://www.rfc-editor.org/rfc/rfc6750 (Bearer).
"""

from __future__ import annotations

import base64
import threading
import urllib.request
from pathlib import Path
from urllib.request import AbstractDigestAuthHandler, HTTPPasswordMgrWithDefaultRealm, Request

from graphsvc.errors import ProjectError

_FORMS = "`basic USER:PASSWORD`, `digest USER:PASSWORD` or `bearer TOKEN`"


class Credentials:
    """Credentials of one form; a form that answers challenges remembers the last. Safe to use from threads."""

    def __init__(self, header: str = "", user: str = "", password: str = "") -> None:
        self._header = header
        self._user = user
        self._digest = AbstractDigestAuthHandler(_passwords(user, password)) if user else None
        self._challenge: dict[str, str] | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "Credentials(not shown)"

    @classmethod
    def read(cls, text: str, where: str) -> Credentials:
        """Those of one line; `where` it stands is what an error names. Raises ProjectError."""
        form, _, rest = text.strip().partition(" ")
        rest = rest.strip()
        user, colon, password = rest.partition(":")
        if any(ord(sign) < 32 for sign in rest):
            raise ProjectError(f"{where} holds more than one line")
        match form.lower():
            case "basic" if user and colon:
                return cls(f"Basic {base64.b64encode(rest.encode()).decode()}")
            case "digest" if user and colon:
                return cls(user=user, password=password)
            case "bearer" if rest and " " not in rest:
                return cls(f"Bearer {rest}")
        raise ProjectError(f"{where} holds one line: {_FORMS}")

    @classmethod
    def from_file(cls, path: Path) -> Credentials:
        """Those in a file. Raises ProjectError for one that cannot be read or holds anything else."""
        try:
            return cls.read(path.read_text(encoding="utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise ProjectError(f"{path}: the credentials cannot be read: {error}") from None

    def header(self, method: str, url: str, challenge: str | None = None) -> str:
        """The Authorization header of a request, empty for none.

        `challenge` is the WWW-Authenticate header of the answer that refused it: empty too where that
        cannot be met.
        """
        if self._digest is None:
            return self._header if challenge is None else ""
        with self._lock:
            if challenge is not None:
                self._challenge = _digest_challenge(challenge)
            if self._challenge is None:
                return ""
            request = Request(url, method=method)  # noqa: S310 - nothing is opened
            try:
                found = self._digest.get_authorization(request, self._challenge)
            except ValueError:
                found = None  # an algorithm that is not known
            return f"Digest {found}" if found else ""


def _passwords(user: str, password: str) -> HTTPPasswordMgrWithDefaultRealm:
    found = HTTPPasswordMgrWithDefaultRealm()
    found.add_password(None, "/", user, password)
    found.find_user_password = lambda realm, authuri: (user, password)  # type: ignore[method-assign] # noqa: ARG005
    return found


def _digest_challenge(header: str) -> dict[str, str] | None:
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "digest":
        return None
    return urllib.request.parse_keqv_list(list(filter(None, urllib.request.parse_http_list(rest))))
