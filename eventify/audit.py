"""What `bin/audit` does: asks whether a vulnerability is known in a library that we use, and locks their versions.

constraints.txt names every library that requirements.txt and requirements-test.txt bring, with its version: pip takes
no other (eventify/install.py). `bin/audit --lock` writes it from what is installed.
"""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LISTS = ("requirements.txt", "requirements-test.txt")
CONSTRAINTS = ROOT / "constraints.txt"
TOOL = "pip-audit==2.10.1"  # in an environment of its own, for it is no part of the product
TOOL_HOME = ROOT / ".venv" / "audit"
# Who knows vulnerabilities, in this order: a page that answers when the service can be asked.
SERVICES = {
    "pypi": "https://pypi.org/pypi/django/5.2/json",
    "osv": "https://api.osv.dev/v1/vulns/PYSEC-2024-28",
}
PATIENCE = 10  # seconds for a first answer
_HEAD = """# Every library that requirements.txt and requirements-test.txt bring, in the version that is tested.
# Written by `bin/audit --lock`; pip installs no other version (eventify/install.py).
"""


class Report(NamedTuple):
    """What pip-audit found: {"name version": [ids]} with known vulnerabilities, and what it could not ask about."""

    vulnerable: dict[str, list[str]]
    unasked: list[str]
    asked: int


def asked_for() -> list[Requirement]:
    """What the two lists name."""
    lines = [line.partition("#")[0].strip() for name in LISTS for line in (ROOT / name).read_text().splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def brought() -> dict[str, Distribution]:
    """name -> what is installed, of everything that the lists name and that those need in turn."""
    found: dict[str, Distribution] = {}
    seen, queue = set(), [(one.name, extra) for one in asked_for() for extra in ("", *one.extras)]
    while queue:
        name, extra = queue.pop()
        if (canonicalize_name(name), extra) in seen:
            continue
        seen.add((canonicalize_name(name), extra))
        one = found.setdefault(canonicalize_name(name), distribution(name))
        for line in one.requires or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                queue += [(needed.name, more) for more in ("", *needed.extras)]
    return found


def locked() -> dict[str, str]:
    """name -> version, as constraints.txt has them."""
    return dict(re.findall(r"^([\w.-]+)==(\S+)$", CONSTRAINTS.read_text(), re.MULTILINE))


def lock() -> None:
    """Write constraints.txt from what is installed."""
    lines = sorted(f"{name}=={one.version}" for name, one in brought().items())
    CONSTRAINTS.write_text(_HEAD + "\n".join(lines) + "\n")
    print(f"{CONSTRAINTS.name}: {len(lines)} libraries")


def reachable() -> str:
    """The first of SERVICES that answers from here; "" for none."""
    for name, address in SERVICES.items():
        try:
            with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
                if "vulnerabilities" in json.load(answer) or name == "osv":
                    return name
        except (urllib.error.URLError, TimeoutError, ValueError):
            continue
    return ""


def run_tool(service: str) -> str:
    """What pip-audit says of constraints.txt, as JSON; its environment is made at the first time."""
    python = TOOL_HOME / "bin" / "python"
    if not os.access(python, os.X_OK):
        subprocess.run([sys.executable, "-m", "venv", str(TOOL_HOME)], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "-q", TOOL], check=True)
    options = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "-f", "json", "-s", service]
    command = [str(python), "-m", "pip_audit", "-r", str(CONSTRAINTS), *options]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout


def read(report: str) -> Report:
    """pip-audit's JSON. ValueError for what is none."""
    vulnerable, unasked, asked = {}, [], 0
    for one in json.loads(report)["dependencies"]:
        if "skip_reason" in one:
            unasked.append(one["name"])
            continue
        asked += 1
        if one["vulns"]:
            vulnerable[f"{one['name']} {one['version']}"] = [found["id"] for found in one["vulns"]]
    return Report(vulnerable, unasked, asked)


def tell(report: Report) -> int:
    """Print the report; returns 1 for known vulnerabilities, 3 when nobody could be asked about some, else 0."""
    for name, ids in report.vulnerable.items():
        print(f"VULNERABLE {name}: {', '.join(ids)}")
    if report.unasked:
        print(f"could not ask about {len(report.unasked)}: {', '.join(sorted(report.unasked)[:5])} ...")
    print(f"{report.asked} libraries asked about, {len(report.vulnerable)} with known vulnerabilities")
    return 1 if report.vulnerable else 3 if report.unasked else 0


def main(arguments: list[str]) -> int:
    """`--lock` writes constraints.txt. `--if-reachable`: not to be able to ask is said, and no failure."""
    if "--lock" in arguments:
        lock()
        return 0
    service = reachable()
    if not service:
        print("bin/audit: NOT ASKED: neither PyPI's advisories nor osv.dev answer from here. Run it where they do.")
        return 0 if "--if-reachable" in arguments else 3
    return tell(read(run_tool(service)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
