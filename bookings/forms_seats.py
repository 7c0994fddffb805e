"""What the seat map asks: which seats, and of which kinds the tickets for them are."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

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
    """For how many people the best seats are looked for, and in which part of the hall."""

    best = forms.IntegerField(
        label=gettext_lazy("Best seats together for"),
        min_value=1,
        max_value=MOST_SHOWN,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "party"}),
    )
    area = forms.ChoiceField(label=gettext_lazy("Where"), required=False)

    def __init__(self, areas: Iterable[tuple[str, str]], *args, **kwargs):
        """`areas` are (name, what is said of it)."""
        super().__init__(*args, **kwargs)
        named = [(name, said) for name, said in areas if name]
        self.fields["area"].choices = [("", _("Anywhere")), *named]
        if not named:
            del self.fields["area"]


class SeatForm(BookingForm):
    """The event page's form with seats: as many tickets as seats.

    Where an area has one kind of ticket, choosing a seat chooses the ticket; else there is a number for each kind.
    """

    def __init__(self, event: Event, hall: list[Place], *args, wanted: Iterable[str] = (), **kwargs):
        super().__init__(event, *args, **kwargs)
        self.hall = hall
        self.known = {place.label: place for place in hall}
        named = self._named() if self.is_bound else wanted
        self.chosen = seats.with_companions(hall, list(dict.fromkeys(named)))
        self.shown = [offer for offer in self.offers if offer["field"]]
        self.areas = {area: self._for(area) for area in dict.fromkeys(place.area for place in hall)}
        self.asked = [offer for offer in self.shown if not self._is_sole(offer)]

    def _named(self) -> list[str]:
        instead = self.data.get("instead")  # the button that takes what was proposed
        return instead.split() if instead else self.data.getlist("seats")

    def _for(self, area: str) -> list[dict]:
        """The kinds of ticket that are good for seats of this area."""
        return [offer for offer in self.shown if offer["type"].area in ("", area)]

    def _is_sole(self, offer: dict) -> bool:
        """Whether its number follows from the seats: nothing else can be bought for them."""
        return all(found == [offer] for found in self.areas.values() if offer in found)

    @property
    def only(self) -> TicketType | None:
        """The one kind of ticket that can be bought; None when there is a choice."""
        return self.shown[0]["type"] if len(self.shown) == 1 else None

    def price_of(self, area: str) -> tuple[Decimal, Decimal] | None:
        """The least and the most that a seat of this area costs now; None when it is not sold."""
        prices = [offer["price"] for offer in self.areas.get(area, ())]
        return (min(prices), max(prices)) if prices else None

    def total(self) -> Decimal | None:
        """What the chosen seats cost; None when that is still to be said with numbers."""
        if self.asked or not self.chosen or any(label not in self.known for label in self.chosen):
            return None
        prices = [self.price_of(self.known[label].area) for label in self.chosen]
        return sum((price[0] for price in prices if price), Decimal(0))

    def clean(self):
        """Known seats, and one ticket for each."""
        for offer in self.shown:
            if offer not in self.asked:
                self.cleaned_data[field_name(offer["type"])] = len(self._chosen_for(offer["type"]))
        sentence = self._why_not()
        if sentence:
            raise forms.ValidationError(sentence)
        return super().clean()

    def _chosen_for(self, ticket_type: TicketType) -> list[str]:
        """The chosen seats that this kind of ticket is good for, in the order of the hall."""
        known = [self.known[label] for label in self.chosen if label in self.known]
        good = [one for one in known if ticket_type.area in ("", one.area) and self.areas[one.area]]
        return [one.label for one in sorted(good, key=lambda one: one.position)]

    def _why_not(self) -> str:
        unknown = [label for label in self.chosen if label not in self.known]
        if unknown:
            return _("There is no seat %(labels)s.") % {"labels": unknown[0][:20]}
        if not self.chosen:
            return _("Choose your seats first.")
        unsold = [label for label in self.chosen if not self.areas[self.known[label].area]]
        if unsold:
            return _("No tickets are on sale for %(labels)s. Choose other seats.") % {"labels": ", ".join(unsold)}
        return self._why_not_numbers()

    def _why_not_numbers(self) -> str:
        lines = super().lines()
        tickets = sum(line.qty for line in lines)
        if not tickets:
            return _("Choose how many tickets you would like.")
        if tickets != len(self.chosen):
            words = {"seats": len(self.chosen), "tickets": tickets}
            return _("You chose %(seats)s seats and %(tickets)s tickets. Make it one ticket for each seat.") % words
        if sum(len(labels) for labels in self._shares(lines).values()) != tickets:
            return _("The tickets are for other parts of the hall than the seats. Make it one ticket for each seat.")
        return ""

    def _shares(self, lines: list[Line]) -> dict[int, list[str]]:
        """Type -> its seats: first those of one area, then those for all seats take what is left."""
        types = {one.pk: one for one in self.types}
        rest, shares = set(self.chosen), {}
        for line in sorted(lines, key=lambda line: not types[line.ticket_type].area):
            own = [label for label in self._chosen_for(types[line.ticket_type]) if label in rest][: line.qty]
            shares[line.ticket_type] = own
            rest -= set(own)
        return shares

    def lines(self) -> list[Line]:
        """What is asked, as orders.place takes it: the seats in the order of the hall, kind by kind."""
        lines = super().lines()
        shares = self._shares(lines)
        return [replace(line, seats=tuple(shares[line.ticket_type])) for line in lines]
