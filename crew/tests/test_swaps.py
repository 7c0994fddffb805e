"""Handing a shift to a colleague: who may, until when, what both are told, and what a planner decides."""

from datetime import timedelta

import pytest
import time_machine

from accounts.factories import UserFactory
from accounts.models import AuditLog, Notification, OutgoingMail
from crew import assignments, plans, shifts, swaps
from crew.conditions import Refused
from crew.factories import PersonFactory
from crew.models import Assignment, Person, Swap
from crew.tests.portal import Scene, counters, holders
from eventify.lib.errors import Conflict, Forbidden, Invalid
from events.factories import EventFactory

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture
def asha(scene):
    return scene.person("Asha Patel")


@pytest.fixture
def bram(scene):
    return scene.person("Bram de Wit")


@pytest.fixture
def mine(scene, asha):
    """Asha's shift."""
    given = scene.gives(scene.shift(), asha)
    OutgoingMail.objects.all().delete()
    Notification.objects.all().delete()
    return given


def offered(mine, **options) -> Swap:
    return swaps.offer(mine, by=mine.person.user, **options)


def told() -> list[tuple[str, str]]:
    """(template, to) of the mails since the last look; the inbox says as much."""
    mails = list(OutgoingMail.objects.order_by("pk").values_list("template", "to"))
    assert Notification.objects.count() == len(mails)
    OutgoingMail.objects.all().delete()
    Notification.objects.all().delete()
    return mails


def status_of(swap: Swap) -> str:
    return Swap.objects.get(pk=swap.pk).status


def test_anybody_takes_it_at_once(scene, mine, asha, bram):
    swap = offered(mine, note=" I have an exam. ")
    assert (swap.status, swap.note, swap.to, told()) == ("open", "I have an exam.", None, [])
    done = swaps.take(swap, bram, by=bram.user)
    assert (done.status, done.taken_by) == ("done", bram) and done.decided_at is not None
    assert holders(mine.shift) == [
        ("Asha Patel", "cancelled", "assigned"),
        ("Bram de Wit", "approved", "swapped"),
    ]
    mine.refresh_from_db()
    assert (mine.cancellation_source, mine.cancelled_by) == ("swap", bram.user) and mine.cancelled_at is not None
    assert counters(mine.shift) == (1, 0, 0, "open")
    assert told() == [("crew_swap_done", asha.user.email), ("crew_confirmed", bram.user.email)]
    line = AuditLog.objects.filter(action="SWAPPED_SHIFT").get()
    assert (line.actor, line.details["before"], line.details["person"]) == (bram.user, "Asha Patel", "Bram de Wit")


def test_a_claimed_place_that_changes_hands_is_not_claimed_once_more(scene, asha, bram):
    shift = scene.shift(slots_total=2, slots_open_for_claiming=1)
    claimed = assignments.claim(shift, asha, by=asha.user)
    swaps.take(offered(claimed), bram, by=bram.user)
    back = offered(shift.assignments.get(person=bram))
    assert counters(shift) == (1, 0, 1, "open")
    swaps.take(back, asha, by=asha.user)  # and once more from hand to hand
    assert counters(shift) == (1, 0, 1, "open")
    with pytest.raises(Refused):
        assignments.claim(shift, chris := scene.person("Chris Okoro"), by=chris.user)
    assignments.cancel(shift.assignments.get(person=asha, status="approved"), by=scene.planner)
    assert counters(shift) == (0, 0, 0, "open")


def test_offered_to_one(scene, mine, asha, bram):
    chris = scene.person("Chris Okoro")
    swap = offered(mine, to=bram)
    assert told() == [("crew_swap_offered", bram.user.email)]
    with pytest.raises(Forbidden):
        swaps.take(swap, chris, by=chris.user)
    with pytest.raises(Forbidden):
        swaps.decline(swap, by=chris.user)
    assert swaps.decline(swap, by=bram.user).status == "declined"
    assert told() == [("crew_swap_declined", asha.user.email)]
    assert holders(mine.shift) == [("Asha Patel", "approved", "assigned")]
    with pytest.raises(Conflict, match="This offer was declined."):
        swaps.take(swap, bram, by=bram.user)
    assert offered(mine, to=chris).status == "open"  # and again


