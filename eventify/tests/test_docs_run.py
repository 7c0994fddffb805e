"""Every command of the README and of docs/ is run against a copy with the demo world, and says what the page shows.

A new block is run without a word. What is not run stands in LEFT_OUT with its reason; blocks of other languages name a
test that runs them.
"""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

import pytest

from eventify.supervisor import ROOT
from eventify.tests.debian import program
from eventify.tests.test_serve import START_SECONDS, Copy

# The examples of contracts 000 and 004 have tests of their own beside them.
OF_CONTRACTS = [f"eventify/contracts/{name}/CONTRACT.md" for name in ("evient", "evently", "eventify_plus")]
PAGES = ["README.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")), *OF_CONTRACTS]
SHELL = ("sh", "console")
# How a line begins -> why it is not run here.
LEFT_OUT = {
    "bin/serve": "the copy is its work; eventify/tests/test_serve.py",
    "bin/test": "it is what runs this",
    "bin/check": "it is what runs this",
    "bin/smoke": "it waits for rate limits; eventify/contracts/evently/tests/test_smoke.py",
    "bin/bench": "an hour; its options are read below",
    "bin/torture": "a step of bin/check; its options are read below",
    "bin/css": "it rewrites the checkout; eventify/tests/test_stylesheets.py sees that it was run",
    "docker compose": "there may be no engine; eventify/tests/test_deploy.py",
    "python3 manage.py createsuperuser": "it asks; a test below answers",
    "npx": "eventify/openapi/tests/test_typescript_client.py makes and uses that client",
    "python3 manage.py restore $B ": "eventify/tests/test_backups.py restores in each of these ways",
}
# Blocks of other languages -> the test that runs them.
ELSEWHERE = {
    ("docs/integrators.md", "python"): "integrations/tests/test_docs.py bookings/tests/test_room_draw.py",
    ("docs/integrators.md", "js"): "integrations/tests/test_docs.py",
}
# What a page shows as an example of trouble, or of another site: the command is run, its words are not compared.
EXAMPLES = {("docs/operations.md", "python3 manage.py doctor --mail-to you@example.com")}
MARK = "== block"


class Block(NamedTuple):
    page: str
    language: str
    text: str
    before: str  # the text between the block before it and this one


def blocks(page: str) -> list[Block]:
    """The blocks of code of a page, in order."""
    found = re.findall(r"(.*?)^ *```(\w*)\n(.*?)^ *```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)
    return [Block(page, language, dedent(text), before) for before, language, text in found]


def script_of(block: Block) -> str:
    """Its commands, without those that are left out."""
    lines = block.text.splitlines()
    if block.language == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return "\n".join("" if line.startswith(tuple(LEFT_OUT)) else line for line in lines)


def shown_by(page: list[Block], number: int) -> str:
    """What the page says that the block prints: the block right after it, or the rest of a console's."""
    block = page[number]
    if block.language == "console":
        return "\n".join(line for line in block.text.splitlines() if not line.startswith("$ "))
    after = page[number + 1] if number + 1 < len(page) else None
    return after.text if after and after.language in ("", "json") and not after.before.strip() else ""


# --- What differs from one run to the next -------------------------------------------------------------


def plain(text: str) -> str:
    """Without what differs from one run to the next: ids, moments, numbers."""
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{64}|\b[0-9A-HJKMNP-TV-Z]{26}\b", "ID", text)
    text = re.sub(r"\d+ (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) 20\d\d", "DAY", text)
    text = re.sub(r"([,:]) +", r"\1", text)  # JSON may be spaced in either way
    return re.sub(r"\d+(?:[.:-]\d+)*", "N", text)


def says(printed: str, shown: str) -> bool:
    """Whether the last lines that were printed are those that are shown (wrapped or not); `...` stands for anything."""
    document = _document(shown)
    if document is not None:
        last = (printed.strip().splitlines() or [""])[-1]
        return bool(re.fullmatch(_pattern(json.dumps(document), '"..."'), plain(json.dumps(_document(last)))))
    wanted = [line for line in re.sub(r"\n ", "", shown).splitlines() if line.strip()]  # a space goes on with a line
    last = [line for line in printed.splitlines() if line.strip()][-len(wanted) :]
    return bool(re.fullmatch("\n".join(_pattern(line, "...") for line in wanted), "\n".join(map(plain, last))))


def _pattern(text: str, anything: str) -> str:
    return ".+".join(re.escape(part) for part in plain(text).split(anything))


def _document(text: str):
    try:
        return json.loads(text)
    except ValueError:
        return None


# --- The run --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A running copy with the demo world, and a folder that looks like the checkout."""
    folder = tmp_path_factory.mktemp("docs")
    copy = Copy(folder / "home")
    # A reader does not log in as often in a minute as all pages together.
    copy.launch = lambda: Copy.launch(copy, EVENTIFY_SEED="demo", DEMO="on", EVENTIFY_RATE_LIMITS="off")
    copy.patience = 5 * START_SECONDS  # the demo world is made, too
    for name in ("manage.py", "bin", "docs"):
        (folder / name).symlink_to(ROOT / name)
    copy.folder = folder
    try:
        copy.start()
        yield copy
    finally:
        copy.kill_everything()
        copy.home.remove()


def run(copy: Copy, script: str) -> str:
    """What a shell prints that runs this where the reader is; a command that fails is named."""
    here = {"http://localhost:8000": f"http://127.0.0.1:{copy.port}", "localhost:8000": f"127.0.0.1:{copy.port}"}
    for address, ours in {**here, "/mnt/safe": str(copy.folder / "safe")}.items():
        script = script.replace(address, ours)
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "EVENTIFY_ENV_FILE": os.devnull}
    environment |= {"EVENTIFY_HOME": str(copy.home.path), "DEMO": "on", "HOME": str(copy.folder)}
    failed = """trap 'echo "FAILED ($?): $BASH_COMMAND"' ERR"""
    command = ["bash", "-c", f"{failed}\n{script}"]
    done = subprocess.run(command, cwd=copy.folder, env=environment, capture_output=True, text=True, timeout=900)
    assert "FAILED (" not in done.stdout, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("page", [page for page in PAGES if any(b.language in SHELL for b in blocks(page))])
