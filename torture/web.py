"""eventify.web with what a control takes away."""

from importlib import import_module

from granian.cli import entrypoint

from eventify.web import load

if __name__ == "__main__":
    load()
    import_module("torture.wrongs").do()  # models can be imported only now
    entrypoint()
