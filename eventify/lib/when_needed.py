"""Large modules that few requests need: loaded when the first one does, for every process holds what it has loaded."""

from importlib import import_module


class WhenNeeded:
    """`stripe = WhenNeeded("stripe")` stands for the module; the first attribute that is asked for imports it."""

    def __init__(self, name: str):
        self._name = name

    def __getattr__(self, attribute: str):
        return getattr(import_module(self._name), attribute)
