"""eventify.worker with what a control takes away."""

import sys
from importlib import import_module

import django

from eventify.worker import main

if __name__ == "__main__":
    django.setup()
    import_module("torture.wrongs").do()  # models can be imported only now
    sys.exit(main(int(sys.argv[1])))
