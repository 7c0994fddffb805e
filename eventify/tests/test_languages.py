"""Every sentence is translated for who reads it, and the compiled catalogues are those of the texts."""

import gettext
import re
from datetime import UTC, datetime
from pathlib import Path

import polib
import pytest
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import (
    MinimumLengthValidator,
    NumericPasswordValidator,
    validate_password,
)
from django.core.exceptions import ValidationError
from django.template.defaultfilters import timesince_filter
from django.utils import translation
from rest_framework import serializers

from accounts import pages, roles
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import Role
from accounts.tests.coming_in import log_in
from eventify.lib.desk import words
from eventify.tests import sentences
from events import kinds

LOCALE = Path(settings.BASE_DIR) / "locale"
OTHERS = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
EACH = pytest.mark.parametrize("language", OTHERS)
STAFFS = [code for code in OTHERS if code in settings.STAFF_LANGUAGES]


def texts(language: str) -> polib.POFile:
    return polib.pofile(LOCALE / language / "LC_MESSAGES" / "django.po")


def each_form(entry: polib.POEntry) -> list[tuple[str, str]]:
    """(English, translation) of each form."""
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    english = [entry.msgid, entry.msgid_plural]
    return [(english[min(number, 1)], said) for number, said in entry.msgstr_plural.items()]


@pytest.fixture(scope="module")
def public_sentences():
    return sentences.public_sentences()


@pytest.mark.parametrize("language", STAFFS)
def test_every_sentence_is_translated(language):
    open_ones = [entry.msgid for entry in texts(language) if not entry.translated() or entry.fuzzy]
    assert open_ones == []


@EACH
def test_what_everybody_may_read_is_translated(language, public_sentences):
    """Hindi and Vietnamese are for buyers, volunteers, partners and the door: what only staff read stays open."""
    done = {
        sentences.of(entry.msgctxt or "", entry.msgid)
        for entry in texts(language)
        if entry.translated() and not entry.fuzzy
    }
    open_ones = sorted(f"{path}: {said}" for said, path in public_sentences.items() if said not in done)
    assert open_ones == [], "run bin/messages and translate these"


def test_sentences_are_found_wherever_they_stand():
    page = """{% load i18n %}{% if a %}{% translate "One" %}{% endif %}{% translate "Two" context "of" %}
        {% blocktranslate with b=c count n=d trimmed %}{{ b }} has
        {{ n }}%{% plural %}{{ b }} have {{ n }}{% endblocktranslate %}
        {% translate "4 %" as e %}{{ f|default:_("Five") }}"""
    found = ["One", "of\x04Two", "%(b)s has %(n)s%%", "4 %%", "Five"]
    assert sorted(sentences.in_template(page)) == sorted(found)
    module = (
        """a = _("One" " and a half"), ngettext("Two", "Twos", 2), pgettext_lazy("of", "Three"), f"{_('Four')}", _(b)"""
    )
    assert sorted(sentences.in_module(module)) == ["Four", "One and a half", "Two", "of\x04Three"]


@pytest.mark.parametrize(("language", "said"), [("nl", "2 uur"), ("hi", "2 घंटे"), ("vi", "2 giờ")])
def test_times_since_are_translated(language, said):
    """Django's own catalogues of Hindi and Vietnamese lack them: eventify/lib/django_words.py."""
    with translation.override(language):
        since = timesince_filter(datetime(2026, 6, 1, 10, tzinfo=UTC), datetime(2026, 6, 1, 12, tzinfo=UTC))
    assert since.replace("\xa0", " ") == said


class Typed(forms.Form):
    """What forms of pages check."""

    word = forms.CharField(max_length=3)
    number = forms.DecimalField(max_digits=2, decimal_places=1)
    missing = forms.CharField()


class Asked(serializers.Serializer):
    """One field of each kind that a contract reads."""

    word = serializers.CharField(max_length=2)
    empty = serializers.CharField()
    number = serializers.IntegerField(min_value=5)
    day = serializers.DateField()
    moment = serializers.DateTimeField()
    choice = serializers.ChoiceField(["a"])
    sums = serializers.DecimalField(max_digits=4, decimal_places=2)
    uid = serializers.UUIDField()
    several = serializers.ListField(allow_empty=False)
    missing = serializers.BooleanField()


