"""A real browser against a real server: Debian's Chromium, driven by Playwright."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from eventify.tests.browser import chromium

# What is expected comes at once on an idle machine; with all its cores busy a page can take longer than the usual 5 s.
expect.set_options(timeout=20_000)  # ms


def pytest_collection_modifyitems(items):
    """A test here that fails is tried once more, and the run's summary names it ("RERUN").

    Chromium, the server and the other worker's tests share the cores, so a click can meet a page that is still
    moving. What is broken fails twice.
    """
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def browser():
    """One Chromium for the whole run."""
    with sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, and Django would refuse its queries beside one.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        started = playwright.chromium.launch(executable_path=chromium.find(), args=["--no-sandbox"])
        yield started
        started.close()
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(browser, live_server):
    """A fresh window at the server's address; any error in the page's own code fails the test."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 800})
    window = context.new_page()
    errors = []
    window.on("pageerror", lambda error: errors.append(str(error)))
    window.on("console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None)
    yield window
    context.close()
    assert errors == []
