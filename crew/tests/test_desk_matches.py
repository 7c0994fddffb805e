"""The inbox of identity matches: both sides, decided one by one or together."""

from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.tests.coming_in import log_in
from bookings.tests.desk import DESK, HOSTILE, member, queries_of, said, staff
from bookings.tests.scenes import text
from crew.command_center import matches as pages
from crew.factories import CrowdTypeFactory, PersonFactory
from crew.models import IdentityMatch, Person
from crew.tests.desk_people import LONG, MARKUP, REFUSED, planned
from events.factories import EventFactory
from partners import members
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db
INBOX = f"{DESK}/crew/matches/"
M = IdentityMatch.Status


@pytest.fixture
def event(client):
    return planned(client)[0]


def match_at(event, name="Asha Rao", **user) -> IdentityMatch:
    """A person of the event and an account with the same address, not decided."""
    number = IdentityMatch.objects.count()
    kind = event.partner.crowd_types.first() or CrowdTypeFactory(partner=event.partner)
    person = PersonFactory(event=event, crowd_type=kind, name=name, email=f"same{number}@example.com")
    account = UserFactory(**{"email": f"Same{number}@example.com", "email_confirmed_at": timezone.now()} | user)
    return IdentityMatch.objects.create(partner=event.partner, person=person, user=account)


def confirm(client, match):
    return client.post(f"{INBOX}{match.uid}/confirm/")


def states(*found) -> list:
    return [IdentityMatch.objects.get(pk=one.pk).status for one in found]


def test_both_sides_stand_beside_each_other(client, event):
    match_at(event, full_name="Asha Account")
    match_at(event, name=MARKUP, full_name=LONG, email_confirmed_at=None)
    page = client.get(INBOX)
    body = text(page)
    for words in ("Asha Rao", "Asha Account", "same0@example.com", "Same0@example.com", "Address confirmed", LONG,
                  "Address not confirmed", "has not confirmed its e-mail address", event.name, "Helper"):  # fmt: skip
        assert words in body, words
    assert "<script>alert" not in page.content.decode()
    assert [one["is_confirmed"] for one in page.context["shown"]] == [True, False]


def test_confirming_links_the_account(client, event):
    match = match_at(event)
    answer = confirm(client, match)
    assert answer["Location"] == INBOX
    assert said(answer) == [f"Asha Rao is linked to the account {match.user.email}."]
    assert states(match) == [M.CONFIRMED] and Person.objects.get().user == match.user
    assert "No match waits" in text(client.get(INBOX))


@pytest.mark.parametrize("first, is_linked", [("confirm", True), ("dismiss", False)])
def test_what_another_tab_decided_is_said_at_the_list_with_how_it_is_now(client, event, first, is_linked):
    match, other = match_at(event), match_at(event, name="Still waits")
    client.post(f"{INBOX}{match.uid}/{first}/")
    client.get(INBOX)
    for act in ("confirm", "dismiss"):
        here = f"{INBOX}?page=1"
        answer = client.post(f"{INBOX}{match.uid}/{act}/", {"next": here})
        assert (answer.status_code, answer["Location"]) == (302, here)
        page = text(client.get(here))
        now = "is linked to the account" if is_linked else "and the account same0@example.com stay apart."
        assert "decided this already" in page and "Still waits" in page
        assert ("is linked to the account" in page) is is_linked and now.replace("same0", "Same0") in page
    assert states(match, other) == [M.CONFIRMED if is_linked else M.DISMISSED, M.PENDING]


@pytest.mark.parametrize("button", ["confirm", "dismiss"])
@pytest.mark.parametrize("side", ["person", "user"])
def test_a_match_whose_person_or_account_was_deleted_is_said_at_the_list(client, event, button, side):
    match, other = match_at(event), match_at(event, name="Still waits")
    getattr(match, side).delete()
    answer = client.post(f"{INBOX}{match.uid}/{button}/")
    assert answer["Location"] == INBOX
    page = text(client.get(INBOX))
    assert "This match is gone: the person or the account was deleted meanwhile." in page and "Still waits" in page
    assert states(other) == [M.PENDING]


