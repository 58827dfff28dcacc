"""The browser of the tests: Chromium as the system has it, without what it would do by itself."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
Visit = Callable[..., Page]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser that is closed in the end."""
    with sync_playwright() as player:
        started = player.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@contextmanager
def visiting(browser: Browser, server: str) -> Iterator[Visit]:
    """Opens pages of the service; in the end nothing was asked of another host, and nothing complained."""
    asked: list[str] = []
    said: list[str] = []
    contexts = []

    def opened(path: str, *, script: bool = True, width: int = 1280) -> Page:
        context = browser.new_context(
            java_script_enabled=script, viewport={"width": width, "height": 900}, locale="en-GB"
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}") or dialog.dismiss())
        page.goto(server + path)
        return page

    yield opened
    cookies = [cookie for context in contexts for cookie in context.cookies()]
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith((server + "/", "data:"))] == []
    # What is refused or not there is an answer; the browser reports its status all the same.
    assert [text for text in said if "status of 400" not in text and "status of 404" not in text] == []
    assert cookies == []
