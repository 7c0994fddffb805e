"""The scans of an event: found by verdict, gate, device or ticket, and taken back with a reason."""

import django_filters
from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import explaining
from bookings import queries
from bookings.command_center.door import AboutDoor
from bookings.command_center.door_words import VERDICTS
from bookings.door import paper, scanning
from bookings.models import Device, Scan, Ticket
from eventify.lib.dates import date_format
from eventify.lib.desk.columns import Column
from eventify.lib.desk.filters import Filters
from eventify.lib.desk.lists import EmptyState, ListPage
from eventify.lib.desk.pages import Action, ObjectFormPage, ObjectMixin
from events.models import Event


def _devices(request):
    return Device.objects.filter(event__uid=request.resolver_match.kwargs["uid"]).order_by("name", "pk")


class ScanFilters(Filters):
    """By verdict, gate and device; searched by the ticket's code and the name of who comes."""

    search = ("ticket__ticket_code", "ticket__attendee_name", "ticket__user__full_name")

    verdict = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Verdict"), choices=[(value, word.label) for value, word in VERDICTS.items()]
    )
    gate = django_filters.ChoiceFilter(label=gettext_lazy("Gate"), choices=())
    device = django_filters.ModelChoiceFilter(label=gettext_lazy("Device"), queryset=_devices, to_field_name="uid")
    undone = django_filters.BooleanFilter(
        label=gettext_lazy("Taken back"), field_name="undone_at", lookup_expr="isnull", exclude=True
    )
    was_let_in = django_filters.BooleanFilter(label=gettext_lazy("Let in though the code was not good"))

    def __init__(self, data, queryset, **kwargs):
        super().__init__(data, queryset, **kwargs)
        names = queryset.exclude(gate="").order_by("gate").values_list("gate", flat=True).distinct()
        self.form.fields["gate"].choices = [("", ""), *((name, name) for name in names)]


def short_code(row: Scan) -> str | None:
    """The end of the ticket's code; None when no ticket has the code."""
    return paper.short(row.ticket.ticket_code) if row.ticket_id else None


def at(event: Event, row: Scan) -> str:
    """When it was scanned, in the event's own zone, as the clock at the door said."""
    return date_format(row.scanned_at.astimezone(event.zone), "j M, H:i:s")


def who(row: Scan) -> str:
    """The device, else the member of staff."""
    if row.device_id:
        return row.device.name
    return str(row.by) if row.by_id else _("Command line")


def afterwards(row: Scan) -> str:
    """What became of the scan, in a line below its verdict."""
    if row.undone_at:
        return _("Taken back: %(reason)s") % {"reason": row.undo_reason}
    if row.was_let_in:
        return _("Let in without network")
    return _("Without network") if row.is_offline else ""


class Scans(AboutDoor, ObjectMixin, ListPage):
    """`desk-event-door-scans`."""

    template_name = "command_center/bookings/door_scans.html"
    title = gettext_lazy("Scans")
    filters, search_hint = ScanFilters, gettext_lazy("Ticket code or name")
    default_sort = "-scanned_at"
    empty = EmptyState(
        gettext_lazy("Nothing was scanned yet"), gettext_lazy("Each scan stands here, refused ones too.")
    )

    @property
    def lead(self):
        return _("Times are in the event's own zone (%(zone)s).") % {"zone": self.object.timezone}

    def get_columns(self):
        may_open = self.may("view_events", self.object)
        return (
            Column("scanned_at", _("When"), value=lambda row: at(self.object, row), sort="scanned_at"),
            Column("verdict", _("Verdict"), kind="pill", words=VERDICTS, sort="verdict", below=afterwards),
            Column(
                "ticket",
                _("Ticket"),
                value=short_code,
                link=lambda row: _order(row) if may_open else None,
                below=lambda row: row.ticket.ticket_type.shown_name if row.ticket_id else "",
            ),
            Column("gate", _("Gate"), sort="gate"),
            Column("device", _("By"), value=who),
        )

    def rows(self):
        return self.object.scans.select_related("ticket__ticket_type", "ticket__order", "device", "by")

    def row_actions(self, row) -> list[Action]:
        if row.verdict != Scan.Verdict.ADMITTED and row.ticket_id:
            return [Action(_("Why not?"), explaining.link("check_in", row.ticket.uid, event=row.event.uid))]
        if row.undone_at or row.verdict != Scan.Verdict.ADMITTED:
            return []
        return [Action(_("Take it back"), reverse("desk-scan-undo", args=[row.uid]))]


def _order(row: Scan) -> str | None:
    """The order of the ticket, when it is one of this event."""
    is_here = row.ticket_id and row.ticket.event_id == row.event_id
    return reverse("desk-order", args=[row.ticket.order.uid]) if is_here else None


class WhyForm(forms.Form):
    """The reason stays with the scan."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        error_messages={"required": gettext_lazy("Say why: the reason stays with the scan.")},
    )


class UndoScan(AboutDoor, ObjectFormPage):
    """`desk-scan-undo`."""

    template_name = "command_center/bookings/door_undo.html"
    title, submit, form_class = gettext_lazy("Take a scan back"), gettext_lazy("Take it back"), WhyForm

    def visible(self):
        mine = queries.events_of(self.request.user, "check_in").values("pk")
        scans = Scan.objects.filter(event__in=mine, verdict=Scan.Verdict.ADMITTED)
        return scans.select_related("event__partner", "ticket__ticket_type", "device", "by")

    def allowed(self) -> bool:
        if not super().allowed():
            return False
        self.scan, self.object = self.object, self.object.event
        return True

    def act(self, form):
        taken = scanning.undo_as_staff(self.scan, by=self.request.user, reason=form.cleaned_data["reason"])
        sentence = _("The scan is taken back. The ticket still lets nobody in.")  # cancelled, or used by another scan
        if taken.ticket.status == Ticket.Status.VALID:
            sentence = _("The scan is taken back. The ticket may be used again.")
        return self.done(sentence, self.get_cancel_url())

    def get_cancel_url(self) -> str:
        return self.at("desk-event-door-scans")

    def get_context_data(self, **context) -> dict:
        facts = [
            (_("When"), at(self.object, self.scan)),
            (_("Ticket"), short_code(self.scan)),
            (_("Type"), self.scan.ticket.ticket_type.shown_name),
            (_("Gate"), self.scan.gate or None),
            (_("By"), who(self.scan)),
        ]
        return super().get_context_data(scan=self.scan, facts=facts, **context)
