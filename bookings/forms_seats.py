"""What the seat map asks: which seats, and of which kinds the tickets for them are."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import seats
from bookings.forms import MOST_SHOWN, BookingForm, field_name
from bookings.models import TicketType
from bookings.orders import Line
from bookings.seating import Place
from events.models import Event


class PartyForm(forms.Form):
    """For how many people the best seats are looked for."""

    best = forms.IntegerField(
        label=gettext_lazy("Best seats together for"),
        min_value=1,
        max_value=MOST_SHOWN,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "party"}),
    )


class SeatForm(BookingForm):
    """The event page's form with seats: as many tickets as seats. Of one kind only there need be no number."""

    def __init__(self, event: Event, hall: list[Place], *args, wanted: Iterable[str] = (), **kwargs):
        super().__init__(event, *args, **kwargs)
        self.hall = hall
        self.known = {place.label: place for place in hall}
        named = self._named() if self.is_bound else wanted
        self.chosen = seats.with_companions(hall, list(dict.fromkeys(named)))
        self.shown = [offer for offer in self.offers() if offer["field"]]

    def _named(self) -> list[str]:
        instead = self.data.get("instead")  # the button that takes what was proposed
        return instead.split() if instead else self.data.getlist("seats")

    @property
    def only(self) -> TicketType | None:
        """The one kind of ticket that can be bought; None when there is a choice."""
        return self.shown[0]["type"] if len(self.shown) == 1 else None

    def clean(self):
        """Known seats, and one ticket for each."""
        if self.only:
            self.cleaned_data[field_name(self.only)] = len(self.chosen)
        sentence = self._why_not()
        if sentence:
            raise forms.ValidationError(sentence)
        return super().clean()

    def _why_not(self) -> str:
        unknown = [label for label in self.chosen if label not in self.known]
        if unknown:
            return _("There is no seat %(labels)s.") % {"labels": unknown[0][:20]}
        if not self.chosen:
            return _("Choose your seats first.")
        tickets = sum(line.qty for line in super().lines())
        if not tickets:
            return _("Choose how many tickets you would like.")
        if tickets != len(self.chosen):
            words = {"seats": len(self.chosen), "tickets": tickets}
            return _("You chose %(seats)s seats and %(tickets)s tickets. Make it one ticket for each seat.") % words
        return ""

    def lines(self) -> list[Line]:
        """What is asked, as orders.place takes it: the seats in the order of the hall, kind by kind."""
        named = sorted(self.chosen, key=lambda label: self.known[label].position)
        rest = iter(named)
        return [replace(line, seats=tuple(islice(rest, line.qty))) for line in super().lines()]
