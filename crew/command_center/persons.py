"""The persons of an event: found by anything, narrowed, and acted on many at a time."""

from collections.abc import Iterator

import django_filters
from django import forms
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from crew import persons
from crew.command_center.base import OfEvent, managed_events
from crew.command_center.persons_cells import PERSON_WORDS, Coloured, Tags, choices, person_url
from crew.models import Assignment, Company, CrowdType, IdentityMatch, Person, PersonTag
from eventify.lib.desk import export, nav, search
from eventify.lib.desk.columns import Column
from eventify.lib.desk.filters import Filters
from eventify.lib.desk.lists import EmptyState, ListPage
from eventify.lib.desk.pages import Action
from eventify.lib.desk.words import CAUTION, POSITIVE, Word

ACCOUNTS = {
    "linked": Word(gettext_lazy("Linked"), POSITIVE),
    "waiting": Word(gettext_lazy("Match waits"), CAUTION),
}
ACCOUNT_CHOICES = (
    ("linked", gettext_lazy("Linked to an account")),
    ("waiting", gettext_lazy("A match waits")),
    ("none", gettext_lazy("Not linked")),
)


SHIFT_CHOICES = (("none", gettext_lazy("Without a shift")), ("some", gettext_lazy("With a shift")))
BLACKLIST_CHOICES = (("on", gettext_lazy("On the blacklist")), ("off", gettext_lazy("Not on it")))
ANY = gettext_lazy("Any")


def _of_event(model, **where):
    """What the organisation of the address's event has of this kind: a filter's choices."""
    return lambda request: model.objects.filter(partner__events__uid=request.resolver_match.kwargs["event"], **where)


class PersonFilters(Filters):
    """By status, kind, company, tags (all of them), account, blacklist and shifts; searched by name and addresses."""

    search = ("name", "email", "phone")

    crowd_type = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Crowd type"), to_field_name="uid", queryset=_of_event(CrowdType), empty_label=ANY
    )
    company = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Company"), to_field_name="uid", queryset=_of_event(Company), empty_label=ANY
    )
    account = django_filters.ChoiceFilter(
        label=gettext_lazy("Account"), choices=ACCOUNT_CHOICES, method="with_account", empty_label=ANY
    )
    shifts = django_filters.ChoiceFilter(
        label=gettext_lazy("Shifts"), choices=SHIFT_CHOICES, method="with_shifts", empty_label=ANY
    )
    blacklist = django_filters.ChoiceFilter(
        label=gettext_lazy("Blacklist"), choices=BLACKLIST_CHOICES, method="on_blacklist", empty_label=ANY
    )
    status = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Status"), choices=choices(PERSON_WORDS), widget=forms.CheckboxSelectMultiple
    )
    tags = django_filters.ModelMultipleChoiceFilter(
        label=gettext_lazy("Tags: who has all of them"),
        to_field_name="uid",
        queryset=_of_event(PersonTag, is_active=True),
        method="with_tags",
        widget=forms.CheckboxSelectMultiple,
    )

    def with_tags(self, rows, _name, tags):
        return persons.with_tags(rows, tags) if tags else rows

    def with_account(self, rows, _name, word):
        if word == "linked":
            return rows.exclude(user=None)
        waiting = Exists(IdentityMatch.objects.filter(person=OuterRef("pk"), status=IdentityMatch.Status.PENDING))
        return rows.filter(waiting) if word == "waiting" else rows.filter(user=None)

    def on_blacklist(self, rows, _name, word):
        return rows.filter(is_blacklisted=word == "on")

    def with_shifts(self, rows, _name, word):
        has_one = Exists(_alive())
        return rows.filter(has_one) if word == "some" else rows.filter(~has_one)


def _alive():
    alive = Assignment.objects.filter(person=OuterRef("pk"), status__in=Assignment.ALIVE, shift__deleted_at=None)
    return alive.order_by().values("person")


def with_shifts(rows):
    """The persons with `shifts`: how many shifts each has."""
    return rows.annotate(shifts=Coalesce(Subquery(_alive().annotate(n=Count("pk")).values("n")), 0))


def _account(row: Person) -> str | None:
    return "linked" if row.user_id else "waiting" if row.waiting_match else None


class Persons(OfEvent, ListPage):
    """`desk-crew-persons`."""

    title = gettext_lazy("Persons")
    template_name = "command_center/crew/persons.html"
    fragment_name = "command_center/crew/persons_table.html"
    filters, search_hint = PersonFilters, gettext_lazy("Name, e-mail or phone")
    default_sort = "name"

    @cached_property
    def columns(self):
        return (
            Column(
                "name",
                _("Name"),
                sort="name",
                link=lambda row: person_url(row, self.event),
                below=lambda row: row.email,
            ),
            Coloured("crowd_type", _("Crowd type"), sort="crowd_type__name", row_of=lambda row: row.crowd_type),
            Column("company.name", _("Company"), sort="company__name"),
            Column("status", _("Status"), kind="pill", words=PERSON_WORDS, sort="status", below=_blacklisted),
            Tags("tags", _("Tags"), tags_of=lambda row: row.tags_here),
            Column("shifts", _("Shifts"), kind="number", sort="shifts"),
            Column("account", _("Account"), kind="pill", words=ACCOUNTS, value=_account),
        )

    def get_columns(self):
        """A download has the addresses in columns of their own."""
        if self.request.GET.get("format") not in export.FORMATS:
            return self.columns
        name, *others = self.columns
        more = (Column("email", _("E-mail")), Column("phone", _("Phone")))
        return (name, *more, *others, Column("is_blacklisted", _("On the blacklist"), kind="yesno"))

    @property
    def empty(self) -> EmptyState:
        text = _("Add people one by one, import a list, or open registration so that volunteers sign up themselves.")
        return EmptyState(_("Nobody yet"), text, Action(_("Add somebody"), self.at("desk-crew-person-new")))

    def rows(self):
        return with_shifts(persons.listed(self.event))

    def shown_actions(self) -> list[Action]:
        actions = [Action(_("Add somebody"), self.at("desk-crew-person-new"))]
        if url := nav.link("desk-crew-import", self.event.uid):
            actions.insert(0, Action(_("Import"), url, style="secondary"))
        return actions

    def table(self) -> dict:
        return {**super().table(), "bulk": True, "bulk_url": self.at("desk-crew-persons-bulk")}


def _blacklisted(row: Person) -> str:
    return _("On the blacklist") if row.is_blacklisted else ""


@search.register("crew-persons", gettext_lazy("Crew"), "manage_crew", scoped=True)
def find_persons(user: User, text: str) -> Iterator[search.Hit]:
    """People of events whose crew the user plans, by name or address; the newest first."""
    wanted = Q(name__icontains=text) | Q(email__icontains=text)
    mine = Person.objects.filter(wanted, event__in=managed_events(user)).select_related("event", "crowd_type")
    for person in mine.order_by("-pk")[: search.PER_KIND]:
        yield search.Hit(
            person.name, f"{person.event.name}, {person.crowd_type.name}", person_url(person, person.event)
        )
