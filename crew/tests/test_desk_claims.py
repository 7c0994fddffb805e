"""The claims that wait: decided one by one, ticked, or all that a filter shows."""

import pytest

from accounts.factories import UserFactory
from accounts.models import AuditLog
from bookings.tests.desk import HOSTILE, queries_of, said, shown
from bookings.tests.scenes import text
from crew import assignments, swaps
from crew.command_center import board_acts
from crew.command_center.board_claims import Claims
from crew.factories import PersonFactory, SectionFactory, ShiftFactory
from crew.models import Assignment, Shift
from crew.tests.board_world import Plan, festival, planner

pytestmark = pytest.mark.django_db
S = Assignment.Status


@pytest.fixture
def plan():
    return Plan()


@pytest.fixture
def pia(client, plan):
    return planner(client, plan.partner)


def state_of(row) -> str:
    return type(row).objects.get(pk=row.pk).status


def claims_of(plan: Plan, how_many: int) -> list[Assignment]:
    Shift.objects.filter(pk=plan.early.pk).update(slots_total=9, slots_open_for_claiming=9)
    plan.early.refresh_from_db()
    return [assignments.claim(plan.early, plan.person(f"Claimer {n}"), by=None) for n in range(how_many)]


def test_the_claims_that_wait(client, plan, pia):
    newer = claims_of(plan, 1)[0]
    Plan()
    url = plan.at("claims/")
    assert shown(client.get(url)) == [plan.claim, newer]
    page = text(client.get(url))
    for words in ("Binh Pham", "Volunteer", "Bartender", "Main bar", ", 18:00–22:00", "1 of 3", "Approve", "Reject"):
        assert words in page, words
    for query, rows in (
        ({"q": "binh"}, [plan.claim]),
        ({"section": plan.door.uid}, []),
        ({"day": plan.day.isoformat()}, [plan.claim, newer]),
        ({"day": "2001-01-01"}, []),
    ):
        assert shown(client.get(url, query)) == rows, query


def test_claims_are_approved_in_bulk(client, plan, pia):
    claims = [plan.claim, *claims_of(plan, 2)]
    response = client.post(
        plan.at("claims/approve/"), {"uid": [str(one.uid) for one in claims], "next": plan.at("claims/")}
    )
    assert (response.status_code, response["Location"]) == (302, plan.at("claims/"))
    assert said(response) == ["3 claims are approved."]
    assert {state_of(one) for one in claims} == {S.APPROVED}
    assert {line.actor for line in AuditLog.objects.filter(action="APPROVED_SHIFT_CLAIM")} == {pia}


def test_what_cannot_be_approved_is_said_and_the_others_are(client, plan, pia):
    fine = claims_of(plan, 1)[0]
    Shift.objects.filter(pk=plan.tap.pk).update(slots_total=1, slots_open_for_claiming=1)
    response = client.post(plan.at("claims/approve/"), {"uid": [str(plan.claim.uid), str(fine.uid)]})
    sentences = said(response)
    assert sentences[0] == "1 claim is approved." and "its only place is filled" in sentences[1]
    assert (state_of(fine), state_of(plan.claim)) == (S.APPROVED, S.PENDING)


def test_claims_are_rejected_in_bulk_and_twice_does_nothing(client, plan, pia):
    values = {"uid": [str(plan.claim.uid)], "reason": "Full house."}
    assert said(client.post(plan.at("claims/reject/"), values)) == ["1 claim is rejected."]
    plan.claim.refresh_from_db()
    assert (plan.claim.status, plan.claim.reason) == (S.REJECTED, "Full house.")
    assert said(client.post(plan.at("claims/reject/"), values))[-1] == "1 were decided already."


def test_how_many_shifts_they_have_stands_beside_it(client, plan, pia):
    """So that everybody gets some: who has none yet can come first."""
    busy = claims_of(plan, 1)[0]
    for start in (1, 5):
        shift = ShiftFactory(section=plan.door, time_slot=plan.slot(f"From {start}", start, start + 2))
        assignments.assign(shift, busy.person, by=None)
    for sort, order in (("held", [plan.claim, busy]), ("-held", [busy, plan.claim])):
        found = shown(client.get(plan.at("claims/"), {"sort": sort}))
        assert found == order and {one.pk: one.held for one in found} == {plan.claim.pk: 0, busy.pk: 2}
    head, *lines = client.get(plan.at("claims/"), {"format": "csv"}).getvalue().decode().splitlines()
    assert head == "\ufeffPerson,Shift,When,Filled,Shifts they have,Claimed" and ",2," in lines[1]


def test_the_swaps_above_ask_as_often_for_3_as_for_1(client, plan, pia):
    def swap(number: int):
        giver, taker = (plan.person(f"{what} {number}", user=UserFactory()) for what in ("Giver", "Taker"))
        shift = ShiftFactory(section=plan.bar, time_slot=plan.slot(f"S {number}", 2, 4), slots_open_for_claiming=2)
        held = assignments.assign(shift, giver, by=None)
        swaps.take(swaps.offer(held, by=giver.user), taker, by=taker.user)

    swap(1)
    client.get(plan.at("claims/"))
    few = queries_of(client, plan.at("claims/"))
    swap(2), swap(3)
    assert len(client.get(plan.at("claims/")).context["swaps"]) == 3
    assert queries_of(client, plan.at("claims/")) == few


# --- Nothing that can be done: said at the list ---------------------------------------------------------


