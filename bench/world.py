"""What all scenarios share: the running stack, the plain server, buyers with tokens, and fresh events."""

from functools import cached_property
from itertools import count

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client

from accounts import sessions
from accounts.factories import SuperAdminFactory
from accounts.models import User
from accounts.tests.coming_in import log_in
from bench import data
from bench.stack import Stack
from bookings.factories import TicketTypeFactory
from events.factories import EventFactory
from events.models import Event

BUYERS = 200  # accounts that the clients take turns with


class World:
    """One run of the scoreboard. `plain` is the base URL of the plain implementation."""

    def __init__(self, stack: Stack, plain: str, options):
        self.stack, self.plain, self.options = stack, plain, options
        self.numbers = count(Event.objects.count())
        self.asked = count()  # of every request that must be unlike all others

    @cached_property
    def buyers(self) -> list[User]:
        first, password = User.objects.count(), make_password("secret")
        names = [f"buyer{first + number}" for number in range(BUYERS)]
        people = [User(email=f"{n}@example.com", username=n, full_name=n, password=password) for n in names]
        return User.objects.bulk_create(people)

    @cached_property
    def tokens(self) -> list[str]:
        return [sessions.start(buyer)[1] for buyer in self.buyers]

    def staff(self) -> User:
        """Somebody new who may do everything."""
        number = User.objects.count()
        return SuperAdminFactory(username=f"bench{number}", email=f"bench{number}@example.com")

    @cached_property
    def administrator(self) -> User:
        """Whoever looks and scans."""
        return self.staff()

    @cached_property
    def staff_token(self) -> str:
        return sessions.start(self.administrator)[1]

    @cached_property
    def staff_cookie(self) -> tuple[tuple[str, str], ...]:
        """The header of a browser in which the administrator is logged in."""
        cookies = log_in(Client(), self.administrator).cookies
        return (("Cookie", "; ".join(f"{name}={one.value}" for name, one in cookies.items())),)

    def event(self, places: int, price: int = 0) -> Event:
        """A fresh event with so many places of one kind."""
        event = EventFactory(name="Hot event", slug=f"hot-{next(self.numbers)}", capacity=places)
        TicketTypeFactory(event=event, price=price)
        return event

    def have(self, events: int = 0, tickets: int = 0) -> None:
        """See to it that there are so many (or as many as --events and --tickets say)."""
        data.make(*self.sizes(events, tickets))

    def sizes(self, events: int, tickets: int) -> tuple[int, int]:
        """How many events and tickets are made where a scenario wants so many: the options may say less."""
        most = (self.options.events, self.options.tickets)
        return tuple(min(wanted, limit) for wanted, limit in zip((events, tickets), most, strict=True))

    def vacuum(self) -> None:
        """The same start for every round."""
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE events_event, bookings_tickettype, bookings_booking, bookings_order")