def test_dismissing_keeps_them_apart(client, event):
    match = match_at(event)
    answer = client.post(f"{INBOX}{match.uid}/dismiss/")
    assert said(answer) == [f"Asha Rao and the account {match.user.email} stay apart."]
    assert states(match) == [M.DISMISSED] and Person.objects.get().user is None


def test_the_ticked_ones_are_confirmed_together(client, event):
    two, apart = [match_at(event), match_at(event)], match_at(event)
    answer = client.post(INBOX, {"uid": [one.uid for one in two]})
    assert (answer["Location"], said(answer)) == (INBOX, ["2 accounts are linked."])
    assert states(*two, apart) == [M.CONFIRMED, M.CONFIRMED, M.PENDING]


def test_what_is_refused_says_so_at_its_place(client, event):
    fine, clash = match_at(event), match_at(event, name="Clash")
    PersonFactory(event=event, crowd_type=clash.person.crowd_type, user=clash.user)  # that account is somebody here
    page = client.post(INBOX, {"uid": [fine.uid, clash.uid]})
    assert page.status_code == 200 and "1 account is linked." in text(page)
    [left] = page.context["shown"]
    assert left["row"] == clash and left["error"] and left["error"] in text(page)
    assert states(fine, clash) == [M.CONFIRMED, M.PENDING]


def test_the_inbox_is_of_all_organisations_that_one_plans(client, event):
    planner = UserFactory()
    other = EventFactory(partner=PartnerFactory(name="Second Ltd"))
    foreign = match_at(EventFactory(partner=PartnerFactory()), name="Foreign")
    mine = [match_at(event), match_at(other)]
    for partner in (event.partner, other.partner):
        members.add(partner, planner, "crew_coordinator", by=None)
    log_in(client, planner)
    page = client.get(INBOX)
    assert [one["row"] for one in page.context["shown"]] == mine
    assert "Second Ltd" in text(page) and "Foreign" not in text(page)
    answer = client.post(INBOX, {"uid": [one.uid for one in (*mine, foreign)]})
    assert answer.status_code == 200 and "There is no such match." in text(answer)
    assert states(*mine, foreign) == [M.CONFIRMED, M.CONFIRMED, M.PENDING]
    assert confirm(client, foreign).status_code == 404


def test_pages(client, event, monkeypatch):
    monkeypatch.setattr(pages, "PER_PAGE", 2)
    three = [match_at(event) for _n in range(3)]
    assert [one["row"] for one in client.get(INBOX).context["shown"]] == three[:2]
    assert [one["row"] for one in client.get(INBOX, {"page": 2}).context["shown"]] == three[2:]


def test_the_inbox_asks_as_often_for_3_as_for_1(client, event):
    match_at(event)
    few = queries_of(client, INBOX)
    match_at(event), match_at(event)
    assert queries_of(client, INBOX) == few


def test_who_may_decide(client, event):
    match = match_at(event)
    for role in REFUSED:
        member(client, event.partner, role)
        assert client.get(INBOX).status_code == 403
        assert client.post(INBOX, {"uid": match.uid}).status_code == 403
        assert confirm(client, match).status_code in (403, 404)
    staff(client, "Support")
    assert (client.get(INBOX).status_code, confirm(client, match).status_code) == (403, 403)
    member(client, PartnerFactory(), "crew_coordinator")
    assert (client.get(INBOX).status_code, confirm(client, match).status_code) == (200, 404)
    assert states(match) == [M.PENDING]
    log_in(client, SuperAdminFactory())
    assert "Asha Rao" in text(client.get(INBOX))


@pytest.mark.parametrize("value", [*HOSTILE, str(uuid4())], ids=range(len(HOSTILE) + 1))
def test_any_input_is_answered(client, event, value):
    match_at(event)
    assert client.get(INBOX, {"page": value}).status_code == 200
    assert client.post(INBOX, {"uid": value}).status_code in (200, 422)
    assert client.post(INBOX).status_code == 422
