"""The libraries: each is pinned, what they bring is locked, their licences are ones that we may use, and `bin/audit`
believes no report that did not ask. Whether a vulnerability is known is asked by `bin/audit` itself: docs/security.md.
"""

import json
import re
from importlib.metadata import Distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from eventify import audit

ALLOWED = ("MIT", "BSD", "Apache", "PSF", "ISC", "MPL", "Mozilla", "LGPL", "Unlicense", "Python Software Foundation")
# Libraries whose licence is said in another way, or is another one, and why that is all right.
ACCEPTED = {"text-unidecode": "Artistic License or GPL, to be chosen; only factory-boy's names use it."}


def licence_of(one: Distribution) -> str:
    """What a library says of its licence: the expression, or the classifiers, or a free text."""
    said = one.metadata
    classifiers = [line for line in said.get_all("Classifier", []) if line.startswith("License")]
    return said.get("License-Expression") or "; ".join(classifiers) or (said.get("License") or "")[:200]


def test_every_library_that_is_named_is_pinned():
    loose = [str(one) for one in audit.asked_for() if not re.fullmatch(r"==[\w.]+", str(one.specifier))]
    assert loose == [] and len(audit.asked_for()) > 30


def test_everything_that_is_installed_is_locked():
    brought, locked = audit.brought(), audit.locked()
    wrong = [f"{name}=={one.version}" for name, one in brought.items() if locked.get(name) != one.version]
    assert wrong == [], "bin/audit --lock writes constraints.txt anew"
    assert locked.keys() - brought.keys() - elsewhere(brought) == set(), "it locks what nothing needs: bin/audit --lock"
    assert len(brought) > len(audit.asked_for()) + 30  # what libraries bring is among them


def elsewhere(brought: dict[str, Distribution]) -> set[str]:
    """What these libraries need, if not here: under another version of Python, or on another system."""
    return {canonicalize_name(Requirement(line).name) for one in brought.values() for line in one.requires or []}


def test_every_licence_is_one_that_we_may_use():
    wrong = {name: licence_of(one) for name, one in audit.brought().items() if not is_allowed(licence_of(one))}
    assert wrong.keys() == ACCEPTED.keys(), wrong


def is_allowed(licence: str) -> bool:
    return any(word in licence for word in ALLOWED) and not re.search(r"\b(A?GPL)", licence)


@pytest.mark.parametrize(
    "licence", ["", "GPL-3.0-only", "AGPL-3.0", "License :: OSI Approved :: GNU GPL", "Proprietary"]
)
def test_control_other_licences_are_seen(licence):
    assert not is_allowed(licence)


GOOD = {"name": "django", "version": "5.2.19", "vulns": []}
BAD = {"name": "pillow", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["12.0.0"]}]}
SKIPPED = {"name": "celery", "skip_reason": "Dependency not found on PyPI and could not be audited: celery (5.7.0)"}


@pytest.mark.parametrize(
    ("found", "status"), [([GOOD], 0), ([GOOD, BAD], 1), ([GOOD, SKIPPED], 3), ([BAD, SKIPPED], 1)]
)
def test_what_was_not_asked_is_not_called_good(capsys, found, status):
    """pip-audit itself ends well when it could ask about nothing."""
    assert audit.tell(audit.read(json.dumps({"dependencies": found, "fixes": []}))) == status
    said = capsys.readouterr().out
    assert ("VULNERABLE pillow 1.0: PYSEC-1" in said) == (BAD in found)
    assert ("could not ask about 1: celery" in said) == (SKIPPED in found)


def test_a_report_that_is_none():
    with pytest.raises(ValueError):
        audit.read("")
