"""`python -m bench.events`: the public lists of events at 10,000 and 100,000 events, page by page.

It starts the stack in a home that is thrown away, and prints the median and the 95th percentile of each page in
milliseconds, asked one after another, with the counts of the facets cold and warm.
"""

import statistics
import sys
import time
import urllib.request
from importlib import import_module

import django

from bench.stack import running

PAGES = (
    "/",
    "/whats-on/",
    "/whats-on/?page=40",
    "/whats-on/?category=comedy",
    "/whats-on/?city=zurich",
    "/whats-on/?q=cafe+market",
    "/whats-on/?q=senor",
    "/whats-on/?q=la",
    "/whats-on/?q=xyzzy",
    "/whats-on/?free=on",
    "/whats-on/?price_min=100&price_max=200",
    "/whats-on/?sort=price",
    "/whats-on/?sort=name",
    "/calendar/",
    "/calendar/?city=Delft",
)
ROUNDS = 20


def main() -> None:
    """Fill the database to each size and ask every page."""
    with running() as base:
        django.setup()
        many = import_module("events.tests.many")  # the models can be imported only now
        made = 0
        for total in map(int, sys.argv[1:] or ("10000", "100000")):
            many.make(total - made, first=made + 1)
            many.vacuum()
            made = total
            print(f"{total:,} events{'':>30} median   p95")
            for path in PAGES:
                taken = sorted(_milliseconds(base + path) for _n in range(ROUNDS))
                print(f"  {path:<45} {statistics.median(taken):6.1f} {taken[int(ROUNDS * 0.95)]:6.1f}")


def _milliseconds(url: str) -> float:
    started = time.perf_counter()
    with urllib.request.urlopen(url) as answer:
        answer.read()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
