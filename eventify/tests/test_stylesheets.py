"""The committed stylesheets belong to their sources, have a rule for every class that pages use, and only our tokens.

None of it needs Node: bin/css compiles, this reads what it made.
"""

import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings as project

ROOT = Path(project.BASE_DIR)
SOURCES = ROOT / "assets" / "css"
TEMPLATES = ROOT / "templates"
FACES = ("site", "desk", "door")
EACH_FACE = pytest.mark.parametrize("face", FACES)
RULES = sorted(path for path in SOURCES.rglob("*.css") if path.name not in ("tokens.css", "theme.css"))
EACH_SOURCE = pytest.mark.parametrize("path", RULES, ids=lambda path: str(path.relative_to(SOURCES)))
HEADS = {"base.html", "command_center/base.html", "door/shell.html"}  # the templates that link a stylesheet
# Classes without a rule: what scripts and tests look for, and names that say what a thing is to who reads the markup.
HOOKS = {
    "board-block",
    "chart",
    "choose-all",
    "choose-page",
    "confirm",
    "countdown-left",
    "door-enrolled",
    "event-main",
    "found",
    "has-error",
    "is-bad",
    "is-caution",
    "is-information",
    "is-negative",
    "languages",
    "match-sides",
    "pictures",
    "role-form",
    "saved",
}


def compiled(face: str) -> str:
    return (ROOT / "static" / "css" / f"{face}.css").read_text()


def fingerprint() -> str:
    """As bin/css counts it: the digest of the lines of sha256sum, in the order of the paths."""
    paths = sorted(str(path.relative_to(ROOT)) for path in SOURCES.rglob("*.css"))
    lines = "".join(f"{hashlib.sha256((ROOT / path).read_bytes()).hexdigest()}  {path}\n" for path in paths)
    return hashlib.sha256(lines.encode()).hexdigest()


@EACH_FACE
def test_no_rule_shows_what_is_hidden(face):
    """`hidden` is said outside the layers: there it stands above each rule that arranges a thing."""
    before, found, _after = compiled(face).partition("[hidden]{display:none}")
    assert found and before.count("{") == before.count("}")


@EACH_FACE
def test_the_sheet_is_compiled_of_the_sources_as_they_are(face):
    assert f"sha256 {fingerprint()} */" in compiled(face).partition("\n")[0], "run bin/css and commit what it made"


def test_there_are_no_other_sheets():
    assert sorted(path.name for path in (ROOT / "static" / "css").iterdir()) == ["desk.css", "door.css", "site.css"]


def test_a_page_links_the_sheet_of_its_face_and_nothing_else():
    linking = {
        path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html") if "stylesheet" in text(path)
    }
    assert linking == HEADS | {"site/api_docs.html"}  # which shows Swagger UI, with the sheet of its own
    assert [text(TEMPLATES / name).count('rel="stylesheet"') for name in sorted(HEADS)] == [1, 1, 1]


def text(path: Path) -> str:
    return path.read_text()


# --- Classes and rules ------------------------------------------------------------------------------


def classes_of(path: Path) -> set[str]:
    """The classes that stand whole in a template; names that are put together are left out."""
    found = set()
    for value in re.findall(r'\bclass="((?:[^"{]|\{[{%].*?[%}]\})*)"', text(path)):
        plain = re.sub(r"\{\{.*?\}\}", "\0", re.sub(r"\{%.*?%\}", "\1", value))
        found |= {one for one in re.split(r"[\s\1]+", plain) if one and "\0" not in one}
    return found


def selectors_of(face: str) -> set[str]:
    names = re.findall(r"\.((?:[a-zA-Z_-]|\\.)(?:[\w-]|\\.)*)", compiled(face))
    return {re.sub(r"\\(.)", r"\1", name) for name in names}


def face_of(path: Path) -> str:
    if TEMPLATES / "command_center" in path.parents:
        return "desk"
    return "door" if path == TEMPLATES / "door" / "shell.html" else "site"


def test_every_class_of_every_page_has_a_rule():
    rules = {face: selectors_of(face) for face in FACES}
    pages = [path for path in TEMPLATES.rglob("*.html") if TEMPLATES / "emails" not in path.parents]
    missing = {str(path.relative_to(TEMPLATES)): classes_of(path) - rules[face_of(path)] - HOOKS for path in pages}
    assert {name: found for name, found in missing.items() if found} == {}


def test_every_hook_is_used_and_has_no_rule():
    used = {one for path in TEMPLATES.rglob("*.html") for one in classes_of(path)}
    assert used >= HOOKS
    assert not {one for one in HOOKS if all(one in selectors_of(face) for face in FACES)}


def test_reading_classes_knows_what_is_whole(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        '<p class="a tone-{{ n }} {% if x == "y" %}b{% else %}c{% endif %}{% if z %} d{% endif %}"><i class="md:f">'
    )
    assert classes_of(page) == {"a", "b", "c", "d", "md:f"}


# --- Tokens -----------------------------------------------------------------------------------------


def block(css: str, selector: str) -> set[str]:
    return set(re.findall(r"--[\w-]+: [^;]+;", css.partition(f"{selector} {{")[2].partition("}")[0]))


def test_dark_is_the_same_chosen_or_by_the_system():
    css = text(SOURCES / "tokens.css")
    chosen, followed = block(css, ':root[data-theme="dark"]'), block(css, ':root:not([data-theme="light"])')
    assert chosen == followed
    assert len(chosen) >= 18


@EACH_SOURCE
def test_only_the_tokens_name_colours_and_sizes(path):
    css = re.sub(r"/\*.*?\*/", "", text(path), flags=re.S)
    rules = re.sub(r"@media[^{]*|@page[^}]*|@import[^;]*", "", css)
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)|rgba?\(|hsl\(|oklch\(", rules)
    assert not re.findall(r"\b\d+px", rules)


@EACH_SOURCE
def test_every_token_that_is_used_exists(path):
    tokens, css = set(re.findall(r"(--[\w-]+):", text(SOURCES / "tokens.css"))), text(path)
    used, own = set(re.findall(r"var\((--[\w-]+)", css)), set(re.findall(r"(--[\w-]+):", css))
    assert used <= tokens | own


def test_the_theme_of_utilities_holds_only_tokens():
    tokens = set(re.findall(r"(--[\w-]+):", text(SOURCES / "tokens.css")))
    theme = text(SOURCES / "theme.css").partition("@theme")[2].partition("}")[0]
    given = dict(re.findall(r"(--[\w-]+): ([^;]+);", theme))
    words = {value for value in given.values() if not value.startswith("var(")}
    assert words == {"0", "currentcolor", "transparent", "720px", "1000px"}  # the last two: where there is more room
    assert {value[4:-1] for value in given.values()} - {word[4:-1] for word in words} <= tokens


@EACH_FACE
def test_no_utility_has_a_value_of_its_own(face):
    assert not re.findall(r"\.[\w-]+\\\[", compiled(face))
    assert "oklch(" not in compiled(face)
