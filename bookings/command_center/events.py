"""The events as staff and partners see them: the list, and sales, holds, waitlist and check-in of one on one page."""

from collections.abc import Iterator

import django_filters
from django.db.models import Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import AuditLog, User
from bookings import calling_off, queries, readiness, waitlist
from bookings.models import Booking, Order, Ticket
from eventify.lib import currencies
from eventify.lib.desk import nav, say, search
from eventify.lib.desk.columns import Column
from eventify.lib.desk.filters import DayFilter, Filters
from eventify.lib.desk.lists import EmptyState, ListPage
from eventify.lib.desk.pages import Action, Crumb, DetailPage
from events import family, states
from events.models import Category, Event

SHOWN = 8  # rows of each part of the page
SHOWN_PARTS = 100  # of a festival
# pages of analytics about one event: url name, label, permission
FIGURES = (
    ("desk-event-headcount", gettext_lazy("Headcount"), "view_events"),
    ("desk-event-pace", gettext_lazy("Sales pace"), "view_analytics"),
    ("desk-event-reports", gettext_lazy("Reports"), "view_events"),
)
TIMES = (("upcoming", gettext_lazy("Coming")), ("past", gettext_lazy("Over")))


def address_of(event: Event) -> str:
    """The event's page."""
    return reverse("desk-event", args=[event.uid])


def local(event: Event, moment) -> str:
    """`Fri 12 Jun 2026, 19:30` in the event's own zone."""
    return date_format(moment.astimezone(event.zone), "D j M Y, H:i") if moment else ""


class EventFilters(Filters):
    """By state, time, category and days; searched by name, place and partner."""

    search = ("name", "venue_name", "place", "partner__name")

    state = django_filters.MultipleChoiceFilter(label=gettext_lazy("State"), choices=Event.State.choices)
    time = django_filters.ChoiceFilter(label=gettext_lazy("Time"), choices=TIMES, method="in_time")
    category = django_filters.ModelChoiceFilter(label=gettext_lazy("Category"), queryset=Category.objects.all())
    first_day = DayFilter(label=gettext_lazy("From"), field_name="starts_on", lookup_expr="gte")
    last_day = DayFilter(label=gettext_lazy("To"), field_name="starts_on", lookup_expr="lte")

    def in_time(self, events, _name, value):
        now = timezone.now()
        return events.filter(ends_at__lte=now) if value == "past" else events.filter(ends_at__gt=now)


class Events(ListPage):
    """`desk-events`."""

    permission, scoped = "view_events", True
    title = gettext_lazy("Events")
    filters, search_hint = EventFilters, gettext_lazy("Name, place or partner")
    default_sort = "-starts_at"
    actions = (Action(gettext_lazy("New event"), "/command-center/events/new/", "manage_events", is_scoped=True),)
    empty = EmptyState(
        gettext_lazy("No events yet"), gettext_lazy("Events of the partners you work for stand here."), actions[0]
    )
    columns = (
        Column("name", gettext_lazy("Event"), sort="name", link=address_of, below=lambda row: row.where),
        Column("partner", gettext_lazy("Partner"), value=lambda row: row.partner.name, sort="partner__name"),
        Column("state", gettext_lazy("State"), kind="pill", sort="state"),
        Column("starts_at", gettext_lazy("Starts"), kind="moment", sort="starts_at"),
        Column("booked_count", gettext_lazy("Booked"), kind="number", sort="booked_count"),
        Column("capacity", gettext_lazy("Places"), kind="number", sort="capacity"),
        Column("waitlisted_count", gettext_lazy("Waiting"), kind="number", sort="waitlisted_count"),
        Column("is_bookable", gettext_lazy("Bookable"), kind="yesno"),
    )

    def rows(self):
        return queries.events_of(self.request.user, "view_events").select_related("partner")


class AboutEvent:
    """A page about `self.object`, an event of a partner on which the person may see events."""

    place = "desk-events"

    def visible(self):
        return queries.events_of(self.request.user, "view_events").select_related("partner", "category", "parent")

    def get_crumbs(self):
        return (Crumb(_("Events"), reverse("desk-events")), Crumb(self.object.name, address_of(self.object)))