def test_for_one_of_theirs_in_return(scene, mine, asha, bram):
    """Both shifts are at the same time: what each gives does not stand in the way of what they get."""
    theirs = scene.gives(scene.shift(19, 23), bram)
    told()
    swap = offered(mine, in_return=theirs)
    assert (swap.to, swap.in_return) == (bram, theirs)
    swaps.take(swap, bram, by=bram.user)
    assert holders(mine.shift)[-1] == ("Bram de Wit", "approved", "swapped")
    assert holders(theirs.shift) == [("Bram de Wit", "cancelled", "assigned"), ("Asha Patel", "approved", "swapped")]
    assert counters(mine.shift) == counters(theirs.shift) == (1, 0, 0, "open")
    mail = OutgoingMail.objects.get(template="crew_swap_done")
    assert "From 19" in mail.context["back"] and "From 18" in mail.context["shift"]


def test_it_is_refused_with_the_sentences_of_claims(scene, mine, bram):
    swap = offered(mine)
    scene.gives(scene.shift(21, 23), bram)
    told()
    with pytest.raises(Refused) as refusal:
        swaps.take(swap, bram, by=bram.user)
    assert refusal.value.code == "overlap"
    day = f"{mine.shift.time_slot.date:%a} {mine.shift.time_slot.date.day} {mine.shift.time_slot.date:%b}"
    assert str(refusal.value.message) == (
        f"Main bar, From 18, {day}, 18:00 to 22:00 is at the same time as Main bar, From 21, {day}, 21:00 to 23:00."
    )
    assert (status_of(swap), told()) == ("open", [])


def test_rest_and_other_events_of_the_organisation_count(scene, mine, bram):
    plans.set_plan(scene.event, by=scene.planner, minimum_rest_minutes=120)
    other = Scene(partner=scene.event.partner, starts_at=scene.event.starts_at)
    there = other.person("Bram de Wit", user=bram.user)
    other.gives(other.shift(23, 2), there)
    with pytest.raises(Refused) as refusal:
        swaps.take(offered(mine), bram, by=bram.user)
    assert refusal.value.code == "rest" and "2 hours of rest" in str(refusal.value.message)


@pytest.mark.parametrize(
    "change, code",
    [
        ({"status": "pending"}, "not_approved"),
        ({"is_blacklisted": True}, "blacklisted"),
    ],
)
def test_who_may_not_work_takes_nothing(mine, bram, change, code):
    swap = offered(mine)
    Person.objects.filter(pk=bram.pk).update(**change)
    with pytest.raises(Refused) as refusal:
        swaps.take(swap, bram, by=bram.user)
    assert refusal.value.code == code


def test_others_and_other_events(scene, mine, asha, bram):
    swap = offered(mine)
    stranger = PersonFactory(event=EventFactory(partner=scene.event.partner), user=UserFactory(), crowd_type=scene.kind)
    with pytest.raises(Refused) as refusal:
        swaps.take(swap, stranger, by=stranger.user)
    assert refusal.value.code == "wrong_event"
    with pytest.raises(Forbidden):
        swaps.take(swap, bram, by=UserFactory())  # in somebody else's name
    with pytest.raises(Refused) as refusal:
        swaps.take(swap, asha, by=asha.user)  # one's own
    assert refusal.value.code == "already"
    with pytest.raises(Forbidden):
        swaps.offer(mine, by=bram.user)
    with pytest.raises(Forbidden):
        swaps.withdraw(swap, by=bram.user)
    assert status_of(swap) == "open"


def test_who_has_the_shift_beside_them_already(scene, mine, bram):
    scene.gives(mine.shift, bram)
    with pytest.raises(Refused) as refusal:
        swaps.take(offered(mine), bram, by=bram.user)
    assert refusal.value.code == "already"


