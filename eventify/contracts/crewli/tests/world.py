"""An organisation with one of everything, so that every address and every body of this contract can be filled."""

from types import SimpleNamespace

from accounts.factories import UserFactory
from accounts.models import OutgoingMail
from crew.factories import (
    CompanyFactory,
    CrowdListFactory,
    CrowdTypeFactory,
    FestivalFactory,
    LocationFactory,
    PersonFactory,
    PersonTagFactory,
    SectionFactory,
    ShiftFactory,
    TimeSlotFactory,
)  # fmt: skip
from crew.models import Assignment, CrowdListEntry, IdentityMatch, UserTag
from eventify.contracts.crewli import urls
from eventify.contracts.crewli.tests.conftest import API, ulid
from partners import inviting
from partners.factories import PartnerFactory

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def routes():
    """("organisations/<org>/events", its view) of every route of both halves."""
    for one in urls.urlpatterns:
        text = str(one.pattern).removeprefix("^api/v1/").removesuffix("/?$")
        for name in one.pattern.regex.groupindex:
            text = text.replace(f"(?P<{name}>[^/]+)", f"<{name}>")
        yield text, one.callback.view_class


def declared() -> dict:
    """ "METHOD path" -> what it needs, of every route and method."""
    return {f"{method} {path}": need for path, view in routes() for method, need in view.needs.items()}


def organisation() -> SimpleNamespace:
    """A new organisation: what its addresses name (by the name of the parameter), and what its bodies refer to."""
    org = PartnerFactory()
    shared = {
        "org": org,
        "crowd_type": CrowdTypeFactory(partner=org),
        "unused_crowd_type": CrowdTypeFactory(partner=org),
        "company": CompanyFactory(partner=org),
        "tag": PersonTagFactory(partner=org),
        "other_tag": PersonTagFactory(partner=org),
    }
    return event_of(SimpleNamespace(**shared, token=invited(org)))


def invited(org) -> str:
    """The token in the mail to somebody who was asked to join."""
    inviting.invite(org, f"asked{org.pk}@example.com", by=None)
    return inviting.token_of(OutgoingMail.objects.filter(template="partner_invitation").latest("id").context["seed"])


def event_of(world: SimpleNamespace) -> SimpleNamespace:
    """The same organisation with another event of its own, and one of everything in that."""
    event = FestivalFactory(partner=world.org)
    section, slot = SectionFactory(event=event), TimeSlotFactory(event=event)
    in_event = {"event": event, "crowd_type": world.crowd_type}
    person = PersonFactory(**in_event, user=UserFactory(), company=world.company)
    newcomer = PersonFactory(**in_event, user=UserFactory())
    waiting = PersonFactory(**in_event, status="pending")
    claimer, unlinked = PersonFactory(**in_event, user=UserFactory()), PersonFactory(**in_event)
    shift = ShiftFactory(section=section, time_slot=slot, slots_total=9, slots_open_for_claiming=9)
    crowd_list = CrowdListFactory(**in_event)
    CrowdListEntry.objects.create(crowd_list=crowd_list, person=person)
    tag = UserTag.objects.create(user=person.user, tag=world.tag, source=UserTag.Source.ORGANISER)
    claim = {"status": Assignment.Status.PENDING, "origin": Assignment.Origin.CLAIMED}
    assignment = Assignment.objects.create(shift=shift, person=claimer, **claim)
    shift.pending_slots = shift.claimed_slots = 1
    shift.save()
    match = IdentityMatch.objects.create(partner=world.org, person=unlinked, user=UserFactory(email=unlinked.email))
    own = {
        "event": event, "section": section, "other_section": SectionFactory(event=event), "slot": slot,
        "other_slot": TimeSlotFactory(event=event),
        "location": LocationFactory(event=event), "shift": shift, "person": person, "newcomer": newcomer,
        "waiting": waiting, "unlinked": unlinked, "crowd_list": crowd_list, "assignment": assignment,
        "claimer": claimer, "match": match, "user": person.user, "user_tag": tag,
    }  # fmt: skip
    return SimpleNamespace(**{**vars(world), **own})


def spelled(name: str, world: SimpleNamespace, **other) -> str:
    """The address of "METHOD path" with the ids of this world; `other` rows stand for some of the parameters."""
    address = name.split()[1]
    for parameter in parameters(name):
        row = other.get(parameter) or getattr(world, parameter)
        address = address.replace(f"<{parameter}>", row if isinstance(row, str) else ulid(row))
    return API + address


def parameters(name: str) -> list[str]:
    """The parameters of an address, from left to right."""
    return [part[1:-1] for part in name.split()[1].split("/") if part.startswith("<")]