@pytest.mark.parametrize("act", ["approve", "reject"])
def test_nothing_chosen_is_said_at_the_list_which_keeps_its_filters(client, plan, pia, act):
    here = f"{plan.at('claims/')}?q=binh&sort=-created_at"
    response = client.post(plan.at(f"claims/{act}/"), {"next": here})
    assert (response.status_code, response["Location"]) == (302, here)
    assert "Tick the rows first" in text(client.get(here)) and state_of(plan.claim) == S.PENDING
    response = client.post(plan.at(f"claims/{act}/"), {"uid": ["x"] * 501})
    assert (response.status_code, response["Location"]) == (302, plan.at("claims/"))
    assert said(response)[-1] == "At most 500 rows at a time. Narrow the list first."
    assert client.get(plan.at(f"claims/{act}/"))["Location"] == plan.at("claims/")


# --- All that match, over pages -------------------------------------------------------------------------


@pytest.fixture
def three(plan):
    return claims_of(plan, 3)


def ask(client, plan, act: str = "approve", query: str = "q=claimer", **more):
    """Press the button with "all that match" ticked."""
    here = f"{plan.at('claims/')}?{query}"
    return client.post(plan.at(f"claims/{act}/"), {"all": "1", "query": query, "next": here, **more})


def go(client, plan, page, act: str = "approve", query: str = "q=claimer", **more):
    """Press the button of the page that asks."""
    return ask(client, plan, act, query, go="1", digest=page.context["digest"], **more)


def test_all_that_match_are_offered_where_they_do_not_fit_on_a_page(client, plan, pia, three, monkeypatch):
    assert "that match" not in text(client.get(plan.at("claims/")))
    monkeypatch.setattr(Claims, "per_page", 2)
    page = client.get(plan.at("claims/"), {"q": "claimer"})
    assert "All 3 that match" in text(page) and 'name="query" value="q=claimer"' in page.content.decode()
    part = client.get(plan.at("claims/"), {"q": "claimer"}, headers={"HX-Request": "true", "HX-Target": "results"})
    assert "All 3 that match" in text(part) and "<html" not in part.content.decode()


def test_all_that_match_are_approved_after_one_look(client, plan, pia, three):
    page = ask(client, plan)
    assert page.status_code == 200 and "Approve 3 claims" in text(page) and "Claimer 0 (Main bar" in text(page)
    assert [state_of(one) for one in three] == [S.PENDING] * 3
    response = go(client, plan, page)
    assert (response["Location"], said(response)) == (f"{plan.at('claims/')}?q=claimer", ["3 claims are approved."])
    assert [state_of(one) for one in (*three, plan.claim)] == [S.APPROVED] * 3 + [S.PENDING]


def test_all_that_match_are_rejected_with_a_reason(client, plan, pia, three):
    page = ask(client, plan, "reject")
    assert "Reject 3 claims" in text(page) and "Reason (optional)" in text(page)
    response = go(client, plan, page, "reject", reason="Full house.")
    assert said(response) == ["3 claims are rejected."]
    rows = Assignment.objects.filter(pk__in=[one.pk for one in three])
    assert set(rows.values_list("status", "reason")) == {(S.REJECTED, "Full house.")}
    assert state_of(plan.claim) == S.PENDING


def test_who_claimed_since_one_looked_is_not_decided(client, plan, pia, three):
    page = ask(client, plan)
    late = assignments.claim(plan.early, plan.person("Claimer late"), by=None)
    answer = go(client, plan, page)
    assert answer.status_code == 409 and "Something has changed" in text(answer) and "Claimer late" in text(answer)
    assert [state_of(one) for one in (*three, late)] == [S.PENDING] * 4
    assert said(go(client, plan, answer)) == ["4 claims are approved."]


def test_none_or_too_many_or_a_wrong_filter(client, plan, pia, three, monkeypatch):
    for query, words in (("q=nobody", "Nothing is chosen."), ("section=x", "A filter is not valid.")):
        answer = ask(client, plan, query=query)
        assert answer["Location"] == f"{plan.at('claims/')}?{query}" and words in said(answer)[-1]
    monkeypatch.setattr(board_acts, "MOST", 2)
    assert "At most 2 rows" in said(ask(client, plan))[-1]
    assert [state_of(one) for one in three] == [S.PENDING] * 3


def test_all_of_a_festival_are_those_of_its_parts_and_no_others(client):
    main, (first, _second) = festival()
    planner(client, main.partner)
    plan, foreign = Plan(main.partner), Plan()
    section = SectionFactory(event=first)
    inside = assignments.claim(ShiftFactory(section=section), PersonFactory(event=main, crowd_type=plan.kind), by=None)
    url = f"{plan.at('').replace(str(plan.event.uid), str(main.uid))}claims/approve/"
    page = client.post(url, {"all": "1", "query": ""})
    assert "Approve 1 claim" in text(page)
    client.post(url, {"all": "1", "query": "", "go": "1", "digest": page.context["digest"]})
    assert [state_of(one) for one in (inside, plan.claim, foreign.claim)] == [S.APPROVED, S.PENDING, S.PENDING]
    client.post(url, {"uid": [str(plan.claim.uid), str(foreign.claim.uid)]})
    assert [state_of(one) for one in (plan.claim, foreign.claim)] == [S.PENDING, S.PENDING]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_any_form_is_answered(client, plan, pia, three, value):
    for name in ("query", "digest", "next", "reason", "uid"):
        for act in ("approve", "reject"):
            sent = {"all": "1", "go": "1", "query": "", "digest": "x", name: value}
            assert client.post(plan.at(f"claims/{act}/"), sent).status_code < 500, (name, act)
    assert [state_of(one) for one in three] == [S.PENDING] * 3
