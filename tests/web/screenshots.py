"""Photographs of a page of each type, narrow and wide, light and dark.

python -m tests.web.screenshots FOLDER [NAME…]
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.conftest import ROOT, running
from tests.web.page_types import PAGES
from tests.web.player import chromium

WIDTHS, SCHEMES = (360, 1600), ("light", "dark")
# A longer page is cut here.
TALLEST = 6_000


def photograph(folder: Path, names: list[str]) -> None:
    """Write NAME-WIDTH-SCHEME.png for each page into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with running(ROOT) as server, chromium() as browser:
        for width in WIDTHS:
            for scheme in SCHEMES:
                context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
                page = context.new_page()
                for name in names:
                    page.goto(server + PAGES[name])
                    tall = page.evaluate("document.documentElement.scrollHeight")
                    page.screenshot(
                        path=str(folder / f"{name}-{width}-{scheme}.png"),
                        full_page=True,
                        clip={"x": 0, "y": 0, "width": width, "height": min(tall, TALLEST)},
                    )
                context.close()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    photograph(Path(sys.argv[1]), sys.argv[2:] or list(PAGES))
