"""Each page of the planner opens for who plans the crew, and for nobody else; no list asks more for more rows; and
nothing that is sent is a server error.
"""

import uuid

import pytest
from django.urls import reverse

from accounts.factories import UserFactory
from accounts.tests.coming_in import log_in
from bookings.tests.desk import HOSTILE, member, queries_of, shown, staff
from crew import assignments, swaps
from crew.factories import LocationFactory, PersonFactory, SectionFactory, ShiftFactory
from crew.models import Assignment, Shift
from crew.tests.board_world import CREW, Plan, festival, planner
from events.factories import EventFactory
from partners.factories import PartnerFactory
from partners.models import Member

pytestmark = pytest.mark.django_db
OF_EVENT = (
    "board", "free", "claims", "clashes", "shifts", "shift-new", "sections", "section-new", "slots", "slot-new",
    "slots-copy", "location-new", "rosters", "plan",
)  # fmt: skip
OF_ROW = (
    "shift", "shift-edit", "shift-copy", "shift-delete", "section", "section-delete", "slot", "slot-delete", "location",
    "location-delete",
)  # fmt: skip
BUTTONS = ("registration", "swap-approve", "swap-refuse")
BULK = ("shifts-open",)
DECIDE = ("claims-approve", "claims-reject")  # a link to them leads to the list


@pytest.fixture
def plan():
    return Plan()


def urls_of(plan: Plan) -> dict[str, str]:
    """Every page about the plan, by the end of its url name; what can be deleted is unused."""
    rows = {
        "shift": plan.tap,
        "section": SectionFactory(event=plan.event, name="Unused"),
        "slot": plan.slot("Unused", 1, 2),
        "location": LocationFactory(event=plan.event),
        "swap": waiting_swap(plan),
    }
    urls = {name: reverse(f"desk-crew-{name}", args=[plan.event.uid]) for name in (*OF_EVENT, *DECIDE, "registration")}
    for name in (*OF_ROW, "swap-approve", "swap-refuse"):
        urls[name] = reverse(f"desk-crew-{name}", args=[rows[name.partition("-")[0]].uid])
    return urls


def waiting_swap(plan: Plan):
    """Eva gives her shift to Finn, which a planner has to approve."""
    eva, finn = (plan.person(name, user=UserFactory()) for name in ("Eva Give", "Finn Take"))
    held = assignments.assign(plan.early, eva, by=None)
    return swaps.take(swaps.offer(held, by=eva.user), finn, by=finn.user)


def test_every_page_opens_for_a_planner(client, plan):
    planner(client, plan.partner)
    plan.clash()
    for name, url in urls_of(plan).items():
        response = client.get(url)
        assert response.status_code == (405 if name in BUTTONS else 302 if name in DECIDE else 200), name
        text = response.content.decode()
        assert 'style="' not in text and "<script>" not in text, name
    assert client.get(f"{CREW}/").status_code == 200
    for name in BULK:
        assert client.get(reverse(f"desk-crew-{name}")).status_code == 405


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Member.Role.ADMIN, 200),
        (Member.Role.EVENT_MANAGER, 200),
        (Member.Role.MEMBER, 403),
        (Member.Role.VOLUNTEER, 403),
    ],
)
def test_the_roles_of_an_organisation(client, plan, role, status):
    member(client, plan.partner, role)
    for name, url in urls_of(plan).items():
        if name not in (*BUTTONS, *DECIDE):
            assert client.get(url).status_code == status, name
    assert client.get(f"{CREW}/").status_code == status


@pytest.mark.parametrize(("role", "status"), [("Super Admin", 200), ("Finance", 403)])
def test_the_roles_of_staff(client, plan, role, status):
    staff(client, role)
    assert client.get(plan.at()).status_code == status


def test_another_organisations_plan_is_not_there(client, plan):
    planner(client, PartnerFactory())
    for name, url in urls_of(plan).items():
        assert client.get(url).status_code == 404, name
        assert client.post(url, {"act": "assign", "open": "1"}).status_code == 404, name
    for name in BULK:
        url = reverse(f"desk-crew-{name}")
        client.post(url, {"uid": [str(plan.tap.uid), str(plan.claim.uid)]})
    plan.claim.refresh_from_db()
    assert plan.claim.status == Assignment.Status.PENDING
    assert shown(client.get(f"{CREW}/")) == []


def test_nobody_who_is_not_logged_in(client, plan):
    for url in urls_of(plan).values():
        response = client.get(url)
        assert response.status_code == 302 and response["Location"].startswith("/login/")
    log_in(client, UserFactory())
    assert client.get(plan.at()).status_code == 403


def test_what_is_not_there(client, plan):
    planner(client, plan.partner)
    nothing = uuid.uuid4()
    for name in OF_EVENT:
        assert client.get(reverse(f"desk-crew-{name}", args=[nothing])).status_code == 404
    for name in OF_ROW:
        assert client.get(reverse(f"desk-crew-{name}", args=[nothing])).status_code == 404
    Shift.objects.filter(pk=plan.tap.pk).update(deleted_at="2030-01-01T00:00:00Z")
    assert client.get(reverse("desk-crew-shift", args=[plan.tap.uid])).status_code == 404