def test_until_when(scene, mine, bram):
    """Offered until cancel_hours before the start, to the second; taken until the start."""
    starts_at = mine.shift.time_slot.starts_at
    assert swaps.offerable_until(mine) == starts_at - timedelta(hours=24)
    with time_machine.travel(starts_at - timedelta(hours=24), tick=False), pytest.raises(Conflict) as refusal:
        offered(mine)
    assert "it is too late to swap it. Ask the organisers." in str(refusal.value.message)
    with time_machine.travel(starts_at - timedelta(hours=24) - SECOND, tick=False):
        swap = offered(mine)
    with time_machine.travel(starts_at, tick=False), pytest.raises(Conflict, match="has begun already"):
        swaps.take(swap, bram, by=bram.user)
    with time_machine.travel(starts_at - SECOND, tick=False):
        assert swaps.take(swap, bram, by=bram.user).status == "done"


def test_what_can_be_offered(scene, mine, asha, bram):
    offered(mine)
    with pytest.raises(Conflict, match="you offer it already"):
        offered(mine)
    pending = Scene(needs_approval=True, partner=scene.event.partner)
    waits = assignments.claim(pending.shift(days=2), pending.person(user=asha.user), by=asha.user)
    with pytest.raises(Conflict, match="only a shift that is yours can be offered"):
        offered(waits)
    with pytest.raises(Invalid):
        swaps.offer(mine, by=asha.user, note="x" * 301)


def test_whom_and_what_for(scene, mine, asha, bram):
    nobody = scene.person("No Account", user=UserFactory())
    Person.objects.filter(pk=nobody.pk).update(user=None)
    nobody.refresh_from_db()
    for to in (asha, nobody):
        with pytest.raises(Invalid, match="Choose somebody else"):
            offered(mine, to=to)
    scene.gives(scene.shift(20, 23), bram)
    with pytest.raises(Refused, match="at the same time"):
        offered(mine, to=bram)
    chris = scene.person("Chris Okoro")
    theirs = scene.gives(scene.shift(9, 12), chris)
    with pytest.raises(Invalid, match="Choose a shift of the person whom you ask"):
        offered(mine, to=bram, in_return=theirs)
    with pytest.raises(Invalid, match="Choose a shift of the person whom you ask"):
        offered(mine, in_return=mine)
    assignments.cancel(theirs, by=scene.planner)
    theirs.refresh_from_db()
    with pytest.raises(Invalid, match="Choose a shift that they have"):
        offered(mine, in_return=theirs)
    assert not Swap.objects.exists()


def test_what_comes_in_return_must_still_be_there(scene, mine, bram):
    theirs = scene.gives(scene.shift(9, 12), bram)
    swap = offered(mine, in_return=theirs)
    assignments.cancel(theirs, by=scene.planner)
    assert status_of(swap) == "withdrawn"
    with pytest.raises(Conflict, match="This offer was withdrawn."):
        swaps.take(swap, bram, by=bram.user)


def test_what_is_cancelled_cannot_be_taken(scene, mine, bram):
    swap = offered(mine)
    assignments.cancel(mine, by=scene.planner)
    with pytest.raises(Conflict, match="This offer was withdrawn."):
        swaps.take(swap, bram, by=bram.user)
    assert counters(mine.shift) == (0, 0, 0, "open")


# --- Where claims need approval


@pytest.fixture
def careful():
    return Scene(needs_approval=True)


def test_a_planner_approves(careful):
    asha, bram = careful.person("Asha Patel"), careful.person("Bram de Wit")
    mine = careful.gives(careful.shift(), asha)
    told()
    swap = swaps.take(offered(mine), bram, by=bram.user)
    assert (swap.status, told()) == ("waiting_approval", [("crew_swap_waiting", asha.user.email)])
    assert holders(mine.shift) == [("Asha Patel", "approved", "assigned")]  # the first holder keeps it until then
    assert list(swaps.of_event(careful.event)) == [swap]
    for who in (asha.user, bram.user, UserFactory()):
        with pytest.raises(Forbidden):
            swaps.approve_swap(swap, by=who)
    with pytest.raises(Conflict, match="the organisers decide on it now"):
        swaps.take(swap, bram, by=bram.user)
    assert swaps.approve_swap(swap, by=careful.planner).status == "done"
    assert holders(mine.shift)[-1] == ("Bram de Wit", "approved", "swapped")
    assert Assignment.objects.get(person=bram).assigned_by == careful.planner
    assert counters(mine.shift) == (1, 0, 0, "open")
    assert told() == [("crew_swap_done", asha.user.email), ("crew_claim_approved", bram.user.email)]
    assert list(swaps.of_event(careful.event)) == []
    with pytest.raises(Conflict):
        swaps.approve_swap(swap, by=careful.planner)


