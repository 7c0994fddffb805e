"""The crowd lists of an event, and one of them: who is on it, how full it is, and who comes onto it."""

import django_filters
from django.db.models import Q
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crew import crowd_lists, persons
from crew.command_center.base import OfEvent, managed_events
from crew.command_center.persons_cells import (
    LIST_WORDS,
    PERSON_WORDS,
    Coloured,
    Fill,
    Fullness,
    Tags,
    choices,
    person_url,
)
from crew.models import CrowdList, Person
from eventify.lib.desk.columns import Column
from eventify.lib.desk.filters import SEARCH_MAX, WORDS_MAX, Filters
from eventify.lib.desk.lists import EmptyState, ListPage
from eventify.lib.desk.pages import Action, Crumb, DetailPage, ObjectMixin
from eventify.lib.desk.words import word

FOUND = 20  # people that a search for more shows


class ListFilters(Filters):
    """By who fills it."""

    search = ("name", "crowd_type__name", "recipient_company__name")

    type = django_filters.ChoiceFilter(label=gettext_lazy("Who fills it"), choices=choices(LIST_WORDS))


def _who(row: CrowdList):
    company = row.recipient_company
    return company.name if company else LIST_WORDS[row.type]


class Lists(OfEvent, ListPage):
    """`desk-crew-lists`."""

    title = gettext_lazy("Crowd lists")
    template_name = "command_center/crew/persons_list.html"
    filters, search_hint = ListFilters, gettext_lazy("List, crowd type or company")
    default_sort = "name"

    @cached_property
    def columns(self):
        return (
            Column("name", _("Name"), sort="name", link=lambda row: list_url(row, self.event)),
            Coloured("crowd_type", _("Crowd type"), sort="crowd_type__name", row_of=lambda row: row.crowd_type),
            Column("who", _("Filled by"), value=_who),
            Fill("persons_count", _("People"), sort="persons_count", fill_of=fullness),
            Column("auto_approve", _("Approves at once"), kind="yesno", sort="auto_approve"),
        )

    def rows(self):
        return crowd_lists.listed(self.event).select_related("crowd_type", "recipient_company")

    def shown_actions(self):
        return [Action(_("New list"), self.at("desk-crew-list-new"))]

    @property
    def empty(self) -> EmptyState:
        text = _("A list holds guests, press or a company's people, with a limit when you want one.")
        return EmptyState(_("No lists yet"), text, Action(_("New list"), self.at("desk-crew-list-new")))


def fullness(row: CrowdList) -> Fullness:
    """How full an annotated list is."""
    return Fullness(row.persons_count, row.max_persons)


def list_url(row: CrowdList, event) -> str:
    """The page of a list."""
    return reverse("desk-crew-list", args=[event.uid, row.uid])


class AboutList(OfEvent):
    """A page about `self.object`, a crowd list of the event of the address."""

    tab = "desk-crew-lists"

    def visible(self):
        mine = CrowdList.objects.filter(event__in=managed_events(self.request.user).values("pk"))
        mine = mine.select_related("event__partner", "event__parent", "crowd_type", "recipient_company")
        return mine.filter(event=self.event) if self.event else mine

    def at_list(self, act: str = "") -> str:
        """The address of the list's page, or of something that is done to it."""
        page = f"desk-crew-list-{act}" if act else "desk-crew-list"
        return reverse(page, args=[self.event.uid, self.object.uid])

    def get_crumbs(self):
        way = [*super().get_crumbs(), Crumb(_("Crowd lists"), self.at("desk-crew-lists"))]
        return way if self.url_name == "desk-crew-list" else [*way, Crumb(self.object.name, self.at_list())]

    @cached_property
    def fullness(self) -> Fullness:
        return Fullness(self.object.entries.count(), self.object.max_persons)

    def back_url(self) -> str:
        return self.next_url(self.at_list())


class EntryFilters(Filters):
    """By status."""

    search = ("name", "email", "phone", "company__name")

    status = django_filters.ChoiceFilter(label=gettext_lazy("Status"), choices=choices(PERSON_WORDS))


class ListPeople(AboutList, ObjectMixin, ListPage):
    """`desk-crew-list`: who is on it, with a search for more."""

    template_name = "command_center/crew/list.html"
    fragment_name = "command_center/crew/list_table.html"
    filters, search_hint = EntryFilters, gettext_lazy("Name, e-mail, phone or company")
    default_sort = "name"
    empty = EmptyState(gettext_lazy("Nobody is on this list yet"), gettext_lazy("Find people above and add them."))

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
            Column("status", _("Status"), kind="pill", words=PERSON_WORDS, sort="status"),
            Tags("tags", _("Tags"), tags_of=lambda row: row.tags_here),
            Column("phone", _("Phone")),
        )

    def get_columns(self):
        """A download has the address in a column of its own."""
        name, *others = self.columns
        is_file = "format" in self.request.GET
        return (name, Column("email", _("E-mail")), *others) if is_file else self.columns

    def rows(self):
        return persons.listed(self.event).filter(list_entries__crowd_list=self.object)

    def shown_actions(self):
        return [
            Action(_("Print"), self.at_list("print"), style="secondary"),
            Action(_("Edit"), self.at_list("edit"), style="secondary"),
            Action(_("Delete"), self.at_list("delete"), style="danger"),
        ]

    def file_name(self, today) -> str:
        return f"list-{today.isoformat()}"

    def table(self) -> dict:
        return {**super().table(), "bulk": True, "remove_url": self.at_list("remove")}

    def get_context_data(self, **context) -> dict:
        return super().get_context_data(
            fullness=self.fullness,
            facts=self.facts(),
            wanted=self.wanted,
            found=self.found(),
            add_url=self.at_list("add"),
            search_max=SEARCH_MAX,
            **context,
        )

    def facts(self) -> list[tuple]:
        row = self.object
        return [
            (_("Crowd type"), row.crowd_type.name),
            (_("Who fills it"), LIST_WORDS[row.type]),
            (_("Company"), row.recipient_company and row.recipient_company.name),
            (_("Who comes onto it"), _("is approved at once") if row.auto_approve else _("keeps their status")),
        ]

    @property
    def wanted(self) -> str:
        """The words of the search for more people."""
        return self.request.GET.get("find", "").replace("\x00", "").strip()[:SEARCH_MAX]

    def found(self) -> list[Person]:
        """People of the event who are not on the list, by the words."""
        if not self.wanted:
            return []
        rows = persons.listed(self.event).exclude(list_entries__crowd_list=self.object)
        for one in self.wanted.split()[:WORDS_MAX]:
            rows = rows.filter(Q(name__icontains=one) | Q(email__icontains=one) | Q(company__name__icontains=one))
        people = list(rows.order_by("name", "pk")[:FOUND])
        for person in people:
            person.status_said = word(person.status, PERSON_WORDS)
        return people


class PrintList(AboutList, DetailPage):
    """`desk-crew-list-print`: the names by letter, each with a box to tick, for paper."""

    template_name = "command_center/crew/list_print.html"

    def get_context_data(self, **context) -> dict:
        rows = self.object.entries.select_related("person__company").order_by("person__name", "pk")
        people = [entry.person for entry in rows]
        return super().get_context_data(people=people, **context)
