"""nginx with the sample configuration of docs/deploy, in front of a service, both on loopback."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.operations.asking import Reply, Watched, ask, settled
from tests.servers import free_port

CONFIGURATION = ROOT / "docs" / "deploy" / "nginx.conf"
nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
needs_nginx = pytest.mark.skipif(
    not (nginx and shutil.which("openssl")),
    reason="nginx is not installed (apt-get install nginx-light), so its sample configuration is not tried",
)


@dataclass(frozen=True)
class Proxy:
    """A running nginx: its https and http URLs, and the certificates that it is trusted by."""

    url: str
    plain_url: str
    tls: ssl.SSLContext

    def ask(self, path: str, headers: dict[str, str] | None = None, **more: object) -> Reply:
        """What it answers at a path of the service."""
        return ask(f"{self.url}/kg{path}", headers, tls=self.tls, **more)  # type: ignore[arg-type]


@contextmanager
def proxied(service: Watched, folder: Path) -> Iterator[Proxy]:
    """nginx before a service whose public URL has the path /kg."""
    secure, plain = free_port(), free_port()
    _make_certificate(folder)
    text = CONFIGURATION.read_text()
    for pattern, put in (
        (r"worker_processes auto;", f"worker_processes 1;\ndaemon off;\n{_SAME_USER}"),
        (r"/run/nginx\.pid", f"{folder}/pid"),
        (r"/var/log/nginx/error\.log", f"{folder}/error.log"),
        (r"/var/cache/nginx/graphsvc", f"{folder}/cache"),
        (r"/etc/ssl/example\.org/fullchain\.pem", f"{folder}/certificate.pem"),
        (r"/etc/ssl/example\.org/privkey\.pem", f"{folder}/key.pem"),
        (r"server 127\.0\.0\.1:8000", f"server {service.url.removeprefix('http://')}"),
        (r"listen 80;", f"listen 127.0.0.1:{plain};"),
        (r"listen 443 ssl;", f"listen 127.0.0.1:{secure} ssl;"),
        (r"http \{", "http {\n" + "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in _TEMPORARY)),
    ):
        text, number = re.subn(pattern, put, text, count=1)
        assert number == 1, pattern
    (folder / "nginx.conf").write_text(text)
    assert nginx
    with subprocess.Popen(
        [nginx, "-c", folder / "nginx.conf", "-e", folder / "error.log", "-p", folder]
    ) as process:
        try:
            found = Proxy(
                f"https://127.0.0.1:{secure}",
                f"http://127.0.0.1:{plain}",
                ssl.create_default_context(cafile=folder / "certificate.pem"),
            )
            assert settled(lambda: _answers(found), bool), (folder / "error.log").read_text()
            yield found
        finally:
            process.terminate()
            process.wait(20)


# Started by root, its processes would be of a user who has no way to the folder of the test.
_SAME_USER = "user root;" if os.geteuid() == 0 else ""
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def _answers(proxy: Proxy) -> bool:
    try:
        return ask(f"{proxy.plain_url}/").status > 0
    except OSError:
        return False


def _make_certificate(folder: Path) -> None:
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    made = [
        "-subj",
        "/CN=127.0.0.1",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        folder / "key.pem",
        "-out",
        folder / "certificate.pem",
    ]
    subprocess.run([*command.split(), *made], check=True, capture_output=True)
