"""The table, and what stands beside it in the JSON."""

import os
import platform
import sys

from django.db import connection

COLUMNS = {
    "per_second": ("per s", "{:,.0f}"),
    "p50_ms": ("p50 ms", "{:,.1f}"),
    "p95_ms": ("p95", "{:,.1f}"),
    "p99_ms": ("p99", "{:,.1f}"),
    "cpu_app_ms": ("CPU app", "{:.2f}"),
    "cpu_database_ms": ("db", "{:.2f}"),
    "limit": ("limit/s", "{:,.0f}"),
    "of_limit": ("of it", "{:.2f}"),
    "floor": ("floor/s", "{:,.0f}"),
    "times_floor": ("times", "{:.1f}"),
    "memory_mb": ("MB", "{:,.0f}"),
}


def whole(reports: list[dict], options) -> dict:
    """Everything that the JSON says."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0]
    machine = {"cpus": os.cpu_count(), "load_average": os.getloadavg(), "python": platform.python_version()}
    asked = {name: value for name, value in vars(options).items() if isinstance(value, int | float | list)}
    return {"machine": {**machine, "postgresql": version}, "options": asked, "scenarios": reports}


def show(reports: list[dict]) -> None:
    """Print the table: a row for each scenario, and below it what is asked of it and its other figures."""
    width = max((len(report["name"]) for report in reports), default=0)
    print(" ".join([f"{'':<{width}}", *(f"{title:>8}" for title, _format in COLUMNS.values())]))
    for report in reports:
        figures = report["figures"]
        cells = (f"{form.format(figures[key]) if key in figures else '-':>8}" for key, (_t, form) in COLUMNS.items())
        print(" ".join([f"{report['name']:<{width}}", *cells]))
        for line in _below(report):
            print(f"{'':<{width}}   {line}")


def _below(report: dict):
    goals = report["goals"]
    for goal in goals:
        value = report["figures"][goal["figure"]]
        relation = "<=" if goal["at_most"] else ">="
        asked = f"must {relation} {goal['must']:g}, aim {relation} {goal['aim']:g}"
        yield f"{_words(goal['figure'])} {_number(value)} ({asked}): {goal['verdict']}"
    told = {*COLUMNS, *(goal["figure"] for goal in goals), "cpu_rest_ms", "memory_web_mb"}
    others = [f"{_words(name)} {_number(value)}" for name, value in report["figures"].items() if name not in told]
    if others:
        yield ", ".join(others)
    if any(report["wrong"].values()):
        yield "WRONG: " + ", ".join(f"{_words(name)} {count}" for name, count in report["wrong"].items() if count)
    elif report["wrong"]:
        yield ", ".join(f"{_words(name)} 0" for name in report["wrong"])


def _words(name: str) -> str:
    return name.replace("_", " ")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def is_wrong(reports: list[dict]) -> bool:
    """Whether anything was counted that must be 0."""
    return any(count for report in reports for count in report["wrong"].values())


def say(text: str) -> None:
    """A line of progress, beside the table."""
    print(f"bench: {text}", file=sys.stderr, flush=True)