def test_a_planner_refuses(careful):
    asha, bram = careful.person("Asha Patel"), careful.person("Bram de Wit")
    mine = careful.gives(careful.shift(), asha)
    swap = swaps.take(offered(mine), bram, by=bram.user)
    told()
    with pytest.raises(Forbidden):
        swaps.refuse_swap(swap, by=bram.user)
    with pytest.raises(Invalid):
        swaps.refuse_swap(swap, by=careful.planner, reason="x" * 501)
    assert swaps.refuse_swap(swap, by=careful.planner, reason="Bram is new.").status == "declined"
    assert told() == [("crew_swap_refused", asha.user.email), ("crew_swap_refused", bram.user.email)]
    assert holders(mine.shift) == [("Asha Patel", "approved", "assigned")]


def test_meanwhile_something_else_came(careful):
    """Nothing changes when it cannot be done any more; the planner reads why."""
    asha, bram = careful.person("Asha Patel"), careful.person("Bram de Wit")
    mine = careful.gives(careful.shift(), asha)
    swap = swaps.take(offered(mine), bram, by=bram.user)
    careful.gives(careful.shift(20, 23), bram)
    with pytest.raises(Refused) as refusal:
        swaps.approve_swap(swap, by=careful.planner)
    assert refusal.value.code == "overlap"
    assert (status_of(swap), counters(mine.shift)) == ("waiting_approval", (1, 0, 0, "open"))


def test_the_giver_withdraws_while_it_waits(careful):
    asha, bram = careful.person("Asha Patel"), careful.person("Bram de Wit")
    mine = careful.gives(careful.shift(), asha)
    swap = swaps.take(offered(mine), bram, by=bram.user)
    told()
    assert swaps.withdraw(swap, by=asha.user).status == "withdrawn"
    assert told() == [("crew_swap_withdrawn", bram.user.email)]
    with pytest.raises(Conflict):
        swaps.approve_swap(swap, by=careful.planner)


def test_an_open_offer_is_withdrawn_in_silence(mine, asha):
    assert swaps.withdraw(offered(mine), by=asha.user).status == "withdrawn"
    assert told() == []


def test_a_deleted_shift_takes_its_offers_along(scene, mine, bram):
    swap = offered(mine)
    shifts.delete(mine.shift, by=scene.planner)
    assert status_of(swap) == "withdrawn"
    assert bram.pk and list(swaps.open_to_all(bram.user)) == []


# --- Who sees which


def test_who_sees_which(scene, mine, asha, bram):
    chris, stranger = scene.person("Chris Okoro"), UserFactory()
    other = Scene(partner=scene.event.partner).person("Dina Elsewhere")
    swap = offered(mine)
    for user, sees, in_list in (
        (asha.user, True, False),
        (bram.user, True, True),
        (other.user, False, False),
        (stranger, False, False),
    ):
        assert (swap in swaps.visible_to(user), swap in swaps.open_to_all(user)) == (sees, in_list)
    swaps.withdraw(swap, by=asha.user)
    named = offered(mine, to=bram)
    assert [named in swaps.visible_to(one.user) for one in (asha, bram, chris)] == [True, True, False]
    assert list(swaps.waiting_for(bram.user)) == [named] and not swaps.waiting_for(chris.user)
    assert list(swaps.open_to_all(bram.user)) == []


def test_a_festivals_people_and_its_parts():
    """A part in the festival is one in its sub-events; a part in one day is none in another."""
    festival = Scene(kind="festival")
    friday, saturday = (EventFactory(parent=festival.event, partner=festival.event.partner) for _day in range(2))
    people = [festival.person("Asha"), festival.person("Bram"), festival.person("Fri", event=friday)]
    people.append(festival.person("Sat", event=saturday))
    shift = Scene.shift(festival, section=None)
    shift.section.event = friday
    shift.section.save()
    mine = festival.gives(shift, people[0])
    swap = offered(mine)
    assert [swap in swaps.open_to_all(one.user) for one in people] == [False, True, True, False]
