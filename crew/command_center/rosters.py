"""Who works where and when: as a list to search and download, and as rosters to print, by section or by person."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

import django_filters
from django import forms
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crew import board
from crew.command_center.base import OfEvent, managed_events
from crew.command_center.board_shift import address_of
from crew.command_center.persons_cells import ASSIGNMENT_WORDS, choices, person_url
from crew.command_center.shifts import SectionFilter, slot_times
from crew.models import Assignment, Person, Section, Shift
from eventify.lib.desk import export, nav
from eventify.lib.desk.columns import Column
from eventify.lib.desk.filters import DayFilter, Filters, without
from eventify.lib.desk.lists import EmptyState, ListPage
from eventify.lib.desk.pages import Action
from events.templatetags.say import moment, zone_at

A = Assignment.Status
HELD = (A.PENDING, A.APPROVED, A.COMPLETED)
PRINTED = 3000  # shifts, or places of people, on one print
BY = ("section", "person")


def _persons(request):
    """The persons who can have a shift of the event: its own, its sub-events' and its festival's."""
    mine = managed_events(request.user).filter(uid=request.resolver_match.kwargs["event"])
    partner = mine.values("partner")
    return Person.objects.filter(event__partner__in=partner)


class RosterFilters(Filters):
    """By section, day and state; searched by person, job and section."""

    search = ("person__name", "person__email", "person__phone", "shift__title", "shift__section__name")

    section = SectionFilter(field_name="shift__section")
    day = DayFilter(label=gettext_lazy("Day"), field_name="shift__time_slot__date")
    status = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Status"), choices=[one for one in choices(ASSIGNMENT_WORDS) if one[0] in HELD]
    )
    person = django_filters.UUIDFilter(label=gettext_lazy("Person"), field_name="person__uid", widget=forms.HiddenInput)


class Rosters(OfEvent, ListPage):
    """`desk-crew-rosters`; with `?print=section` or `?print=person` the same, laid out for paper."""

    title = gettext_lazy("Rosters")
    template_name = "command_center/crew/roster_list.html"
    filters, search_hint = RosterFilters, gettext_lazy("Person, job or section")
    default_sort = "shift__time_slot__starts_at"
    empty = EmptyState(gettext_lazy("Nobody has a shift yet"), gettext_lazy("Assign people on the board."))

    columns = (
        Column(
            "person.name",
            gettext_lazy("Person"),
            sort="person__name",
            link=lambda row: person_url(row.person, row.person.event),
            below=lambda row: row.person.phone,
        ),
        Column("shift.time_slot.date", gettext_lazy("Day"), kind="day", sort="shift__time_slot__starts_at"),
        Column("slot", gettext_lazy("Time"), value=lambda row: slot_times(row.shift)),
        Column("shift.section.name", gettext_lazy("Section"), sort="shift__section__name"),
        Column("shift", gettext_lazy("Job"), value=lambda row: _job(row), link=lambda row: address_of(row.shift)),
        Column("status", gettext_lazy("Status"), kind="pill", words=ASSIGNMENT_WORDS, sort="status"),
    )

    def get_columns(self):
        """A download has what one needs at the desk: starts and ends apart, and how to reach everybody."""
        if self.request.GET.get("format") not in export.FORMATS:
            return self.columns
        person, day, _slot, section, job, status = self.columns
        more = (
            Column("person.email", _("E-mail")),
            Column("person.phone", _("Phone")),
            Column("person.crowd_type.name", _("Crowd type")),
            Column("person.company.name", _("Company")),
            day,
            Column("slot.name", _("Time slot"), value=lambda row: row.shift.time_slot.name),
            Column("start", _("Starts"), value=lambda row: f"{row.shift.time_slot.start_time:%H:%M}"),
            Column("end", _("Ends"), value=lambda row: f"{row.shift.time_slot.end_time:%H:%M}"),
            section,
            job,
            Column("shift.location.name", _("Where to report")),
            Column("report", _("Be there at"), value=_report),
            Column("shift.is_lead_role", _("Leads the section"), kind="yesno"),
            status,
        )
        return (person, *more)

    def rows(self):
        held = Assignment.objects.filter(status__in=HELD, shift__deleted_at=None).exclude(
            shift__status=Shift.Status.CANCELLED
        )
        mine = held.filter(shift__section__in=board.own_sections(self.event))
        return mine.select_related(
            "person__event", "person__crowd_type", "person__company", "shift__section__event", "shift__time_slot",
            "shift__location",
        )  # fmt: skip

    def shown_actions(self) -> list[Action]:
        query = without(self.request.GET, "print", "page", "format", "sort")
        by_section, by_person = _("Print by section"), _("Print by person")
        report = nav.link("desk-event-reports", self.event.uid)
        return [
            *([Action(_("Report"), f"{report}?report=rosters", style="secondary")] if report else []),
            Action(by_section, f"?{query}{'&' if query else ''}print=section", style="secondary"),
            Action(by_person, f"?{query}{'&' if query else ''}print=person", style="secondary"),
        ]

    def get(self, request, *args, **kwargs):
        by = request.GET.get("print", "")
        if by in BY and "format" not in request.GET and not self.filterset.form.errors:
            return self.render_print(by)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **context) -> dict:
        wanted = self.filterset.form.cleaned_data.get("person") if self.filterset.form.is_valid() else None
        person = _persons(self.request).filter(uid=wanted).first() if wanted else None
        return super().get_context_data(person=person, **context)

    # --- On paper ---

    def render_print(self, by: str):
        self.template_name = f"command_center/crew/roster_by_{by}.html"
        wanted = self.filterset.form.cleaned_data
        sheets, is_cut = self._by_section(wanted) if by == "section" else self._by_person()
        now = timezone.now()
        return self.render(
            sheets=sheets, is_cut=is_cut, most=PRINTED, back=self.request.path, actions=[],
            printed_at=f"{moment(now, self.event)} {zone_at(self.event, now)}",
        )  # fmt: skip

    def _by_section(self, wanted: dict) -> tuple[list["Sheet"], bool]:
        """A sheet for each section: day by day its shifts, with the people in them and the places that are free."""
        held = self.filterset.qs.order_by("person__name", "pk")
        rows = Shift.objects.live().filter(section__in=board.own_sections(self.event))
        rows = rows.exclude(status=Shift.Status.CANCELLED)
        if wanted.get("section"):
            rows = rows.filter(section=wanted["section"])
        if wanted.get("day"):
            rows = rows.filter(time_slot__date=wanted["day"])
        if wanted.get("person") or wanted.get("q") or wanted.get("status"):
            rows = rows.filter(assignments__in=held.values("pk")).distinct()
        joined = rows.select_related("section__event", "time_slot", "location").prefetch_related(
            Prefetch("assignments", held, to_attr="here")
        )
        found = list(joined.order_by("section__event__starts_at", "section__event", "section__sort_order", "section",
                                     "time_slot__starts_at", "-is_lead_role", "pk")[: PRINTED + 1])  # fmt: skip
        sheets: dict[int, Sheet] = {}
        for shift in found[:PRINTED]:
            sheet = sheets.setdefault(shift.section_id, Sheet(shift.section))
            sheet.days[shift.time_slot.date].append(Line(shift, shift.here))
        return list(sheets.values()), len(found) > PRINTED

    def _by_person(self) -> tuple[list["Sheet"], bool]:
        """A sheet for each person: day by day their shifts, where to be and what to know."""
        found = list(
            self.filterset.qs.order_by("person__name", "person", "shift__time_slot__starts_at", "pk")[: PRINTED + 1]
        )
        sheets: dict[int, Sheet] = {}
        for one in found[:PRINTED]:
            sheet = sheets.setdefault(one.person_id, Sheet(one.person))
            sheet.days[one.shift.time_slot.date].append(Line(one.shift, [one]))
        return list(sheets.values()), len(found) > PRINTED


@dataclass
class Line:
    """A shift on paper, with those of the people in it whom the sheet is about."""

    shift: Shift
    people: list[Assignment]

    @property
    def rows(self) -> int:
        """How many lines it takes."""
        return len(self.people) + len(self.free)

    @property
    def free(self) -> range:
        """A line to write on for each place that is free, at most ten."""
        return range(min(10, max(0, self.shift.slots_total - len(self.people))))


@dataclass
class Sheet:
    """A section's or a person's roster."""

    of: Section | Person
    days: defaultdict[date, list[Line]] = field(default_factory=lambda: defaultdict(list))

    @property
    def in_order(self) -> list[tuple[date, list[Line]]]:
        return sorted(self.days.items())


def _job(row: Assignment) -> str:
    return row.shift.title or _("Shift")


def _report(row: Assignment) -> str | None:
    at = row.shift.report_time
    return at and f"{at:%H:%M}"
