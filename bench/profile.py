"""What one request costs, without a network: `python -m bench.profile [WHAT ...]`, in this process.

Statements, Python calls and milliseconds of CPU of a request through the whole WSGI application, and with --lines the
functions in which they go. Statements and calls are the same on every machine, however busy it is.
"""

import argparse
import sys
from importlib import import_module

import django

from bench.stack import started


def main() -> int:
    """Print a line for each path."""
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__.replace("\n\n", " "))
    parser.add_argument(
        "what", nargs="*", help="booking, checkin, doorscan, crewli, list, event, eventpage, home (all of them)"
    )
    parser.add_argument("--requests", type=int, default=500, help="that are measured (500)")
    parser.add_argument("--lines", type=int, default=0, help="functions to show, those that take most first")
    options = parser.parse_args()
    with started(None):
        django.setup()
        requests = import_module("bench.requests")  # models can be imported only now
        print(f"{'':10} statements      calls   CPU ms")
        for name in options.what or requests.WHAT:
            requests.show(name, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
