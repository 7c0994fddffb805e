"""Made-up ticket types. Orders, bookings and tickets are made by the real verbs (bookings/orders.py)."""

import factory

from bookings.door import keys
from bookings.models import TicketType
from events.factories import EventFactory


class TicketTypeFactory(factory.django.DjangoModelFactory):
    """A free type with as many places as its event has; the event has its key, as after ticket_types.create."""

    class Meta:
        model = TicketType

    event = factory.SubFactory(EventFactory)
    name = "General admission"
    price = 0

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        made = super()._create(model_class, *args, **kwargs)
        keys.signing(made.event)
        return made
