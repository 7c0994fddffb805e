"""docs/security.md says nothing that is not there: every test and every file that it names exists, every requirement
has a state, and what is called met has a proof.
"""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PAGE = (ROOT / "docs" / "security.md").read_text()
STATES = ("met", "partly", "not met", "not applicable")
LEVELS = 70 + 183  # the requirements of levels 1 and 2 of ASVS 5.0.0
CHAPTERS = 17
_TEST = re.compile(r"([\w/.-]+\.py)::(\w+)")
_FILE = re.compile(r"`([\w/.-]+\.(?:py|md|txt|js))`")


class Requirement(NamedTuple):
    """A line of the table."""

    number: str
    words: str
    state: str
    proof: str


def requirements(page: str = PAGE) -> list[Requirement]:
    """Every line of the tables of requirements."""
    lines = [line.strip("| ") for line in page.splitlines() if re.match(r"\| \d+\.\d+\.\d+ \|", line)]
    return [Requirement(*re.split(r"\s*\|\s*", line)) for line in lines]


@cache
def defined_in(path: str) -> set[str]:
    """The names of the functions that a file defines."""
    file = ROOT / path
    tree = ast.parse(file.read_text()) if file.exists() else ast.Module([], [])
    return {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}


def missing(page: str) -> list[str]:
    """What the page names and is not there."""
    found = [f"{path}::{name}" for path, name in _TEST.findall(page) if name not in defined_in(path)]
    found += [path for path in _FILE.findall(page) if "/" in path and not any(ROOT.glob(f"**/{path}"))]
    return found


def test_every_line_is_whole():
    rows = requirements()
    assert [row.number for row in rows if row.state not in STATES or not (row.words and row.proof)] == []
    numbers = [tuple(map(int, row.number.split("."))) for row in rows]
    assert numbers == sorted(set(numbers))
    assert len(rows) == LEVELS and {number[0] for number in numbers} == set(range(1, CHAPTERS + 1))


def test_what_it_names_is_there():
    assert missing(PAGE) == []
    assert len(_TEST.findall(PAGE)) > 120


@pytest.mark.parametrize(
    "name", ["accounts/tests/test_lockout.py::test_nothing", "accounts/tests/test_none.py::test_x"]
)
def test_control_what_is_not_there_is_found(name):
    assert missing(f"{PAGE}\n`{name}`") == [name]


def test_what_is_called_met_has_a_proof_that_fails_without_it():
    """A test, or (for a few) the place where one can look."""
    rows = [row for row in requirements() if row.state == "met"]
    without = [row.number for row in rows if not _TEST.search(row.proof)]
    assert len(without) < len(rows) / 4, without


def test_the_numbers_of_the_page_are_right():
    counted = Counter(row.state for row in requirements())
    sentence = r"All (\d+) requirements .*?: (\d+) met, (\d+) partly, (\d+) not\s+met, (\d+) not applicable"
    said = re.search(sentence, PAGE, re.DOTALL)
    assert [int(number) for number in said.groups()] == [LEVELS, *(counted[state] for state in STATES)]


# --- What it says of the browser's side, and no other test proves ---------------------------------------


def own_scripts() -> dict[str, str]:
    """Path -> source of what we wrote for browsers."""
    own = [file for file in (ROOT / "static" / "js").rglob("*.js") if "vendor" not in file.parts]
    own += (ROOT / "templates").rglob("*.js")
    assert len(own) > 10
    return {str(file.relative_to(ROOT)): file.read_text() for file in own}


def test_scripts_merge_no_foreign_objects():
    """What a server or a file said never becomes the prototype of something: nothing is merged in depth, and an object
    that is filled by foreign names has no prototype.
    """
    polluting = re.compile(
        r"__proto__|\.prototype\b|\bfor \((?:const|let|var) \w+ in |deepMerge|Object\.setPrototypeOf"
    )
    assert [name for name, source in own_scripts().items() if polluting.search(source)] == []
    merged = {found for source in own_scripts().values() for found in re.findall(r"Object\.assign\((\w+)", source)}
    assert merged <= {"this", "found", "element", "document"}, "say here that the new one merges nothing foreign"


def test_messages_between_windows_are_of_this_origin():
    """Only a service worker listens, to which its own pages alone can write, and it judges all the same."""
    listens = re.compile(r"addEventListener\(\s*[\"']message[\"']|\bonmessage\b")
    found = {name: source for name, source in own_scripts().items() if listens.search(source)}
    assert list(found) == ["static/js/site/ticket-worker.js"]
    [source] = found.values()
    assert 'self.addEventListener("message", (event) => event.origin === self.location.origin &&' in source
    assert "filter((url) => url.origin === self.location.origin)" in source
    said = re.compile(r"\.postMessage\(")
    assert [name for name, text in own_scripts().items() if said.search(text)] == ["static/js/site/ticket.js"]


def test_scripts_put_texts_in_as_text():
    """Our own scripts make no HTML of a string and run none; vendored ones are their authors'."""
    dangerous = re.compile(r"\.(innerHTML|outerHTML)\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function\(")
    assert [name for name, source in own_scripts().items() if dangerous.search(source)] == []
