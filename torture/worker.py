"""eventify.worker with the bank of torture.bank; in a stack that can go wrong, with what a control takes away."""

import os
import sys
from importlib import import_module

import django
from celery.signals import task_prerun
from django.conf import settings

from eventify.worker import main
from torture.serve import WRONG


def watch(path: str) -> None:
    """Look before each task whether a guard is to be switched off."""
    switch = import_module("torture.wrongs").Switch(path)  # models can be imported only now
    task_prerun.connect(lambda **_signal: switch(), weak=False)


if __name__ == "__main__":
    django.setup()
    import_module("torture.bank").open_at(settings.HOME.path)
    if os.environ.get(WRONG):
        watch(os.environ[WRONG])
    sys.exit(main(sys.argv[1:]))
