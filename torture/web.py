"""eventify.web; in a stack that can go wrong, with what a control takes away."""

import os
from importlib import import_module

from eventify import warm, web
from torture.serve import WRONG


def load() -> None:
    """Load the application, and look before each request whether a guard is to be switched off."""
    warm.load()
    if os.environ.get(WRONG):
        wrongs, module = import_module("torture.wrongs"), import_module(warm.APPLICATION)  # they need its models
        module.application = wrongs.watched(module.application, wrongs.Switch(os.environ[WRONG]))


if __name__ == "__main__":
    web.Worker.load = "torture.web"
    web.serve()
