"""What a CONTRACT.md tells: its tables (one row an endpoint, under a heading) and its examples."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

CONTRACTS = Path(__file__).resolve().parent.parent / "contracts"
_ROW = re.compile(r"^\| *`(GET|POST|PUT|PATCH|DELETE) (/\S*)` *\|(.*)\|\s*$")
_HEADING = re.compile(r"^#{2,3} (.+)$")
_STATUS = re.compile(r"^(\d{3})\b(.*)$")
# A block of one request and its answer ("..." in it stands for anything), and commands with what the last one prints.
_BLOCK = re.compile(r"```(?:http)?\n(\w+) (/\S+)\n(.*?)\n?\n(\d{3})\n(.*?)\n```", re.DOTALL)
_CURL = re.compile(r"^```sh\n([^`]*)```\n\n```json\n([^`]*)```", re.MULTILINE)
_COMMAND = re.compile(r"\n(?=\S)")  # what goes on with a command begins with a space
_ADDRESS = re.compile(r"\$B(/[^\s'\"]*)")
_DATA = re.compile(r"-d '(.*?)'", re.DOTALL)
_METHOD = re.compile(r"-X (\w+)")


class Row(NamedTuple):
    """A row of a table: the heading above it, and its cells by the names of their columns, in lower case."""

    heading: str
    cells: dict[str, str]

    @property
    def errors(self) -> dict[int, str]:
        """status -> what the row says of it, if anything: "404, 409 for the primary one" has two."""
        found: dict[int, str] = {}
        last = None
        for piece in re.split(r",\s*", self.cells.get("errors", "")):
            if told := _STATUS.match(piece):
                last = int(told[1])
                found[last] = told[2].strip()
            elif last:
                found[last] += f", {piece}"
        return found


class Example(NamedTuple):
    """A request and its answer; None where the page does not tell it whole. `status` 0: a success."""

    method: str
    path: str
    body: Any
    status: int
    answer: Any


def _text(name: str) -> str:
    return (CONTRACTS / name / "CONTRACT.md").read_text()


@cache
def rows(name: str) -> dict[str, Row]:
    """ "METHOD /path" -> its row on the contract's page."""
    found, heading, columns = {}, "", []
    for line in _text(name).splitlines():
        if told := _HEADING.match(line):
            heading = told[1]
        elif line.lower().startswith("| endpoint |"):
            columns = [cell.strip().lower() for cell in line.strip("| \n").split("|")][1:]
        elif told := _ROW.match(line):
            cells = [cell.strip() for cell in told[3].split("|")]
            found[f"{told[1]} {told[2]}"] = Row(heading, dict(zip(columns, cells, strict=False)))
    return found


@cache
def examples(name: str) -> list[Example]:
    """The examples of the contract's page, in their order."""
    text = _text(name)
    blocks = [
        Example(method, path.partition("?")[0].rstrip("/"), _json(body), int(status), _json(answer))
        for method, path, body, status, answer in _BLOCK.findall(text)
    ]
    return blocks + list(_curls(text))


def _curls(text: str):
    """Of curls only what was answered well is taken, for they do not tell the status."""
    for commands, answer in _CURL.findall(text):
        command = _COMMAND.split(commands.strip())[-1]
        address, data, method = _ADDRESS.search(command), _DATA.search(command), _METHOD.search(command)
        if address and '"detail"' not in answer and '"success": false' not in answer:
            name = method[1] if method else "POST" if data else "GET"
            yield Example(name, address[1].partition("?")[0], _json(data and data[1]), 0, _json(answer))


def _json(text: str | None):
    try:
        return json.loads(text) if text and text.strip() else None
    except ValueError:
        return None  # it is cut
