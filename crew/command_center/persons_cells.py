"""How what is said of people looks in the pages about them: words of states, colours, tags, and how full a list is."""

from dataclasses import dataclass
from typing import NamedTuple

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crew.models import Assignment, Company, CrowdList, CrowdType, Person, PersonTag, SystemType
from eventify.lib.desk import say
from eventify.lib.desk.columns import Column
from eventify.lib.desk.words import CAUTION, INFORMATION, NEGATIVE, PLAIN, POSITIVE, Word

TAGS_SHOWN = 3  # in a row of a list; the others are counted
BAR = 100  # the width of a bar's own drawing

S, A = Person.Status, Assignment.Status
PERSON_WORDS = {
    S.INVITED.value: Word(gettext_lazy("Invited"), INFORMATION),
    S.APPLIED.value: Word(gettext_lazy("Applied"), CAUTION),
    S.PENDING.value: Word(gettext_lazy("Pending"), CAUTION),
    S.APPROVED.value: Word(gettext_lazy("Approved"), POSITIVE),
    S.REJECTED.value: Word(gettext_lazy("Rejected"), NEGATIVE),
    S.NO_SHOW.value: Word(gettext_lazy("No-show"), NEGATIVE),
}
ASSIGNMENT_WORDS = {
    A.PENDING.value: Word(gettext_lazy("Waits for approval"), CAUTION),
    A.APPROVED.value: Word(gettext_lazy("Approved"), POSITIVE),
    A.REJECTED.value: Word(gettext_lazy("Rejected"), NEGATIVE),
    A.CANCELLED.value: Word(gettext_lazy("Cancelled"), PLAIN),
    A.COMPLETED.value: Word(gettext_lazy("Completed"), POSITIVE),
}
SYSTEM_WORDS = {
    SystemType.CREW.value: gettext_lazy("Crew"),
    SystemType.VOLUNTEER.value: gettext_lazy("Volunteer"),
    SystemType.GUEST.value: gettext_lazy("Guest"),
    SystemType.ARTIST.value: gettext_lazy("Artist"),
    SystemType.PRESS.value: gettext_lazy("Press"),
    SystemType.PARTNER.value: gettext_lazy("Partner"),
    SystemType.SUPPLIER.value: gettext_lazy("Supplier"),
}
COMPANY_WORDS = {
    Company.Type.SUPPLIER.value: gettext_lazy("Supplier"),
    Company.Type.PARTNER.value: gettext_lazy("Partner"),
    Company.Type.AGENCY.value: gettext_lazy("Agency"),
    Company.Type.VENUE.value: gettext_lazy("Venue"),
    Company.Type.OTHER.value: gettext_lazy("Other"),
}
LIST_WORDS = {
    CrowdList.Type.INTERNAL.value: gettext_lazy("Internal: we fill it"),
    CrowdList.Type.EXTERNAL.value: gettext_lazy("External: a company fills it"),
}


def choices(words: dict) -> tuple:
    """Words as the choices of a form or filter."""
    return tuple((value, said.label if isinstance(said, Word) else said) for value, said in words.items())


def person_url(person: Person, event) -> str:
    """The page of a person of the event."""
    return reverse("desk-crew-person", args=[event.uid, person.uid])


def swatch(color: str) -> SafeString:
    """A colour as a small square; the name beside it says what it is of. An attribute, because styles are refused."""
    head = SafeString('<svg class="swatch" viewBox="0 0 16 16" aria-hidden="true"><rect width="16" height="16" rx="4"')
    return format_html('{} fill="{}"/></svg>', head, color)


def coloured(row: CrowdType | PersonTag) -> SafeString:
    """Its name after its colour."""
    return format_html('<span class="coloured">{}<span>{}</span></span>', swatch(row.color), row.name)


def tag_chips(tags: list[PersonTag], most: int = TAGS_SHOWN) -> SafeString:
    """The first tags, each with its colour, and how many more there are."""
    if not tags:
        return say.NOTHING
    first = ((swatch(tag.color), tag.name) for tag in tags[:most])
    shown = format_html_join("", '<li class="tag">{}<span>{}</span></li>', first)
    others = [tag.name for tag in tags[most:]]
    more = format_html('<li class="muted figures" title="{}">+{}</li>', ", ".join(others), len(others))
    return format_html('<ul class="tags" role="list">{}{}</ul>', shown, more if others else "")


@dataclass(frozen=True)
class Coloured(Column):
    """A column of names with their colours: `row_of` gives the row that has both. A download has the name alone."""

    row_of: object = None

    def _shown(self, row) -> SafeString:
        found = self.row_of(row) if self.row_of else row
        return coloured(found) if found else say.NOTHING


@dataclass(frozen=True)
class Tags(Column):
    """A column of tags: `tags_of` gives them. A download has their names."""

    tags_of: object = None

    def raw(self, row) -> str:
        return ", ".join(tag.name for tag in self.tags_of(row))

    def _shown(self, row) -> SafeString:
        return tag_chips(self.tags_of(row))


@dataclass(frozen=True)
class Fill(Column):
    """A column with a bar of how full a row is: `fill_of` gives its Fullness. A download has `3 of 10`."""

    fill_of: object = None

    def raw(self, row) -> str:
        return self.fill_of(row).sentence

    def _shown(self, row) -> SafeString:
        return self.fill_of(row).html


class Fullness(NamedTuple):
    """How many are there, of how many at most (None: any number)."""

    count: int
    most: int | None

    @property
    def is_full(self) -> bool:
        return self.most is not None and self.count >= self.most

    @property
    def sentence(self) -> str:
        """`3 of 10`, `10 of 10, full` or `3 people`."""
        words = {"count": say.plain_number(self.count), "most": say.plain_number(self.most or 0)}
        if self.most is None:
            return ngettext("%(count)s person", "%(count)s people", self.count) % words
        return (_("%(count)s of %(most)s, full") if self.is_full else _("%(count)s of %(most)s")) % words

    @property
    def html(self) -> SafeString:
        """The sentence, and a bar when there is a limit."""
        said = format_html('<span class="figures">{}</span>', self.sentence)
        return said if self.most is None else format_html('<span class="fill-cell">{}{}</span>', self.bar, said)

    @property
    def bar(self) -> SafeString:
        """A bar that says nothing that the sentence does not."""
        filled = min(BAR, round(BAR * self.count / self.most)) if self.most else BAR
        look = "fill full" if self.is_full else "fill"
        head = '<svg class="{}" viewBox="0 0 {} 8" preserveAspectRatio="none" aria-hidden="true">'
        parts = '<rect class="all" width="{}" height="8"/><rect class="done" width="{}" height="8"/></svg>'
        return format_html(head + parts, look, BAR, BAR, filled)