@pytest.mark.parametrize("name", ["", "free/", "claims/", "clashes/", "shifts/", "sections/", "slots/", "rosters/",
                                  "rosters/?print=section", "rosters/?print=person"])  # fmt: skip
def test_as_many_questions_for_more_rows(client, plan, name):
    planner(client, plan.partner)
    plan.clash()
    url = plan.at(name)
    client.get(url)
    before = queries_of(client, url)
    for number in range(3):
        person = plan.person(f"More {number}")
        section = SectionFactory(event=plan.event, category=f"Category {number}")
        slot = plan.slot(f"Slot {number}", 18, 22)
        LocationFactory(event=plan.event)
        for _twice in range(2):
            shift = ShiftFactory(section=section, time_slot=slot)
            assignments.assign(shift, person, by=None, allow_clash=True)
        assignments.claim(
            ShiftFactory(section=section, time_slot=plan.afternoon), plan.person(f"Eager {number}"), by=None
        )
    assert queries_of(client, url) == before


def test_as_many_questions_for_more_people_in_a_shift(client, plan):
    planner(client, plan.partner)
    url = reverse("desk-crew-shift", args=[plan.tap.uid])
    client.get(url)
    before = queries_of(client, url)
    for number in range(3):
        assignments.assign(plan.tap, plan.person(f"More {number}"), by=None, overbook=True)
        assignments.claim(plan.early, plan.person(f"Other {number}"), by=None) if number < 2 else None
    assert queries_of(client, url) == before


def test_as_many_questions_for_more_events(client, plan):
    planner(client, plan.partner)
    plan.clash()
    client.get(f"{CREW}/")
    before = queries_of(client, f"{CREW}/")
    main, days = festival(plan.partner)
    for event in (main, *days):
        person = PersonFactory(event=event, crowd_type=plan.kind)
        section = SectionFactory(event=event)
        shift = ShiftFactory(section=section)
        for one in (shift, ShiftFactory(section=section, time_slot=shift.time_slot)):
            assignments.assign(one, person, by=None, allow_clash=True)
    assert queries_of(client, f"{CREW}/") == before


@pytest.mark.parametrize("value", HOSTILE)
def test_any_query_is_borne(client, plan, value):
    planner(client, plan.partner)
    names = ("day", "only", "part", "section", "q", "tag", "crowd_type", "slot", "print", "person", "status", "page",
             "sort", "first_day", "last_day", "time", "kind", "state", "planned")  # fmt: skip
    query = {name: value for name in names if len(value) < 5000 or name in ("day", "q", "section")}
    for name, url in urls_of(plan).items():
        if name not in BUTTONS:
            assert client.get(url, query).status_code < 500, name
    assert client.get(f"{CREW}/", query).status_code < 500


@pytest.mark.parametrize("value", HOSTILE)
def test_anything_that_is_sent_is_borne(client, plan, value):
    planner(client, plan.partner)
    names = (
        "act", "person", "assignment", "shift", "reason", "section", "up", "down", "uid", "name", "category",
        "crew_need", "type", "date", "start_time", "end_time", "person_type", "slots", "time_slot", "title",
        "slots_total", "slots_open_for_claiming", "report_time", "location", "latitude", "longitude", "day", "to",
        "board", "seen", "digest", "next", "minimum_rest_minutes", "cancel_hours", "signup_crowd_type", "welcome",
        "status", "overbook", "allow_clash", "open",
    )  # fmt: skip
    values = {
        name: value for name in names if len(value) < 5000 or name in ("act", "person", "section", "reason", "name")
    }
    before = set(Assignment.objects.values_list("pk", "status"))
    acts = (
        {},
        {"act": "assign"},
        {"act": "reject", "assignment": str(plan.has.uid)},
        {"act": "move"},
        {"act": "remove"},
    )
    for name, url in urls_of(plan).items():
        if name not in ("swap-approve", "swap-refuse", "registration"):
            for more in acts if name in ("shift", "clashes", "sections") else acts[:1]:
                for headers in ({}, {"X-Board": "1"}):
                    assert client.post(url, {**values, **more}, headers=headers).status_code < 500, (name, more)
    for name in BULK:
        assert client.post(reverse(f"desk-crew-{name}"), values).status_code < 500
    assert set(Assignment.objects.values_list("pk", "status")) >= before


def test_an_event_without_days_is_borne(client):
    event = EventFactory(partner=PartnerFactory(), starts_at=None, ends_at=None, state="draft")
    planner(client, event.partner)
    for name in OF_EVENT:
        assert client.get(reverse(f"desk-crew-{name}", args=[event.uid])).status_code == 200, name
    assert client.get(f"{CREW}/").status_code == 200
