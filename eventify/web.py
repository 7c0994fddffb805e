"""The web server: `python -m eventify.web` takes the options of granian.

The application is loaded here, once, and the workers are forked from this process. So they share its memory, and one
that takes the place of another is there at once.
"""

import gc
from importlib import import_module

from django.db import connections
from django.urls import get_resolver
from granian.cli import entrypoint

APPLICATION = "eventify.wsgi"


def load() -> None:
    """Load everything that a request needs, and leave nothing open that a fork would share."""
    import_module(APPLICATION)
    get_resolver()._populate()  # the routes are modules, too
    for connection in connections.all():
        connection.close()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)  # requests leave few circles behind


if __name__ == "__main__":
    load()
    entrypoint()
