"""What the event page asks: how many of which ticket, or how many places on the waitlist."""

from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import sales
from bookings.models import TicketType
from bookings.orders import KEY_MAX, Line
from events.models import Event
from events.templatetags.say import moment

MOST_SHOWN = 20  # in one list of quantities; a larger party books twice
PARTY_MAX = 10  # places that the waitlist's form offers


def new_key() -> str:
    """A key for one form: sending it twice makes one order."""
    return str(uuid4())


def field_name(ticket_type: TicketType) -> str:
    """The name of the quantity of this type, in the form and in the address that leads back to it."""
    return f"qty_{ticket_type.pk}"


class BookingForm(forms.Form):
    """A quantity for each kind of ticket, and the key that makes a double click one order."""

    key = forms.CharField(max_length=KEY_MAX, widget=forms.HiddenInput(attrs={"autocomplete": "off"}))

    def __init__(self, event: Event, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.event, self.types = event, sales.shown_types(event)
        self.is_open = sales.is_open(event)
        for ticket_type in self.types:
            self.fields[field_name(ticket_type)] = self._quantity(ticket_type)

    def _quantity(self, ticket_type: TicketType) -> forms.IntegerField:
        name = field_name(ticket_type)
        asked = str((self.data if self.is_bound else self.initial).get(name) or 0)
        most = max(_most(ticket_type, self.event), int(asked) if asked.isdecimal() and len(asked) < 4 else 0)
        choices = [(number, str(number)) for number in range(min(most, sales.QTY_MAX) + 1)]
        widget = forms.Select(choices=choices, attrs={"class": "quantity", "autocomplete": "off"})
        return forms.IntegerField(
            label=ticket_type.name, min_value=0, max_value=sales.QTY_MAX, required=False, widget=widget
        )

    def offers(self) -> list[dict]:
        """The rows of the form: type, its field (None when it cannot be bought now), and why not."""
        return [self._offer(ticket_type) for ticket_type in self.types]

    def _offer(self, ticket_type: TicketType) -> dict:
        why_not = why_not_now(ticket_type, self.event)
        field = self[field_name(ticket_type)]
        is_shown = self.is_open and (not why_not or bool(self.is_bound and field.value() not in (None, "", "0")))
        return {"type": ticket_type, "field": field if is_shown else None, "why_not": why_not}

    def has_choice(self) -> bool:
        """Whether anything can be bought now."""
        return any(offer["field"] for offer in self.offers())

    def clean(self):
        """At least one ticket."""
        cleaned = super().clean()
        if not self.errors and not self.lines():
            raise forms.ValidationError(_("Choose how many tickets you would like."))
        return cleaned

    def lines(self) -> list[Line]:
        """What is asked, as orders.place takes it."""
        asked = ((one.pk, self.cleaned_data.get(field_name(one))) for one in self.types)
        return [Line(pk, qty) for pk, qty in asked if qty]


def why_not_now(ticket_type: TicketType, event: Event) -> str:
    """Why this type cannot be bought now, in a few words; empty when it can."""
    now = timezone.now()
    if ticket_type.shown_status(event) == TicketType.Status.SOLD_OUT:
        return _("Sold out")
    if ticket_type.sales_end_at and now >= ticket_type.sales_end_at:
        return _("Sale ended")
    if ticket_type.sales_start_at and now < ticket_type.sales_start_at:
        return _("On sale from %(when)s") % {"when": moment(ticket_type.sales_start_at, event)}
    return ""


def _most(ticket_type: TicketType, event: Event) -> int:
    limits = (ticket_type.places_left(event), ticket_type.max_per_order, ticket_type.max_per_person, MOST_SHOWN)
    return min(limit for limit in limits if limit is not None)


class WaitlistForm(forms.Form):
    """How many places to wait for."""

    wait_key = forms.CharField(max_length=KEY_MAX, widget=forms.HiddenInput(attrs={"autocomplete": "off"}))
    places = forms.IntegerField(
        label=gettext_lazy("Places"),
        min_value=1,
        max_value=PARTY_MAX,
        initial=1,
        widget=forms.Select(choices=[(n, n) for n in range(1, PARTY_MAX + 1)], attrs={"class": "quantity"}),
    )
