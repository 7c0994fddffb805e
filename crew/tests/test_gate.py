"""Scanning from a shift: who, where, and from which second to which. Asked through contract 001's door and the verb."""

import io
from datetime import time, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client, override_settings
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import bans, closing, roles, sessions
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import Role
from accounts.tests.coming_in import log_in
from bookings import checkin, orders
from bookings.door import devices, lists
from bookings.factories import TicketTypeFactory
from bookings.models import Ticket
from crew import gate
from crew.factories import FestivalFactory, PersonFactory, SectionFactory, ShiftFactory, TimeSlotFactory
from crew.models import Assignment, Person, Section, Shift
from crew.tests.scenes import queries_of
from eventify.lib.desk import nav
from eventify.lib.errors import Forbidden
from events.factories import EventFactory
from events.models import Event
from partners import members
from partners.factories import PartnerFactory
from partners.models import Member

pytestmark = pytest.mark.django_db
VALIDATE, CHECKIN = "/api/admin/scanners/validate", "/api/admin/scanners/checkin"
SECOND = timedelta(seconds=1)
MARGIN = timedelta(minutes=15)
ONLY_ROLES = override_settings(AUTHENTICATION_BACKENDS=["accounts.backends.EventifyBackend"])


def give(shift: Shift, person: Person, status="approved") -> Assignment:
    return Assignment.objects.create(shift=shift, person=person, status=status, origin="assigned")


def ticket_of(event: Event) -> Ticket:
    kind = TicketTypeFactory(event=event)
    return orders.place([orders.Line(kind.pk, 1)], by=UserFactory()).tickets.get()


def at_gate(event: Event, user, section_type="standard", slot=None, **section) -> Assignment:
    """The user's approved shift at a gate of the event, 18:00 to 22:00 on its first day."""
    gate_section = SectionFactory(event=event, **{"is_gate": True, "type": section_type} | section)
    shift = ShiftFactory(section=gate_section, time_slot=slot or TimeSlotFactory(event=event))
    return give(shift, PersonFactory(event=event, user=user, email=user.email))


def client_of(user) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {sessions.start(user)[1]}")
    return client


def validates(user, ticket: Ticket) -> int:
    return client_of(user).get(VALIDATE, {"code": ticket.ticket_code}).status_code


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def event():
    return EventFactory(timezone="Asia/Kolkata")


@pytest.fixture
def shift(event, user):
    return at_gate(event, user).shift


def middle(shift: Shift):
    return shift.time_slot.starts_at + timedelta(hours=1)


def test_to_the_second(event, user, shift):
    """From exactly 15 minutes before the start to exactly 15 minutes after the end, through both endpoints."""
    slot, ticket = shift.time_slot, ticket_of(event)
    for moment, is_good in (
        (slot.starts_at - MARGIN - SECOND, False),
        (slot.starts_at - MARGIN, True),
        (slot.starts_at, True),
        (slot.ends_at, True),
        (slot.ends_at + MARGIN, True),
        (slot.ends_at + MARGIN + SECOND, False),
    ):
        with time_machine.travel(moment, tick=False):
            client = client_of(user)
            answer = client.get(VALIDATE, {"code": ticket.ticket_code})
            assert answer.status_code == (200 if is_good else 403), moment
            assert user.can("check_in", event) is user.can_anywhere("check_in") is is_good
            Ticket.objects.update(status="valid", used_at=None, used_by=None)
            body = {"code": ticket.ticket_code, "event_id": str(event.uid), "gate": "North"}
            answer = client.post(CHECKIN, body)
            assert answer.status_code == (200 if is_good else 403), moment
            ticket.refresh_from_db()
            used = ("used", user, moment) if is_good else ("valid", None, None)
            assert (ticket.status, ticket.used_by, ticket.used_at) == used
            if not is_good:
                with pytest.raises(Forbidden):
                    checkin.admit(ticket.ticket_code, by=user)


def test_a_refusal_in_the_contracts_words(event, user):
    ticket = ticket_of(event)
    body = client_of(user).post(CHECKIN, {"code": ticket.ticket_code}).json()
    assert (body["success"], body["data"], body["error"]["code"]) == (False, None, "forbidden")
    ticket.refresh_from_db()
    assert ticket.status == "valid"


