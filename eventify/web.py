"""The web server: `python -m eventify.web` takes the options of granian.

The application is loaded here, once, and the workers are forked from this process. So they share its memory, and one
that takes the place of another is there at once.
"""

import gc
import sys
from importlib import import_module
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.db import connections
from django.urls import get_resolver
from granian.cli import entrypoint

APPLICATION = "eventify.wsgi"
# What libraries load where they find it, for nothing that is used here: 6 MB, and 4 MB more that only tests bring.
UNUSED = ("requests", "pygments", "jinja2", "yaml", "greenlet")
TIMES = 3  # requests after which all that is made once has been made


def load() -> None:
    """Load everything that a request needs, and leave nothing open that a fork would share."""
    sys.modules.update(dict.fromkeys(UNUSED))  # so they are not found
    application = import_module(APPLICATION).application
    get_resolver()._populate()  # the routes are modules, too
    for name in UNUSED:
        del sys.modules[name]
    for _time in range(TIMES):
        _ask_for_home(application)
    for connection in connections.all():
        connection.close()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)  # requests leave few circles behind


def _ask_for_home(application) -> None:
    """Templates, queries and words that are kept from now on are kept once, for all workers."""
    address = urlsplit(settings.SITE_URL)
    environ = {"PATH_INFO": "/", "HTTP_HOST": address.netloc, "wsgi.url_scheme": address.scheme}
    setup_testing_defaults(environ)
    environ["REMOTE_ADDR"] = "127.0.0.1"
    response = application(environ, lambda _status, _headers, _error=None: None)
    b"".join(response)
    response.close()


if __name__ == "__main__":
    load()
    entrypoint()
