"""What the tests of the pages about people share: an organisation, its event, somebody who plans, addresses."""

from accounts.models import OutgoingMail, User
from accounts.tests.coming_in import log_in
from bookings.tests.desk import DESK, member
from crew.factories import CrowdTypeFactory
from events.factories import EventFactory
from events.models import Event
from partners.factories import PartnerFactory
from partners.models import Member

LONG = "Ǻ" * 200  # the longest name there is
MARKUP = "<script>alert(1)</script>\"'&"
REFUSED = [Member.Role.MEMBER, Member.Role.VOLUNTEER]


def planned(client, role: str = Member.Role.CREW_COORDINATOR, **fields) -> tuple[Event, User]:
    """An event of an organisation with one crowd type, and somebody who plans its crew, logged in."""
    partner = PartnerFactory()
    CrowdTypeFactory(partner=partner, name="Helper")
    return EventFactory(partner=partner, **fields), member(client, partner, role)


def again(client, user: User) -> None:
    """The planner, after somebody else was there."""
    log_in(client, user)


def of_event(event: Event, rest: str = "persons/") -> str:
    """The address of a page of the event."""
    return f"{DESK}/crew/{event.uid}/{rest}"


def mails() -> list[tuple]:
    """(template, to) of what is owed."""
    return list(OutgoingMail.objects.order_by("pk").values_list("template", "to"))
