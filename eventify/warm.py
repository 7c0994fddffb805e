"""The application as the web server's workers share it: loaded whole, asked a few times, and then left alone."""

import gc
import sys
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.db import connections
from django.urls import get_resolver

APPLICATION = "eventify.wsgi"
# What libraries load where they find it, for nothing that is used here: 6 MB, and 4 MB more that only tests bring.
UNUSED = ("requests", "pygments", "jinja2", "yaml", "greenlet")
# Packages of which only single modules are needed, but which load all they have: 5 MB.
HOLLOW = ("redis.asyncio", "django.test")
TIMES = 3  # requests after which all that is made once has been made


def load() -> None:
    """Load everything that a request needs, and leave nothing open that a fork would share."""
    sys.modules.update(dict.fromkeys(UNUSED))  # so they are not found
    sys.modules.update((name, _hollow(name)) for name in HOLLOW)
    application = import_module(APPLICATION).application
    get_resolver()._populate()  # the routes are modules, too
    for name in (*UNUSED, *HOLLOW):  # whoever asks from now on gets all of it
        del sys.modules[name]
    for _time in range(TIMES):
        _ask_for_home(application)
    for connection in connections.all():
        connection.close()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)  # requests leave few circles behind


def _hollow(name: str):
    """The package without what it says itself; its modules can be imported."""
    above = find_spec(name.partition(".")[0])
    return module_from_spec(PathFinder.find_spec(name, above.submodule_search_locations))


def _ask_for_home(application) -> None:
    """Templates, queries and words that are kept from now on are kept once, for all workers."""
    address = urlsplit(settings.SITE_URL)
    environ = {"PATH_INFO": "/", "HTTP_HOST": address.netloc, "wsgi.url_scheme": address.scheme}
    setup_testing_defaults(environ)
    environ["REMOTE_ADDR"] = "127.0.0.1"
    response = application(environ, lambda _status, _headers, _error=None: None)
    b"".join(response)
    response.close()
