"""eventify.web; in a stack that can go wrong, with what a control takes away."""

import os
from importlib import import_module

from granian.cli import entrypoint

from eventify.web import APPLICATION, load
from torture.serve import WRONG


def watch(path: str) -> None:
    """Look before each request whether a guard is to be switched off."""
    wrongs, module = import_module("torture.wrongs"), import_module(APPLICATION)  # models can be imported only now
    module.application = wrongs.watched(module.application, wrongs.Switch(path))


if __name__ == "__main__":
    load()
    if os.environ.get(WRONG):
        watch(os.environ[WRONG])
    entrypoint()
