"""The inbox of conflicts: tickets on which more than one was let in, until somebody has looked into each."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

import django_filters
from django import forms
from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings import queries
from bookings.command_center.door_scans import afterwards, at, who
from bookings.command_center.door_words import VERDICTS
from bookings.door import conflicts, paper
from bookings.models import DoubleAdmission, Scan
from eventify.lib.dates import date_format
from eventify.lib.desk import nav
from eventify.lib.desk.columns import Column
from eventify.lib.desk.filters import Filters
from eventify.lib.desk.lists import EmptyState, ListPage
from eventify.lib.desk.pages import Crumb, ObjectFormPage
from eventify.lib.desk.words import CAUTION, POSITIVE, Word

STATES = (("open", gettext_lazy("To look into")), ("settled", gettext_lazy("Settled")))
_WORDS = {"open": Word(STATES[0][1], CAUTION), "settled": Word(STATES[1][1], POSITIVE)}


def _events(request):
    """Those with conflicts; also the one that is asked for, to which its door leads while it has none."""
    mine, shown = queries.events_of(request.user, "check_in"), Q(double_admissions__isnull=False)
    with suppress(ValueError):
        shown |= Q(uid=UUID(request.GET.get("event", "")))
    return mine.filter(shown).distinct().order_by("-starts_at", "pk")


class ConflictFilters(Filters):
    """By event and state; searched by the ticket's code and the name of who comes."""

    search = ("ticket__ticket_code", "ticket__attendee_name", "ticket__user__full_name", "event__name")

    event = django_filters.ModelChoiceFilter(label=gettext_lazy("Event"), queryset=_events, to_field_name="uid")
    state = django_filters.ChoiceFilter(label=gettext_lazy("State"), choices=STATES, method="in_state")

    def in_state(self, rows, _name, value):
        return rows.filter(settled_at__isnull=value == "open")


def listed(user):
    """The conflicts that the user may settle, each with the scans that let somebody in (`ticket.let_in`)."""
    scans = Scan.objects.filter(verdict=Scan.Verdict.ADMITTED).select_related("device", "by").order_by("scanned_at")
    rows = conflicts.seen_by(user).select_related("ticket__ticket_type", "event__partner", "settled_by")
    return rows.prefetch_related(Prefetch("ticket__scans", queryset=scans, to_attr="let_in"))


def _where(row: DoubleAdmission) -> str:
    """`North 20:01 (Phone 1), South 20:03 (Phone 2)`: the minutes in the event's zone."""
    zone = row.event.zone
    shown = (
        _("%(gate)s %(time)s (%(who)s)")
        % {"gate": one.gate or "–", "time": date_format(one.scanned_at.astimezone(zone), "H:i"), "who": who(one)}
        for one in row.ticket.let_in
        if one.undone_at is None
    )
    return ", ".join(shown)


def _found(row: DoubleAdmission) -> str:
    return _on_its_clock(row, row.created_at)


def _on_its_clock(row: DoubleAdmission, moment: datetime) -> str:
    return date_format(moment.astimezone(row.event.zone), "j M, H:i")


def _state(row: DoubleAdmission) -> str:
    return "settled" if row.settled_at else "open"


class Conflicts(ListPage):
    """`desk-door-conflicts`: of all events where the person may check in."""

    permission, scoped, title = "check_in", True, gettext_lazy("Door conflicts")
    lead = gettext_lazy(
        "Tickets on which more than one person was let in, at gates that could not reach each other. Times are in each"
        " event's own zone."
    )
    filters, search_hint = ConflictFilters, gettext_lazy("Ticket code, name or event")
    default_sort = "-created_at"
    empty = EmptyState(gettext_lazy("No conflicts"), gettext_lazy("Each ticket let one person in."))
    columns = (
        Column(
            "ticket",
            gettext_lazy("Ticket"),
            value=lambda row: paper.short(row.ticket.ticket_code),
            link=lambda row: reverse("desk-door-conflict", args=[row.uid]),
            below=lambda row: row.ticket.ticket_type.shown_name,
        ),
        Column("event", gettext_lazy("Event"), value=lambda row: row.event.name, sort="event__name"),
        Column("where", gettext_lazy("Let in at"), value=_where),
        Column("state", gettext_lazy("State"), kind="pill", value=_state, words=_WORDS),
        Column("created_at", gettext_lazy("Found"), value=_found, sort="created_at"),
    )

    def rows(self):
        return listed(self.request.user)


class NoteForm(forms.Form):
    """What was found out."""

    note = forms.CharField(
        label=gettext_lazy("What you found"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("For example: a screenshot that was passed on. It stays with the conflict."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ConflictPage(ObjectFormPage):
    """`desk-door-conflict`: every scan of the ticket, and the button that settles it."""

    permission, scoped, place = "check_in", True, "desk-door-conflicts"
    template_name = "command_center/bookings/door_conflict.html"
    form_class, submit = NoteForm, gettext_lazy("Settle it")

    def visible(self):
        return listed(self.request.user)

    def get_title(self):
        return _("Ticket %(code)s") % {"code": paper.short(self.object.ticket.ticket_code)}

    def get_crumbs(self):
        return (Crumb(_("Door conflicts"), reverse("desk-door-conflicts")),)

    def act(self, form):
        conflicts.settle(self.object, by=self.request.user, note=form.cleaned_data["note"])
        return self.done(_("The conflict is settled."), reverse("desk-door-conflicts"))

    def get_context_data(self, **context) -> dict:
        one = self.object
        scans = one.ticket.scans.select_related("device", "by").order_by("scanned_at", "pk")
        many = sum(scan.undone_at is None for scan in one.ticket.let_in)
        let_in = ngettext("%(count)s person was let in.", "%(count)s people were let in.", many) % {"count": many}
        return super().get_context_data(
            event=one.event,
            let_in=let_in,
            settled_at=_on_its_clock(one, one.settled_at) if one.settled_at else "",
            lead=_("Times are in the event's own zone (%(zone)s).") % {"zone": one.event.timezone},
            scans=[
                (at(one.event, scan), scan.gate, VERDICTS[scan.verdict], who(scan), afterwards(scan)) for scan in scans
            ],
            order_url=nav.link("desk-order", one.ticket.order.uid) if self.may("view_events", one.event) else "",
            **context,
        )
