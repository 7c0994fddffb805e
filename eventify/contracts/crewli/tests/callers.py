"""Kinds of callers, and which of them may what within an organisation and its events."""

from accounts import roles
from accounts.factories import UserFactory
from crew.factories import PersonFactory
from eventify.contracts.crewli.tests.conftest import member, with_role
from partners.factories import PartnerFactory
from partners.models import Member

STAFF = {"Super Admin", "Finance", "Content Moderator", "Support", "Gate"}
MEMBERS = {str(role) for role in Member.Role}
NO_STAFF = sorted({*MEMBERS, "person"})
OUTSIDE = {"outsider", "role without permissions"}
OWN = {*MEMBERS, "person"}
CALLERS = [*sorted(STAFF), *NO_STAFF, *sorted(OUTSIDE)]

IN_ORGANISATION = STAFF | OWN
IN_EVENT = IN_ORGANISATION - {"volunteer"}  # who has no part in the event; a person has
READS = IN_EVENT - {"person"}  # view_events or manage_crew
SEES_PARTNER = STAFF - {"Gate"} | MEMBERS - {"volunteer"}
PLANS = {"Super Admin", "org_admin", "event_manager", "crew_coordinator"}
CHANGES_EVENTS = {"Super Admin", "Content Moderator", "org_admin", "event_manager"}
MANAGES_PARTNER = {"Super Admin", "org_admin"}
ANYONE = None


def caller(who: str, world):
    """Somebody of this kind, seen from the organisation of this world."""
    if who in STAFF:
        return with_role(who)
    if who in MEMBERS:
        return member(world.org, who)
    if who == "person":
        return PersonFactory(event=world.event, crowd_type=world.crowd_type, user=UserFactory()).user
    if who == "outsider":
        return member(PartnerFactory())
    return roles.assign(UserFactory(), roles.create("Nothing", by=None), by=None)