WRONG = {"word": "abc", "empty": "", "number": 4, "day": "x", "moment": "x", "choice": "b", "sums": "1.999", "uid": "x"}


def refused_by_libraries(language: str) -> set[str]:
    """What Django and its REST framework say of a bad password and of bad values."""
    with translation.override(language):
        with pytest.raises(ValidationError) as weak:
            validate_password("1234", password_validators=[MinimumLengthValidator(), NumericPasswordValidator()])
        form, asked = Typed({"word": "abcd", "number": "1.23"}), Asked(data={**WRONG, "several": []})
        assert not form.is_valid() and not asked.is_valid()
        errors = [*form.errors.values(), *asked.errors.values()]
        return {*weak.value.messages, *(str(one) for said in errors for one in said)}


@EACH
def test_what_libraries_refuse_is_translated(language):
    """eventify/lib/django_words.py names what their own catalogues lack; no sentence is the same in two languages."""
    english, said = refused_by_libraries("en"), refused_by_libraries(language)
    assert len(english) == len(said) >= 14 and english & said == set()


@EACH
def test_stored_words_are_said_in_the_language(language):
    """Of a state in a sentence, and of a plain kind of event; what staff have made up stays."""
    assert (words.within("registration_open"), kinds.said("Music")) == ("registration open", "Music")
    with translation.override(language):
        assert words.within("registration_open") not in ("registration open", "registration_open")
        assert (kinds.said("music") in ("music", "Music"), kinds.said("Tea rite")) == (False, "Tea rite")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "role", "home"),
    [
        ("en", "Gate", "/command-center/"),
        ("nl", "Gate", "/command-center/"),
        ("hi", "Gate", "/door/mine/"),
        ("vi", "Gate", "/door/mine/"),
        ("vi", "Support", "/command-center/"),
    ],
)
def test_who_only_scans_starts_where_their_language_is_spoken(language, role, home):
    user = roles.assign(UserFactory(), Role.objects.get(name=role), by=None)
    with translation.override(language):
        assert pages.home_of(user) == home


@EACH
def test_placeholders_are_kept(language):
    for entry in texts(language).translated_entries():
        allowed = set(PLACEHOLDER.findall(entry.msgid + entry.msgid_plural))
        for english, said in each_form(entry):
            found = set(PLACEHOLDER.findall(said))
            assert found <= allowed, (english, said)
            assert entry.msgid_plural or found == allowed, (english, said)


@EACH
def test_the_compiled_catalogue_is_up_to_date(language):
    with (LOCALE / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for entry in texts(language).translated_entries():
        plain = compiled.pgettext(entry.msgctxt, entry.msgid) if entry.msgctxt else compiled.gettext(entry.msgid)
        said = compiled.ngettext(entry.msgid, entry.msgid_plural, 1) if entry.msgid_plural else plain
        assert said == each_form(entry)[0][1], entry.msgid


@pytest.mark.django_db
def test_the_command_center_speaks_dutch_and_english(client):
    log_in(client, SuperAdminFactory())
    page = client.get("/command-center/partners/").content.decode()
    assert '<html lang="en"' in page and "Invite a partner" in page
    client.post("/i18n/setlang/", {"language": "nl", "next": "/command-center/"})
    page = client.get("/command-center/partners/").content.decode()
    assert '<html lang="nl"' in page and "Partner uitnodigen" in page and "Invite a partner" not in page


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["hi", "vi"])
def test_the_command_center_is_english_for_who_reads_neither(client, language):
    log_in(client, SuperAdminFactory())
    client.cookies["django_language"] = language
    page = client.get("/command-center/partners/").content.decode()
    assert '<html lang="en"' in page and "Invite a partner" in page and 'value="nl"' in page
    assert f'value="{language}"' not in page
    assert f'<html lang="{language}"' in client.get("/account/").content.decode()
    missing = client.get("/command-center/nothing-here/")
    assert missing.status_code == 404 and '<html lang="en"' in missing.content.decode()
