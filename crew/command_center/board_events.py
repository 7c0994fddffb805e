"""The events whose crew one plans: how far each is, and what needs attention."""

import django_filters
from django.db.models import Case, Count, F, OuterRef, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce, Greatest, Least
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crew import board_clashes
from crew.command_center.base import managed_events
from crew.command_center.persons_cells import Fullness
from crew.models import Person, Shift, Swap
from eventify.lib.desk import export, nav, say
from eventify.lib.desk.columns import Column
from eventify.lib.desk.filters import Filters
from eventify.lib.desk.lists import EmptyState, ListPage
from eventify.lib.desk.pages import Action
from events.models import Event
from events.templatetags.say import moment, zone_at

S = Shift.Status
TIMES = (("coming", gettext_lazy("Coming")), ("over", gettext_lazy("Over")))
KINDS = (
    (Event.Kind.FESTIVAL, gettext_lazy("Festival")),
    (Event.Kind.SERIES, gettext_lazy("Series")),
    (Event.Kind.EVENT, gettext_lazy("Event")),
)
_WAITS = (Person.Status.PENDING, Person.Status.APPLIED)


class EventFilters(Filters):
    """By time, kind and state; searched by name, place and organisation."""

    search = ("name", "venue_name", "place", "partner__name", "parent__name")

    time = django_filters.ChoiceFilter(label=gettext_lazy("Time"), choices=TIMES, method="in_time")
    kind = django_filters.MultipleChoiceFilter(label=gettext_lazy("Kind"), choices=KINDS)
    state = django_filters.MultipleChoiceFilter(label=gettext_lazy("State"), choices=Event.State.choices)
    planned = django_filters.BooleanFilter(label=gettext_lazy("Has shifts"), method="with_shifts")

    def in_time(self, events, _name, value):
        return events.filter(is_past=value == "over")

    def with_shifts(self, events, _name, wanted):
        return events.filter(places__gt=0) if wanted else events.filter(places=0)


def _part_of(row: Event) -> str:
    """The festival that it is part of, else its organisation."""
    if row.parent:
        return _("Part of %(festival)s") % {"festival": row.parent.name}
    return row.partner.name


class Starts(Column):
    """When it starts, in the event's own zone, which is said: its crew is there, and its rosters say the same."""

    def _shown(self, row):
        if row.starts_at is None:
            return say.NOTHING
        words = moment(row.starts_at, row), zone_at(row, row.starts_at)
        return format_html(
            '<time datetime="{}">{} <span class="muted">{}</span></time>', row.starts_at.isoformat(), *words
        )


class Share(Column):
    """How many of the places are filled, with a bar; nothing where nothing is planned."""

    def raw(self, row) -> str | None:
        return Fullness(row.filled, row.places).sentence if row.places else None

    def _shown(self, row):
        return Fullness(row.filled, row.places).html if row.places else say.NOTHING


class Attention(Column):
    """What needs a planner, each as a sentence with the way to it; nothing when all is well."""

    def _shown(self, row):
        found = attention(row)
        if not found:
            return say.NOTHING if not row.places else format_html('<span class="muted">{}</span>', _("All is well"))
        rows = ((tone, url, text) for text, url, tone in found)
        return format_html(
            '<span class="pills">{}</span>', format_html_join("", '<a class="pill {}" href="{}">{}</a>', rows)
        )


def attention(row: Event) -> list[tuple[str, str, str]]:
    """(what, where it is put right, how bad it is)."""
    waiting = ngettext("%(n)s claim waits", "%(n)s claims wait", row.waiting)
    counts = (
        (ngettext("%(n)s clash", "%(n)s clashes", row.clashes), row.clashes, "desk-crew-clashes", "", "negative"),
        (_("%(n)s missing"), row.missing, "desk-crew-board", "?only=gaps", "caution"),
        (waiting, row.waiting, "desk-crew-claims", "", "caution"),
        (ngettext("%(n)s swap waits", "%(n)s swaps wait", row.swaps), row.swaps, "desk-crew-claims", "", "caution"),
        (ngettext("%(n)s person waits", "%(n)s persons wait", row.applied), row.applied, "desk-crew-persons",
         "?status=pending&status=applied", "caution"),
    )  # fmt: skip
    return [
        (sentence % {"n": say.plain_number(count)}, nav.link(page, row.uid) + query, tone)
        for sentence, count, page, query, tone in counts
        if count and nav.link(page, row.uid)
    ]


