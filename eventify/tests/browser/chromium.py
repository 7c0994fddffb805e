"""The browser of the browser tests: Debian's Chromium, or whichever of its kind there is."""

from eventify.tests.debian import program


def find() -> str:
    """The path of a Chromium."""
    return program("chromium", "chromium-browser", "google-chrome", packages="chromium")
