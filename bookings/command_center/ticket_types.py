"""The ticket types of an event: made, changed, put in order and removed."""

from decimal import Decimal

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import areas, queries, sales, ticket_types
from bookings.command_center.event_edit import Manages
from bookings.command_center.events import address_of
from bookings.command_center.fields import LocalMoment, changed
from bookings.inventory import CAPACITY_MAX
from bookings.models import TicketType
from eventify.lib.desk.pages import Crumb, ObjectActionPage, ObjectFormPage
from eventify.lib.desk.resent import MadeOnce, Unmoved
from events.models import Event

LIMIT_MAX = 1_000_000  # tickets per order or person
STATES = (
    (TicketType.Status.ACTIVE, gettext_lazy("On sale")),
    (TicketType.Status.HIDDEN, gettext_lazy("Hidden: only with a promo code that opens it")),
    (TicketType.Status.SOLD_OUT, gettext_lazy("Sold out: shown, but the sale is stopped")),
)


def _limit(label, hint, most: int = LIMIT_MAX, least: int = 1) -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=hint, min_value=least, max_value=most, required=False)


def _price(label, hint="", **options) -> forms.DecimalField:
    most = ticket_types.PRICE_MAX
    return forms.DecimalField(
        label=label, help_text=hint, min_value=0, max_value=most, max_digits=12, decimal_places=2, **options
    )


class TypeForm(forms.Form):
    """What is sold, for how much, how many of it, and when."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("For example Regular, or Early bird.")
    )
    price = _price(gettext_lazy("Price"))
    quantity_total = _limit(
        gettext_lazy("How many there are"), gettext_lazy("Empty: as many as the event has places."), CAPACITY_MAX, 0
    )
    description = forms.CharField(
        label=gettext_lazy("What is included"), max_length=2000, required=False, widget=forms.Textarea({"rows": 2})
    )
    area = forms.ChoiceField(label=gettext_lazy("Area"), required=False)
    status = forms.ChoiceField(label=gettext_lazy("Sale"), choices=STATES)
    sales_start_at = LocalMoment(label=gettext_lazy("On sale from"))
    sales_end_at = LocalMoment(label=gettext_lazy("On sale until"))
    min_per_order = _limit(
        gettext_lazy("Least per order"),
        gettext_lazy("2 for pairs. What is left below it counts as sold out."),
        sales.LEAST_MAX,
    )
    max_per_order = _limit(gettext_lazy("Most per order"), gettext_lazy("Empty: no limit."))
    max_per_person = _limit(gettext_lazy("Most per person"), gettext_lazy("Empty: no limit."))
    original_price = _price(
        gettext_lazy("Price before"), gettext_lazy("It is shown crossed out beside the price."), required=False
    )
    tax_rate = forms.DecimalField(
        label=gettext_lazy("Tax rate in percent"),
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        required=False,
        help_text=gettext_lazy("The price holds the tax already. Tickets that are sold keep their rate."),
    )

    def __init__(self, event: Event, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("sales_start_at", "sales_end_at"):
            self.fields[name].zone = event.zone
        self.fields["price"].help_text = _("In %(currency)s; 0 is free.") % {"currency": event.currency}
        names, own = areas.names(event), self.initial.get("area", "")
        if not names and not own:
            del self.fields["area"]
            return
        known = [*names, *([own] if own and own not in names else [])]
        self.fields["area"].choices = [("", _("All seats")), *((one, one) for one in known)]

    def values(self) -> dict:
        """What bookings/ticket_types.py takes."""
        usual = {"tax_rate": Decimal(0), "min_per_order": 1}
        return {**self.cleaned_data, **{name: self.cleaned_data[name] or usual[name] for name in usual}}


_NEW = {"status": TicketType.Status.ACTIVE, "min_per_order": 1}
# a refusal's word, or the rule, -> the form's field
_WORDS = {
    "sales_start": "sales_start_at",
    "sales_end": "sales_end_at",
    "capacity_below_booked": "quantity_total",
    "area_in_use": "area",
}


class NewType(MadeOnce, Manages, ObjectFormPage):
    """`desk-event-type-new`."""

    title, submit, fields = gettext_lazy("New ticket type"), gettext_lazy("Add the ticket type"), _WORDS
    template_name = "command_center/events/form.html"

    @property
    def lead(self):
        return _("Times are in the event's own zone (%(zone)s).") % {"zone": self.object.timezone}

    def get_form(self, data=None, files=None):
        return TypeForm(self.object, data, initial={**_NEW, "tax_rate": self._tax_rate()})

    def _tax_rate(self) -> Decimal:
        last = self.object.ticket_types.last()
        return last.tax_rate if last else Decimal(0)

    def act(self, form):
        last = self.object.ticket_types.last()
        values = {**form.values(), "position": last.position + 1 if last else 0, "uid": self.uid}
        made = ticket_types.create(self.object, by=self.request.user, **values)
        return self.done(_("%(type)s is added.") % {"type": made.name}, address_of(self.object))


class AboutType:
    """A page about `self.object`, a ticket type of an event that the person manages."""

    place, permission, scoped = "desk-events", "manage_events", True

    def visible(self):
        mine = queries.events_of(self.request.user, "view_events").values("pk")
        return TicketType.objects.filter(event__in=mine).select_related("event__partner")

    def get_crumbs(self):
        event = self.object.event
        return (Crumb(_("Events"), reverse("desk-events")), Crumb(event.name, address_of(event)))

    def back_url(self) -> str:
        return address_of(self.object.event)


class EditType(Unmoved, AboutType, ObjectFormPage):
    """`desk-ticket-type`."""

    submit, fields = gettext_lazy("Save"), _WORDS
    template_name = "command_center/events/type.html"

    @property
    def lead(self):
        zone = _("Times are in the event's own zone (%(zone)s).") % {"zone": self.object.event.timezone}
        return f"{zone} {_('What is sold keeps its price.')}"

    def get_form(self, data=None, files=None):
        return TypeForm(self.object.event, data, initial=self.get_initial())

    def get_initial(self) -> dict:
        return {name: getattr(self.object, name) for name in TypeForm.base_fields}

    def act(self, form):
        self.check_unmoved()
        changes = changed(self.object, form.values())
        kind = ticket_types.change(self.object, by=self.request.user, **changes) if changes else self.object
        return self.done(_("%(type)s is saved.") % {"type": kind.name}, self.back_url())


class DeleteType(AboutType, ObjectActionPage):
    """`desk-ticket-type-delete`: what nobody ever booked."""

    asks = "delete_ticket_type"

    def act(self):
        name = self.object.name
        ticket_types.delete(self.object, by=self.request.user)
        return _("%(type)s is removed.") % {"type": name}


class MoveType(AboutType, ObjectActionPage):
    """`desk-ticket-type-up` and `desk-ticket-type-down`."""

    steps, asks = 1, "move_ticket_type"

    @property
    def says(self) -> str:
        return f"steps={self.steps}"

    def act(self):
        ticket_types.move(self.object, self.steps, by=self.request.user)
        return _("%(type)s has moved.") % {"type": self.object.name}
