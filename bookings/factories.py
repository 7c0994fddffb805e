"""Made-up ticket types. Orders, bookings and tickets are made by the real verbs (bookings/orders.py)."""

import factory

from bookings.models import TicketType
from events.factories import EventFactory


class TicketTypeFactory(factory.django.DjangoModelFactory):
    """A free type with as many places as its event has."""

    class Meta:
        model = TicketType

    event = factory.SubFactory(EventFactory)
    name = "General admission"
    price = 0
