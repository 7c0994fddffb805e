"""Routes that answer with and without a trailing slash, so that an API path never redirects."""

import re

from django.urls import re_path

_PARAMETER = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
# `id` is any run of characters but a slash: a wrong one is a 404 in the contract's words, not an unknown path.
_KINDS = {None: r"[^/]+", "str": r"[^/]+", "digits": r"[0-9]+"}


def route(pattern: str, view, name: str | None = None):
    """`path()` for APIs: `route("events/<id>", view)` also answers at `events/<id>/`."""
    regex = _PARAMETER.sub(lambda found: f"(?P<{found['name']}>{_KINDS[found['kind']]})", pattern)
    return re_path(rf"^{regex}/?$", view, name=name)
