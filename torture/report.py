"""The table at the end."""

import os
import platform
import sys
import time
from datetime import date

BEGAN = time.monotonic()


def show(rows: list[dict]) -> None:
    """Print each trial's figures with what they must be, and the controls."""
    for row in rows:
        print(f"{row['name']:<10} {row['title']} ({row['seconds']:.0f} s)")
        for name, value, relation, wanted, holds in row["figures"]:
            print(f"{'':<10} {'ok ' if holds else 'BAD'} {name}: {value:,g} (must be {relation} {wanted:,g})")
        for name, has_failed in row["controls"]:
            print(f"{'':<10} {'ok ' if has_failed else 'BAD'} control: {name} {'fails' if has_failed else 'PASSES'}")
    controls = [has_failed for row in rows for _name, has_failed in row["controls"]]
    print(f"controls failing as required: {sum(controls)} of {len(controls)}")


def is_good(rows: list[dict]) -> bool:
    """Whether every figure holds and every control failed."""
    return all(all(one[-1] for one in [*row["figures"], *row["controls"]]) for row in rows)


def machine() -> dict:
    """When and where it ran."""
    return {"date": date.today().isoformat(), "cpus": os.cpu_count(), "python": platform.python_version()}


def say(text: str) -> None:
    """A line of progress, beside the table, with the seconds since the beginning."""
    print(f"torture: {time.monotonic() - BEGAN:.0f} s: {text}", file=sys.stderr, flush=True)
