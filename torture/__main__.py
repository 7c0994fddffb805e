"""`bin/torture [TRIAL ...]`: what must hold, under races, kills and outages of the real processes, and its controls."""

import argparse
import json
import sys
import time
from importlib import import_module
from pathlib import Path

import django

from torture import report, stack


def main() -> int:
    """Run the trials, then fsck, then the controls; exit status 1 when anything is not what it must be."""
    options = _options()
    with stack.home() as ours:
        ours.start()
        django.setup()
        rows = _run(ours, options)
    report.show(rows)
    if options.json:
        whole = {"machine": report.machine(), "tier": _tier(options), "trials": rows}
        options.json.write_text(json.dumps(whole, indent=2) + "\n")
    return 0 if report.is_good(rows) else 1


def _options():
    parser = argparse.ArgumentParser(prog="bin/torture", description=__doc__)
    parser.add_argument("trials", nargs="*", metavar="TRIAL", help="of docs/torture.md (all)")
    parser.add_argument("--full", action="store_true", help="the numbers of docs/torture.md; without it: minutes")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args()


def _tier(options) -> str:
    return "full" if options.full else "quick"


def _run(ours, options) -> list[dict]:
    known = import_module("torture.trials").ALL  # models can be imported only now
    unknown = set(options.trials) - known.keys()
    if unknown:
        sys.exit(f"torture: there is no trial {', '.join(sorted(unknown))}; there are {', '.join(known)}.")
    world = import_module("torture.world").World(ours)
    chosen = [known[name] for name in dict.fromkeys(options.trials or known)]
    rows = [_tried(kind(world, _tier(options))) for kind in chosen]
    rows.append(_fsck())  # before the controls, which break what it checks
    for kind, row in zip(chosen, rows, strict=False):
        row["controls"] = [(one.name, _fails(kind(world, "control"), one)) for one in kind.controls]
    return rows


def _tried(trial) -> dict:
    report.say(f"{trial.name}: {trial.title}")
    trial.stack.have(**trial.settings)
    trial.stack.wait_until_idle()  # no trial is judged by what the one before has left to the worker
    began = time.monotonic()
    trial.run()
    for figure in trial.failed:
        report.say(f"{trial.name}: BAD: {figure.name}: {figure.value:,g} (seed {trial.seed})")
    figures = [(*figure, figure.holds) for figure in trial.figures]
    seconds = time.monotonic() - began
    return {"name": trial.name, "title": trial.title, "seconds": seconds, "figures": figures, "controls": []}


def _fails(trial, control) -> bool:
    """Whether the trial fails without this guard, as it must."""
    report.say(f"{trial.name}: control: {control.name}")
    trial.prepare_control(control)
    trial.stack.go_wrong(control.wrong, **trial.settings, **control.settings)
    try:
        trial.run()
        return trial.fails_as_required(control)
    finally:
        trial.stack.go_wrong("", **trial.settings, **control.settings)
        trial.finish_control(control)


def _fsck() -> dict:
    """Every invariant, on everything that the trials left."""
    began = time.monotonic()
    found = import_module("torture.world").breaches()
    for sentence in found:
        report.say(sentence)
    figures = [("breaches", len(found), "=", 0, not found)]
    row = {"name": "fsck", "title": "Every invariant, on what the trials left", "figures": figures, "controls": []}
    return {**row, "seconds": time.monotonic() - began}


if __name__ == "__main__":
    sys.exit(main())
