"""`bin/bench [SCENARIO ...]`: rounds of every scenario beside its limit and its floor, one table, JSON beside it.

`bin/bench data --home DIR` only fills a home, so that later runs with the same --home need not.
"""

import argparse
import json
import sys
import time
from contextlib import closing
from importlib import import_module
from pathlib import Path

import django

from bench.stack import Stack, plainly, started

DATA = "data"


def main() -> int:
    """Run the scenarios; exit status 1 when anything was counted that must be 0."""
    options = _options()
    with started(options.home) as stack:
        django.setup()
        if options.scenarios == [DATA]:
            import_module("bench.data").make(options.events, options.tickets)  # models can be imported only now
            return 0
        return _run(stack, options)


def _options():
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__.replace("\n\n", " "))
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="of docs/performance.md (all usual ones)")
    parser.add_argument("--clients", type=int, default=8, help="at once, where a scenario has no number of its own (8)")
    parser.add_argument("--seconds", type=float, default=5, help="of each run (5)")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (3)")
    parser.add_argument("--events", type=int, default=1_000_000, help="at most so many are made (1000000)")
    parser.add_argument("--tickets", type=int, default=1_000_000, help="at most so many are made (1000000)")
    parser.add_argument("--home", type=Path, help="keep everything in this folder, and use what it has")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args()


def _run(stack: Stack, options) -> int:
    scenarios, report = import_module("bench.scenarios"), import_module("bench.report")
    unknown = set(options.scenarios) - scenarios.ALL.keys()
    if unknown:
        sys.exit(f"bench: there is no scenario {', '.join(sorted(unknown))}; there are {', '.join(scenarios.ALL)}.")
    names = options.scenarios or [name for name, one in scenarios.ALL.items() if one.is_usual]
    reports = []
    with plainly() as plain:
        world = import_module("bench.world").World(stack, plain, options)
        try:
            for name in dict.fromkeys(names):
                reports.append(_measured(scenarios.ALL[name](world), report.say))
        finally:  # what was measured before something broke or Ctrl-C came is worth reading
            report.show(reports)
            if options.json:
                options.json.write_text(json.dumps(report.whole(reports, options), indent=2, default=str) + "\n")
    return 1 if report.is_wrong(reports) else 0


def _measured(scenario, say) -> dict:
    """Prepare a scenario and run its rounds."""
    with closing(scenario):
        began = time.monotonic()
        scenario.prepare()
        say(f"{scenario.name}: {scenario.title} (prepared in {time.monotonic() - began:.0f} s)")
        for number in range(scenario.options.rounds):
            scenario.round()
            rate = scenario.rounds.get("per_second")
            say(f"{scenario.name}: round {number + 1}" + (f", {rate[-1]:,.0f} a second" if rate else ""))
        return scenario.report()


if __name__ == "__main__":
    sys.exit(main())