class EventPage(AboutEvent, DetailPage):
    """`desk-event`."""

    permission, scoped = "view_events", True
    template_name = "command_center/bookings/event.html"

    def get_crumbs(self):
        return (Crumb(_("Events"), reverse("desk-events")),)

    def shown_actions(self) -> list[Action]:
        event, actions = self.object, []
        is_live = Event.State.CANCELLED in states.TRANSITIONS[Event.State(event.state)]
        is_bare = event.state == Event.State.DRAFT and not (event.booked_count or event.waitlisted_count)
        if self.may("check_in", event) and not is_bare:
            actions.append(Action(_("Door"), self._at("desk-event-door"), style="secondary"))
        for page, label, permission in FIGURES:
            if nav.link(page, event.uid) and self.may(permission, event):
                actions.append(Action(label, nav.link(page, event.uid), style="secondary"))
        if self.may("manage_events", event):
            actions.append(Action(_("Edit"), self._at("desk-event-edit"), style="secondary"))
            actions.append(Action(_("Pictures"), self._at("desk-event-pictures"), style="secondary"))
            actions.append(Action(_("Promo codes"), self._at("desk-event-promos"), style="secondary"))
            actions.append(Action(_("Hall"), self._at("desk-event-hall"), style="secondary"))
            actions.append(Action(_("Waiting room"), self._at("desk-event-room"), style="secondary"))
        if self.may("manage_events", event) and event.seating != Event.Seating.NONE:
            actions.append(Action(_("Seat plan"), self._at("desk-event-seats"), style="secondary"))
        if self.may("manage_events", event) and is_live:
            actions.append(Action(_("Change the capacity"), self._at("desk-event-capacity"), style="secondary"))
        if self.may("refund_orders", event) and event.state != Event.State.CANCELLED and not is_bare:
            actions.append(Action(_("Refund everybody"), self._at("desk-event-refund"), style="secondary"))
        if self.may("manage_events", event) and is_live and not is_bare:
            actions.append(Action(_("Cancel the event"), self._at("desk-event-cancel"), style="danger"))
        return actions

    def _at(self, page: str) -> str:
        return reverse(page, args=[self.object.uid])

    def get_context_data(self, **context) -> dict:
        event = self.object
        self.types = list(event.ticket_types.all())
        return super().get_context_data(
            title_pills=[event.state],
            lead=local(event, event.starts_at) and f"{local(event, event.starts_at)} {event.timezone}",
            metrics=self.metrics(),
            types=self.type_rows(),
            facts=[(what, value) for what, value in self.facts() if value is not None],
            holds=self.holds(),
            waiting=list(waitlist.queue(event).select_related("user", "ticket_type")[:SHOWN]),
            recent=self.recent_orders(),
            admissions=self.admissions(),
            unfinished=self.unfinished(),
            lines=self.lines(),
            history_url=f"{nav.link('desk-audit')}?target={event.uid}",
            orders_url=f"{reverse('desk-orders')}?event={event.uid}",
            may_manage=self.may("manage_events", event),
            **self.publishing(),
            children=self.children(),
            is_on_sale=event.state in states.ON_SALE,
            **context,
        )

    def publishing(self) -> dict:
        """What a draft still lacks, for who may publish it."""
        if self.object.state != Event.State.DRAFT or not self.may("manage_events", self.object):
            return {}
        missing, advice = readiness.missing(self.object), readiness.advice(self.object, self.types)
        return {"is_publishable": not missing, "missing": missing, "advice": advice, "steps": self.steps(missing)}

    def steps(self, missing: list[str]) -> list[dict]:
        """The way from a name to the sale: details, tickets, picture, publishing."""
        event = self.object
        has_dates = bool(event.starts_at and event.ends_at)
        steps = [
            (_("When and where"), has_dates and bool(event.where), self._at("desk-event-edit")),
            (_("Tickets"), bool(self.types), self._at("desk-event-type-new")),
            (_("Picture"), event.images.exists(), self._at("desk-event-pictures")),
        ]
        return [{"label": label, "is_done": is_done, "url": url} for label, is_done, url in steps]

    def children(self) -> list[Event]:
        """The parts of a festival or series, as they follow each other."""
        if self.object.kind not in family.PARENTS:
            return []
        return list(self.object.children.order_by("starts_at", "pk")[:SHOWN_PARTS])

    def metrics(self) -> list[dict]:
        event = self.object
        places = event.bookings.aggregate(
            sold=Sum("qty", filter=Q(status=Booking.Status.CONFIRMED), default=0),
            held=Sum("qty", filter=Q(status=Booking.Status.PENDING), default=0),
        )
        self.admitted = queries.admission(event)
        inside, tickets = (sum(pair[part] for pair in self.admitted.values()) for part in (0, 1))
        shown = [
            _metric(_("Sold"), places["sold"], _("of %(places)s places") % {"places": _plain(event.capacity)}),
            _metric(_("Held"), places["held"], _("not paid yet")),
            _metric(_("Waiting"), event.waitlisted_count, _("places on the waitlist")),
            _metric(_("Inside"), inside, _("of %(tickets)s tickets") % {"tickets": _plain(tickets)}),
        ]
        return [*shown, *self.money()]

    def money(self) -> list[dict]:
        """Revenue, for who may see the money of the partner."""
        if not self.may("view_financials", self.object):
            return []
        money = queries.money_of(self.object)
        fees = _("%(fees)s of it are fees") % {"fees": _amounts(money["fees"], self.object.currency)}
        revenue = _amounts(money["revenue"], self.object.currency)
        return [{"label": _("Revenue"), "value": revenue, "change": fees}]

    def type_rows(self) -> list[dict]:
        return [
            {"row": one, "inside": self.admitted.get(one.pk, (0, 0)), "shown": one.shown_status(self.object)}
            for one in self.types
        ]

    def facts(self) -> list[tuple]:
        event = self.object
        return [
            (_("Partner"), self.partner()),
            (_("Where"), event.where or None),
            (_("Starts"), local(event, event.starts_at) or None),
            (_("Ends"), local(event, event.ends_at) or None),
            (_("Time zone"), event.timezone),
            (_("Category"), event.category and event.category.name),
            (_("Seats"), event.get_seating_display()),
            (_("Booking"), _("Open") if event.is_bookable else _("Withdrawn")),
            (_("Part of"), event.parent and event.parent.name),
            (_("Why it was cancelled"), event.cancelled_reason or None),
        ]

    def partner(self) -> str:
        partner = self.object.partner
        url = nav.link("desk-partner", partner.uid) if self.may("view_partners", partner) else ""
        return format_html('<a href="{}">{}</a>', url, partner.name) if url else partner.name

    def holds(self) -> list[Booking]:
        """Places that wait for their payment, the first to run out on top."""
        held = self.object.bookings.filter(status=Booking.Status.PENDING).select_related("order", "user", "ticket_type")
        return list(held.order_by("order__expires_at", "pk")[:SHOWN])

    def recent_orders(self) -> list[Order]:
        mine = queries.orders_of(self.request.user, "view_events", "view_financials").filter(
            pk__in=self.object.bookings.values("order")
        )
        return list(queries.with_failed_refunds(mine).select_related("user").order_by("-pk")[:SHOWN])

    def admissions(self) -> list[Ticket]:
        used = self.object.tickets.filter(queries.INSIDE)
        return list(used.select_related("user", "ticket_type").order_by("-used_at")[:SHOWN])

    def unfinished(self) -> int:
        """How many people of an event that is called off are still to be told and refunded."""
        return sum(what.bookings().values("user").distinct().count() for what in calling_off.under_way(self.object.pk))

    def lines(self) -> list[AuditLog]:
        if not self.may("view_audit"):
            return []
        return list(AuditLog.objects.filter(target_uid=self.object.uid).select_related("actor")[:SHOWN])


def _metric(label: str, value: int, change: str) -> dict:
    return {"label": label, "value": _plain(value), "change": change}


def _plain(value: int) -> str:
    return say.plain_number(value)


def _amounts(amounts: dict, currency: str) -> str:
    return ", ".join(currencies.exact(amount, name) for name, amount in (amounts or {currency: 0}).items())


@search.register("events", gettext_lazy("Events"), "view_events", scoped=True)
def find_events(user: User, text: str) -> Iterator[search.Hit]:
    """Events by name or place, the next first."""
    wanted = Q(name__icontains=text) | Q(venue_name__icontains=text)
    found = queries.events_of(user, "view_events").filter(wanted).select_related("partner")
    for event in found.order_by("-starts_at")[: search.PER_KIND]:
        yield search.Hit(event.name, f"{event.partner.name}, {local(event, event.starts_at)}", address_of(event))
