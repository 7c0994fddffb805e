"""What our documents link to is there: files, and headings in them."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("*.md", "docs/*.md", "eventify/contracts/*/CONTRACT.md")
PAGES = sorted(str(page.relative_to(ROOT)) for place in PLACES for page in ROOT.glob(place))
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)


@cache
def headings(path: Path) -> set[str]:
    """The anchors of a page as GitHub makes them: lower case, without signs, a hyphen for each blank."""
    lines = re.findall(r"^#+ +(.+?) *$", _FENCE.sub("", path.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere in this repository."""
    found = []
    for link in _LINK.findall(_FENCE.sub("", page.read_text())):
        name, _sign, anchor = link.partition("#")
        there = (page.parent / name).resolve() if name else page
        is_ours = "://" not in link and not link.startswith("mailto:")
        if is_ours and not (there.exists() and (not anchor or anchor in headings(there))):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES)
def test_each_link_leads_somewhere(page):
    assert broken(ROOT / page) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Two words: yes\n[a](#two-words-yes) [b](#no) [c](other.md) [d](https://example.com/x)\n")
    assert broken(page) == ["#no", "other.md"]
