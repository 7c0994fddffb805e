"""What the processes of the stack use: CPU and memory, read from /proc, by kind of process."""

import contextlib
import os
from collections import Counter
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
APP, DATABASE = ("web",), ("postgres",)
KINDS = {
    "eventify.web": "web",
    "eventify.worker": "worker",
    "eventify.clock": "beat",
    "postgres": "postgres",
    "redis": "redis",
}


def cpu(pid: int) -> Counter[str]:
    """Seconds of CPU that each kind of process has used since it started."""
    used: Counter[str] = Counter()
    for number, kind in family(pid).items():
        with contextlib.suppress(OSError):
            used[kind] += sum(map(int, _stat(number)[11:15])) / TICKS  # own and those of children that have ended
    return used


def memory(pid: int) -> Counter[str]:
    """MB of each kind of process as proportional set size: shared pages count once, split among those who share."""
    held: Counter[str] = Counter()
    for number, kind in family(pid).items():
        with contextlib.suppress(OSError):
            held[kind] += _pss(number)
    return held


def family(pid: int, kinds: dict[str, str] = KINDS) -> dict[int, str]:
    """The process and all that descend from it -> kind; `kinds` are words of command lines -> kind."""
    parents = {}
    for entry in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(entry.name)] = int(_stat(int(entry.name))[1])
    found, size = {pid}, 0
    while size != len(found):
        size = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return {number: _kind(number, kinds) for number in found}


def _stat(pid: int) -> list[str]:
    """The fields of /proc/pid/stat after the name, which may hold blanks: state, parent, ..."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _kind(pid: int, kinds: dict[str, str]) -> str:
    with contextlib.suppress(OSError):
        words = (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return next((kind for word, kind in kinds.items() if word in words), "supervisor")
    return "supervisor"


def _pss(pid: int) -> float:
    lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
