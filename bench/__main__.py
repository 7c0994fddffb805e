"""`bin/bench`: interleaved rounds of each scenario and of its limit, medians, one table, JSON beside it."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import django

from bench.load import Result, median
from bench.stack import running


def main() -> int:
    """Run the scenarios; exit status 1 when a place was oversold or a request failed."""
    options = _options()
    with running() as base:
        django.setup()
        booking = import_module("bench.booking")  # the models can be imported only now
        world = booking.World()
        rounds = [_round(booking, base, world, options) for _n in range(options.rounds)]
    report = _summary(rounds, options)
    _print(report)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    return 1 if report["oversold"] or report["failed"] else 0


def _options():
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("--clients", type=int, default=8, help="buyers at once (8)")
    parser.add_argument("--bookings", type=int, default=2000, help="requests in a round (2000)")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (3)")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args()


class Round(NamedTuple):
    """One interleaved round: bookings, the limit of the database, a rush on too few places."""

    booked: Result
    limit: float  # pgbench transactions a second
    rushed: Result
    oversold: int  # places, in both events


def _round(booking, base: str, world, options) -> Round:
    booking.vacuum()
    booked, roomy = booking.over_http(base, world, options.clients, options.bookings)
    limit = booking.over_pgbench(world, options.clients, options.bookings)
    rushed, scarce = booking.rush(base, world, options.clients, options.bookings)
    print(f"round: {booked.per_second:,.0f} bookings/s over HTTP, {limit:,.0f}/s pgbench", file=sys.stderr)
    return Round(booked, limit, rushed, booking.oversold(roomy) + booking.oversold(scarce))


def _summary(rounds: list[Round], options) -> dict:
    booked, rushed = _statuses(r.booked for r in rounds), _statuses(r.rushed for r in rounds)
    asked = options.bookings * len(rounds)
    return {
        "scenario": "booking, one hot event",
        "clients": options.clients,
        "bookings_per_second": round(median(r.booked.per_second for r in rounds), 1),
        **{f"p{n}_ms": round(median(r.booked.percentile(n / 100) for r in rounds), 1) for n in (50, 95, 99)},
        "pgbench_per_second": round(median(r.limit for r in rounds), 1),
        "ratio": round(median(r.booked.per_second / r.limit for r in rounds), 3),
        "rush_answers_per_second": round(median(r.rushed.per_second for r in rounds), 1),
        "rush_statuses": dict(rushed),
        "failed": asked - booked[200] + asked - rushed[200] - rushed[409],
        "oversold": sum(r.oversold for r in rounds),
    }


def _statuses(results: Iterable[Result]) -> Counter:
    return sum((result.statuses for result in results), start=Counter())


def _print(report: dict) -> None:
    width = max(map(len, report))
    for name, value in report.items():
        print(f"{name.replace('_', ' '):<{width}}  {value}")


if __name__ == "__main__":
    sys.exit(main())
