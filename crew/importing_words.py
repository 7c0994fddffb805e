"""The words of files with people, in English and Dutch, whatever the language of who imports them."""

import re

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crew.models import Person
from eventify.lib.errors import Invalid

S = Person.Status
# column -> what it is called in the template and on the page
LABELS = {
    "name": gettext_lazy("Name"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "crowd_type": gettext_lazy("Crowd type"),
    "company": gettext_lazy("Company"),
    "status": gettext_lazy("Status"),
    "notes": gettext_lazy("Notes"),
    "tags": gettext_lazy("Tags"),
}
NAME_PARTS = ("first_name", "infix", "last_name")
_HEADINGS = {
    "name": "name, full name, naam, volledige naam",
    "first_name": "first name, given name, voornaam",
    "infix": "infix, tussenvoegsel",
    "last_name": "last name, surname, family name, achternaam",
    "email": "email, e mail, mail, email address, e mail address, mailadres, emailadres, e mailadres",
    "phone": "phone, phone number, telephone, mobile, tel, telefoon, telefoonnummer, mobiel, mobiel nummer, gsm",
    "crowd_type": "crowd type, crowdtype, type, kind, soort, rol, role",
    "company": "company, organisation, organization, bedrijf, bedrijfsnaam, firma, organisatie",
    "status": "status",
    "notes": "notes, note, remarks, comments, notities, notitie, opmerkingen, opmerking",
    "tags": "tags, tag, skills, labels, label, vaardigheden",
}
_STATUSES = {
    S.INVITED: "invited, uitgenodigd",
    S.APPLIED: "applied, aangemeld",
    S.PENDING: "pending, waiting, in afwachting, wacht, wachtend, open",
    S.APPROVED: "approved, goedgekeurd, akkoord",
    S.REJECTED: "rejected, afgewezen, afgekeurd",
    S.NO_SHOW: "no show, noshow, niet verschenen, niet gekomen",
}


def _by_word(words: dict[str, str]) -> dict[str, str]:
    return {word: key for key, line in words.items() for word in line.split(", ")}


_COLUMN_OF, _STATUS_OF = _by_word(_HEADINGS), _by_word(_STATUSES)


def _plain(text: str) -> str:
    """A word without case, brackets, marks and signs: "E-mail (optional)*" is "e mail"."""
    bare = re.sub(r"\([^)]*\)", " ", text[:200].lower())
    return " ".join(re.sub(r"[^\w]|_", " ", bare).split())


def _labels() -> dict[str, str]:
    """What the columns are called in the template, in all our languages."""
    found = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found |= {_plain(str(label)): column for column, label in LABELS.items()}
    return found


def columns_of(headings: list[str]) -> tuple[dict[str, int], list[str]]:
    """(column -> its place, the headings that mean nothing here). Invalid (file) for two of one, or no names."""
    labels, places, unknown = _labels(), {}, []
    for place, heading in enumerate(headings):
        column = _COLUMN_OF.get(_plain(heading)) or labels.get(_plain(heading))
        if column in places:
            words = {"heading": heading[:50]}
            raise Invalid.field("file", _("Two columns mean the same as %(heading)s. Remove one of them.") % words)
        if column:
            places[column] = place
        elif heading:
            unknown.append(heading[:50])
    if not places.keys() & {"name", "first_name", "last_name"}:
        sentence = _("No column has the name of the people. Put the headings into the first row, as in the template.")
        raise Invalid.field("file", sentence)
    return places, unknown


def values_of(cells: list[str], places: dict[str, int]) -> dict[str, str]:
    """What a line has in each column; a name in parts is one name."""
    values = {column: cells[place] if place < len(cells) else "" for column, place in places.items()}
    parts = [values.pop(part, "") for part in NAME_PARTS]
    values["name"] = values.get("name") or " ".join(part for part in parts if part)
    return values


def status_of(text: str) -> str | None:
    """The status that a word means; None for no word that we know."""
    return _STATUS_OF.get(_plain(text))


def tags_in(text: str) -> list[str]:
    """The names of tags in a cell, between commas, semicolons or bars."""
    return [name for name in (part.strip() for part in re.split(r"[,;|\n]", text)) if name]