def test_a_shift_across_midnight(event, user):
    slot = TimeSlotFactory(event=event, start_time=time(22), end_time=time(2))
    assert slot.ends_at - slot.starts_at == timedelta(hours=4)
    at_gate(event, user, slot=slot)
    ticket = ticket_of(event)
    with time_machine.travel(slot.ends_at, tick=False):
        assert validates(user, ticket) == 200


def test_only_that_event(event, user, shift):
    ticket, elsewhere = ticket_of(event), ticket_of(EventFactory())
    with time_machine.travel(middle(shift), tick=False):
        client = client_of(user)
        assert validates(user, ticket) == 200
        assert validates(user, elsewhere) == 403
        assert client.post(CHECKIN, {"code": elsewhere.ticket_code}).status_code == 403
        wrong = {"code": ticket.ticket_code, "event_id": str(elsewhere.event.uid)}
        assert client.post(CHECKIN, wrong).status_code == 404
        # What they may not do elsewhere stays so: only scanning comes from a shift.
        for path in ("/api/admin/tickets", "/api/admin/orders", "/api/admin/events"):
            answer = client.get(path)
            assert answer.status_code == 403 or answer.json()["data"] in ([], {}), path


def festival_day(parent: Event) -> Event:
    return EventFactory(parent=parent, timezone=parent.timezone)


@pytest.mark.parametrize("kind, own, day", [("cross_event", 200, 200), ("standard", 200, 403)])
def test_a_festivals_gate(user, kind, own, day):
    """A cross_event gate of the festival serves its sub-events, another one the festival alone."""
    festival = FestivalFactory()
    child, stranger = festival_day(festival), festival_day(FestivalFactory())
    mine = at_gate(festival, user, section_type=kind)
    tickets = [ticket_of(one) for one in (festival, child, stranger)]
    with time_machine.travel(middle(mine.shift), tick=False):
        assert [validates(user, ticket) for ticket in tickets] == [own, day, 403]


def test_a_sub_events_gate_serves_it_alone(user):
    festival = FestivalFactory()
    friday, saturday = festival_day(festival), festival_day(festival)
    mine = at_gate(friday, user, section_type=Section.Type.CROSS_EVENT)
    tickets = [ticket_of(one) for one in (friday, saturday, festival)]
    with time_machine.travel(middle(mine.shift), tick=False):
        assert [validates(user, ticket) for ticket in tickets] == [200, 403, 403]


@pytest.mark.parametrize("status", [one for one in Assignment.Status if one not in ("approved", "completed")])
def test_only_who_was_given_the_shift(event, user, shift, status):
    Assignment.objects.update(status=status)
    ticket = ticket_of(event)
    with time_machine.travel(middle(shift), tick=False):
        assert validates(user, ticket) == 403


def test_a_completed_shift_counts_until_its_last_minute(event, user, shift):
    """The sweep may complete it a moment after its end: the last guests are still let in."""
    Assignment.objects.update(status="completed")
    Shift.objects.update(status="completed")
    ticket = ticket_of(event)
    with time_machine.travel(shift.time_slot.ends_at + MARGIN, tick=False):
        assert validates(user, ticket) == 200


@pytest.mark.parametrize(
    "what",
    [
        lambda one: Section.objects.update(is_gate=False),
        lambda one: Shift.objects.update(deleted_at=timezone.now()),
        lambda one: Shift.objects.update(status="cancelled"),
        lambda one: Shift.objects.update(status="draft"),
        lambda one: Person.objects.update(is_blacklisted=True),
        lambda one: Person.objects.update(status="rejected"),
        lambda one: Person.objects.update(status="no_show"),
        lambda one: Person.objects.update(user=None),
        lambda one: Person.objects.update(user=UserFactory()),
    ],
    ids=["no gate", "deleted", "cancelled", "draft", "blacklisted", "rejected", "no show", "unlinked", "another's"],
)
def test_what_ends_it_at_once(event, user, shift, what):
    ticket = ticket_of(event)
    with time_machine.travel(middle(shift), tick=False):
        client = client_of(user)
        assert client.get(VALIDATE, {"code": ticket.ticket_code}).status_code == 200
        what(shift)
        assert client.get(VALIDATE, {"code": ticket.ticket_code}).status_code == 403
        assert client.post(CHECKIN, {"code": ticket.ticket_code}).status_code == 403


