"""`bin/bench`: interleaved rounds of each scenario and of its limit, medians, one table, JSON beside it."""

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path

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


def _round(booking, base: str, world, options) -> tuple[Result, int, float]:
    booking.vacuum()
    result, event = booking.over_http(base, world, options.clients, options.bookings)
    event.refresh_from_db()
    limit = booking.over_pgbench(world, options.clients, options.bookings)
    print(f"round: {result.per_second:,.0f}/s over HTTP, {limit:,.0f}/s pgbench", file=sys.stderr)
    return result, booking.oversold(event), limit


def _summary(rounds: list[tuple[Result, int, float]], options) -> dict:
    results = [result for result, _oversold, _limit in rounds]
    http, limit = median(r.per_second for r in results), median(limit for _r, _o, limit in rounds)
    answered = sum((result.statuses for result in results), start=results[0].statuses.__class__())
    return {
        "scenario": "booking, one hot event",
        "clients": options.clients,
        "per_second": round(http, 1),
        **{f"p{share}_ms": round(median(r.percentile(share / 100) for r in results), 1) for share in (50, 95, 99)},
        "pgbench_per_second": round(limit, 1),
        "ratio": round(median(r.per_second / limit for r, _o, limit in rounds), 3),
        "statuses": dict(answered),
        "failed": sum(n for status, n in answered.items() if status not in (200, 409)),
        "oversold": sum(oversold for _r, oversold, _limit in rounds),
    }


def _print(report: dict) -> None:
    width = max(map(len, report))
    for name, value in report.items():
        print(f"{name.replace('_', ' '):<{width}}  {value}")


if __name__ == "__main__":
    sys.exit(main())