def test_the_commands_of_a_page_do_what_it_says(copy, page):
    program("curl", packages="curl")
    mine = blocks(page)
    shell = [number for number, block in enumerate(mine) if block.language in SHELL]
    script = "\n".join(f"echo; echo '{MARK} {number}'\n{script_of(mine[number])}" for number in shell)
    printed = dict(re.findall(rf"^{MARK} (\d+)\n(.*?)(?=^{MARK} |\Z)", run(copy, script), re.DOTALL | re.MULTILINE))
    for number in shell:
        shown, first = shown_by(mine, number), script_of(mine[number]).strip().split("\n")[0]
        if shown and (page, first) not in EXAMPLES:
            assert says(printed[str(number)], shown), f"{page}: it prints\n{printed[str(number)]}\nand not\n{shown}"


def test_the_first_super_admin_comes_in(copy):
    given = "DJANGO_SUPERUSER_EMAIL=first@example.com DJANGO_SUPERUSER_PASSWORD='a long one, please'"
    run(copy, f"{given} python3 manage.py createsuperuser --noinput")
    status, found = copy.post("/auth/login", email="first@example.com", password="a long one, please")
    assert status == 200 and "access_token" in found


TOKEN = re.compile(r"\b[0-9a-f]{40}\b")


@pytest.mark.parametrize("page", [page for page in PAGES if any(b.language == "http" for b in blocks(page))])
def test_the_requests_of_a_page_are_answered_as_it_says(copy, page):
    """A token in a request is the one of the latest answer that had one."""
    latest = ""
    for block in [block for block in blocks(page) if block.language == "http"]:
        asked, told = block.text.split("\n\n", 1)
        line, body = asked.split("\n", 1)
        status, shown = told.split("\n", 1)
        answer, found = send(copy, line.split()[1], TOKEN.sub(latest, body))
        latest = found.get("token", latest)
        printed = TOKEN.sub("TOKEN", json.dumps(found, ensure_ascii=False))
        assert (answer, says(printed, TOKEN.sub("TOKEN", shown))) == (int(status), True), (line, found)


def send(copy: Copy, path: str, body: str) -> tuple[int, dict]:
    """Status and answer of a POST."""
    address = f"http://localhost:{copy.port}{path}"
    request = urllib.request.Request(address, body.encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_every_other_block_is_run_by_a_test_that_reads_the_page():
    others = {(block.page, block.language) for page in PAGES for block in blocks(page)}
    others -= {(page, language) for page, language in others if language in (*SHELL, "", "json", "ini", "http")}
    assert others == set(ELSEWHERE)
    for (page, _language), tests in ELSEWHERE.items():
        for test in tests.split():
            assert Path(page).name in (ROOT / test).read_text(), test


def test_settings_that_are_shown_exist():
    known = (ROOT / ".env.example").read_text() + (ROOT / "docker-compose.yml").read_text()
    shown = [block.text for page in PAGES for block in blocks(page) if block.language == "ini"]
    names = re.findall(r"^(\w+)=", "\n".join(shown), re.MULTILINE)
    assert names and all(name in known for name in names)


@pytest.mark.parametrize("module", ["bench", "torture"])
def test_the_options_that_are_shown_exist(module):
    """Their lines are too long a work to be done here."""
    lines = [line for page in PAGES for block in blocks(page) for line in block.text.splitlines()]
    options = {one for line in lines if line.startswith(f"bin/{module}") for one in re.findall(r"--\w+", line)}
    told = subprocess.run([sys.executable, "-m", module, "--help"], cwd=ROOT, capture_output=True, text=True).stdout
    assert options and all(one in told for one in options)


@pytest.mark.parametrize(
    "printed, shown, is_so",
    [
        ("a\nb 17\n", "b 3\n", True),
        ("b 17\nc\n", "b 3\n", False),
        ("green  mail   was taken (5f0c)", "green  mail ...", True),
        ('{"id": 1, "name": "A"}', '{"id": 7,\n "name": "A"}', True),
        ('{"id": 1, "name": "A"}', '{"id": 7, "name": "B"}', False),
        ('{"id": 1, "user": {"name": "A"}, "is": null}', '{"id": 7, "user": "...", "is": null}', True),
        ('{"id": 1, "user": {"name": "A"}, "is": true}', '{"id": 7, "user": "...", "is": null}', False),
        ("", "paid", False),
    ],
)
def test_control_other_words_are_noticed(printed, shown, is_so):
    assert says(printed, shown) is is_so


def test_the_page_for_operators_tells_of_every_alert_and_how_bad_it_is():
    text = (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text()
    alerts = re.findall(r"- alert: (\w+).*?severity: (\w+)", text, re.DOTALL)
    page = (ROOT / "docs" / "operations.md").read_text()
    assert alerts and re.findall(r"^\| (Eventify\w+) \| (\w+) \|", page, re.MULTILINE) == alerts