class Events(ListPage):
    """`desk-crew`: festivals, each with its sub-events below it; what is to come first."""

    permission, scoped = "manage_crew", True
    title = gettext_lazy("Crew")
    template_name = "command_center/crew/board_list.html"
    filters, search_hint = EventFilters, gettext_lazy("Event, place or organisation")
    empty = EmptyState(
        gettext_lazy("No events to plan"),
        gettext_lazy("The events of the organisations whose crew you plan stand here."),
    )
    columns = (
        Column(
            "name",
            gettext_lazy("Event"),
            sort="name",
            link=lambda row: reverse("desk-crew-board", args=[row.uid]),
            below=_part_of,
        ),
        Starts("starts_at", gettext_lazy("Starts"), kind="moment", sort="starts_at"),
        Column("state", gettext_lazy("State"), kind="pill", sort="state"),
        Column("persons_count", gettext_lazy("Persons"), kind="number", sort="persons_count"),
        Share("filled", gettext_lazy("Shifts filled"), kind="link", sort="filled"),
        Attention("attention", gettext_lazy("Needs attention"), kind="link", export=False),
    )

    def rows(self) -> QuerySet[Event]:
        return counted(managed_events(self.request.user))

    def get_columns(self):
        """A download has the counts in columns of their own."""
        if self.request.GET.get("format") not in export.FORMATS:
            return self.columns
        more = (
            ("places", _("Places")),
            ("missing", _("Missing")),
            ("waiting", _("Waiting")),
            ("applied", _("Applied")),
        )
        return (*self.columns, *(Column(key, label, kind="number") for key, label in more))

    def sorted_rows(self) -> QuerySet[Event]:
        """Without another wish: what is to come first, by festival; the festival above its sub-events."""
        if self.sort:
            return super().sorted_rows()
        family = Coalesce("parent__starts_at", "starts_at")
        rows = self.filterset.qs.annotate(family_at=family, family=Coalesce("parent", "pk"))
        is_part = Case(When(parent=None, then=0), default=1)
        return rows.order_by("is_past", F("family_at").asc(nulls_last=True), "family", is_part, "starts_at", "pk")

    def _table_rows(self, slice_):
        """The clashes are counted for the events that are shown alone."""
        events = list(slice_)
        clashes = board_clashes.counts(events)
        for event in events:
            event.clashes = clashes[event.pk]
        return super()._table_rows(slice_)

    def row_actions(self, row: Event) -> list[Action]:
        pages = (("desk-crew-persons", _("Persons")), ("desk-crew-shifts", _("Shifts")), ("desk-crew-plan", _("Rules")))
        return [Action(label, nav.link(page, row.uid)) for page, label in pages if nav.link(page, row.uid)]


def counted(events: QuerySet[Event]) -> QuerySet[Event]:
    """The events, each with its counts: persons_count and applied of its own, as its page of persons shows them;
    places, filled, missing, waiting and swaps with those of its sub-events, as its board and its claims show them.

    What is over or cancelled is missing nobody.
    """
    shifts = Shift.objects.live().exclude(status=S.CANCELLED)
    ahead = shifts.exclude(status=S.COMPLETED)
    persons = Person.objects.filter(event=OuterRef("pk"))
    agreed = Swap.objects.filter(status=Swap.Status.WAITING)
    missing = Greatest(F("slots_total") - F("filled_slots") - F("pending_slots"), 0)
    return events.annotate(
        is_past=Case(When(ends_at__lte=timezone.now(), then=True), default=False),
        persons_count=_sum(persons, "event", Count("pk")),
        applied=_sum(persons.filter(status__in=_WAITS), "event", Count("pk")),
        places=_sum_with_parts(shifts, "section__event", Sum("slots_total")),
        filled=_sum_with_parts(shifts, "section__event", Sum(Least("filled_slots", "slots_total"))),
        missing=_sum_with_parts(ahead, "section__event", Sum(missing)),
        swaps=_sum_with_parts(agreed, "offered__shift__section__event", Count("pk")),
        waiting=_sum_with_parts(ahead, "section__event", Sum("pending_slots")),
    )


def _sum_with_parts(rows: QuerySet, to: str, what):
    """Of the event that is at the end of the way, and of its sub-events; two subqueries, for each finds its index."""
    ways = (to, f"{to}__parent")
    own, parts = (_sum(rows.filter(**{way: OuterRef("pk")}), way, what) for way in ways)
    return own + parts


def _sum(rows: QuerySet, by: str, what) -> Coalesce:
    return Coalesce(Subquery(rows.order_by().values(by).annotate(n=what).values("n")), 0)
