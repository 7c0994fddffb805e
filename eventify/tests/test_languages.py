"""Every sentence is translated, and the compiled catalogues are those of the texts."""

import gettext
import re
from pathlib import Path

import polib
import pytest
from django.conf import settings

from accounts.factories import SuperAdminFactory
from accounts.tests.coming_in import log_in

LOCALE = Path(settings.BASE_DIR) / "locale"
OTHERS = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
EACH = pytest.mark.parametrize("language", OTHERS)


def texts(language: str) -> polib.POFile:
    return polib.pofile(LOCALE / language / "LC_MESSAGES" / "django.po")


def forms(entry: polib.POEntry) -> list[tuple[str, str]]:
    """(English, translation) of each form."""
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    english = [entry.msgid, entry.msgid_plural]
    return [(english[min(number, 1)], said) for number, said in entry.msgstr_plural.items()]


@EACH
def test_every_sentence_is_translated(language):
    open_ones = [entry.msgid for entry in texts(language) if not entry.translated() or entry.fuzzy]
    assert open_ones == []


@EACH
def test_placeholders_are_kept(language):
    for entry in texts(language):
        allowed = set(PLACEHOLDER.findall(entry.msgid + entry.msgid_plural))
        for english, said in forms(entry):
            found = set(PLACEHOLDER.findall(said))
            assert found <= allowed, (english, said)
            assert entry.msgid_plural or found == allowed, (english, said)


@EACH
def test_the_compiled_catalogue_is_up_to_date(language):
    with (LOCALE / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for entry in texts(language):
        plain = compiled.pgettext(entry.msgctxt, entry.msgid) if entry.msgctxt else compiled.gettext(entry.msgid)
        said = compiled.ngettext(entry.msgid, entry.msgid_plural, 1) if entry.msgid_plural else plain
        assert said == forms(entry)[0][1], entry.msgid


@pytest.mark.django_db
def test_the_command_center_speaks_dutch_and_english(client):
    log_in(client, SuperAdminFactory())
    page = client.get("/command-center/partners/").content.decode()
    assert '<html lang="en"' in page and "Invite a partner" in page
    client.post("/i18n/setlang/", {"language": "nl", "next": "/command-center/"})
    page = client.get("/command-center/partners/").content.decode()
    assert '<html lang="nl"' in page and "Partner uitnodigen" in page and "Invite a partner" not in page