@pytest.mark.parametrize("shut", ["ban", "close"])
def test_a_banned_or_closed_account_scans_nothing(event, user, shift, shut):
    ticket, admin = ticket_of(event), SuperAdminFactory()
    with time_machine.travel(middle(shift), tick=False):
        client = client_of(user)
        assert client.get(VALIDATE, {"code": ticket.ticket_code}).status_code == 200
        if shut == "ban":
            bans.ban(user, reason="spam", by=admin)
        else:
            closing.close(user, by=admin)
        assert client.get(VALIDATE, {"code": ticket.ticket_code}).status_code == 401
        user.refresh_from_db()
        assert not gate.may_scan(user, event) and not gate.is_on_shift(user)
        with pytest.raises(Forbidden):
            checkin.admit(ticket.ticket_code, by=user)


def test_it_gives_nothing_but_scanning(event, user, shift):
    with time_machine.travel(middle(shift), tick=False):
        held = [name for name in ("view_events", "manage_events", "manage_crew", "refund_orders") if user.can(name)]
        assert held == [] and not user.can("manage_events", event) and not user.can("check_in")
        assert not user.can("check_in", event.partner) and not user.can_anywhere("view_events")


def test_it_opens_no_page_of_the_command_center(event, user, shift):
    """Conflicts are settled by who checks in for the partner; who scans because of a shift has the scanner."""
    with time_machine.travel(middle(shift), tick=False):
        client = log_in(Client(), user)
        assert client.get("/door/mine/").context["doors"] == [(event, [shift.section.name])]
        assert client.get("/command-center/door/conflicts/").status_code == 403
        assert nav.open_to(user) == ()


def test_the_command_line_is_as_before(event, user, shift):
    """It trusts who runs it, whoever is on shift, at any time."""
    ticket, out = ticket_of(event), io.StringIO()
    call_command("checkin", ticket.ticket_code, gate="North", stdout=out)
    assert out.getvalue().startswith("OK ")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.used_by) == ("used", None)


def cost(user, ask) -> int:
    """How many queries a request of the user asks, once all is warm."""
    client = client_of(user)
    ask(client)
    return queries_of(lambda: ask(client))


def test_what_others_ask_costs_what_it_did(event, shift):
    """The door's staff and members pay nothing for it, whoever is refused at the door one query."""
    ticket, member, partner = ticket_of(event), UserFactory(), PartnerFactory()
    members.add(partner, member, Member.Role.EVENT_MANAGER, by=None)
    own = ticket_of(EventFactory(partner=partner))
    staff = roles.assign(UserFactory(), Role.objects.get(name="Gate"), by=None)
    outsider = UserFactory()

    def scan(code):
        return lambda client: client.get(VALIDATE, {"code": code})

    for who, ask, more in (
        (staff, scan(ticket.ticket_code), 0),
        (member, scan(own.ticket_code), 0),
        (outsider, lambda client: client.get("/api/users/tickets"), 0),
        (outsider, lambda client: client.get("/api/admin/orders"), 0),
        (outsider, scan(ticket.ticket_code), 1),
    ):
        with ONLY_ROLES:
            before = cost(who, ask)
        assert cost(who, ask) <= before + more


def test_it_is_one_query_however_many_shifts(event, user, shift):
    for _more in range(3):
        give(ShiftFactory(section=shift.section, time_slot=shift.time_slot), Person.objects.get(user=user))
    with time_machine.travel(middle(shift), tick=False):
        assert queries_of(lambda: gate.may_scan(user, event)) == queries_of(lambda: gate.is_on_shift(user)) == 1


def test_the_door_offers_the_gates_of_the_plan_first(event):
    """Devices choose among the sections that are gates, the festival's cross_event ones too, and what others chose."""
    festival = FestivalFactory()
    friday = festival_day(festival)
    for number, (of, name, more) in enumerate(
        (
            (friday, "South", {"is_gate": True}),
            (friday, "East", {"is_gate": True}),
            (friday, "Bar", {}),
            (festival, "Main", {"is_gate": True, "type": Section.Type.CROSS_EVENT}),
            (festival, "Backstage", {"is_gate": True}),
        )
    ):
        SectionFactory(event=of, name=name, sort_order=number, **more)
    devices.invite(friday, by=SuperAdminFactory(), name="Phone", gate="Attic")
    devices.invite(friday, by=SuperAdminFactory(), name="Phone", gate="East")
    assert lists.gates(friday) == ["South", "East", "Main", "Attic"]
    assert lists.gates(event) == []
