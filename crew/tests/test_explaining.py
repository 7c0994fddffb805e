"""Why not, of shifts: the reason is that of the verb, in every state and for every kind of person."""

from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from accounts.factories import UserFactory
from accounts.tests.asking import asked
from crew import (
    access,
    assignments,
    companies,
    crowd_lists,
    crowd_types,
    explaining,
    locations,
    picking,
    roster,
    sections,
    shifts,
    swaps,
    tags,
    time_slots,
)
from crew.factories import CompanyFactory, CrowdListFactory, LocationFactory, PersonTagFactory, SectionFactory
from crew.models import Person, Shift
from crew.tests.portal import Scene
from eventify.lib.errors import Conflict, Forbidden, Missing
from eventify.tests.lent import for_the_module
from events.models import Event
from partners import members
from partners.models import Member

pytestmark = pytest.mark.django_db
ACTIONS = {one.id: one for one in explaining.ACTIONS}


class World:
    """Shifts in every state, and everybody who may look at them."""

    def __init__(self):
        self.scene = scene = Scene()
        self.asha, self.bram = scene.person("Asha Patel"), scene.person("Bram de Wit")
        barred = scene.person("Barred", is_blacklisted=True)
        waits = scene.person("Waits", status=Person.Status.PENDING)
        manager, self.stranger = UserFactory(full_name="Member"), UserFactory(full_name="Stranger")
        members.add(scene.event.partner, manager, Member.Role.MEMBER, by=None)
        persons = [one.user for one in (self.asha, self.bram, barred, waits)]
        self.people = [*persons, scene.planner, manager, self.stranger]
        self.shifts = self._shifts()
        self.claimed = assignments.claim(self.shifts["waits"], self.slow, by=self.slow.user)
        self.swap = swaps.offer(picking.place_in(self.shifts["hers"], self.asha.user), by=self.asha.user)

    def _shifts(self) -> dict[str, Shift]:
        scene, status = self.scene, Shift.Status
        found = {"free": scene.shift(8, 9), "hers": scene.shift(12, 14), "beside hers": scene.shift(13, 15)}
        scene.gives(found["hers"], self.asha)
        found["full"] = scene.shift(16, 17, slots_total=1, slots_open_for_claiming=1)
        scene.gives(found["full"], self.bram)
        found["none to claim"] = scene.shift(18, 19, slots_open_for_claiming=0)
        found["draft"] = scene.shift(20, 21, status=status.DRAFT)
        found["cancelled"] = scene.shift(20, 21, status=status.CANCELLED)
        found["begun"] = scene.shift(0, 1, days=-60)
        found["not taking"] = scene.shift(8, 9, days=1)
        other = Scene(partner=scene.event.partner, state=Event.State.CANCELLED)
        found["of a cancelled event"] = other.shift()
        waiting = Scene(partner=scene.event.partner, needs_approval=True)
        self.slow, found["waits"] = waiting.person("Slow"), waiting.shift()
        return found


made = for_the_module(World)


def part(user, shift) -> Person:
    """Who the user is there, as the pages find it."""
    person = roster.person_for(user, shift.section)
    if person is None:
        raise Missing
    return person


def mine(user, shift):
    held = picking.place_in(shift, user)
    if held is None or held.status not in ("pending_approval", "approved"):
        raise Conflict
    return held


def check_planner(user, shift) -> None:
    if not user.can("manage_crew", on=shift.section.event):
        raise Forbidden


def check_seen(user, shift) -> None:
    if not access.event_for(user, shift.section.event.uid) and not picking.visible_shift(user, shift.uid):
        raise Missing


def test_shifts(made):
    found = []
    for (name, shift), by in product(made.shifts.items(), [*made.people, made.slow.user]):

        def claimed(shift=shift, by=by):
            check_seen(by, shift)
            assignments.claim(shift, part(by, shift), by=by)

        whom = {"waits": made.slow, "full": made.asha}.get(name, made.bram)

        def assigned(shift=shift, by=by, whom=whom):
            check_seen(by, shift)
            check_planner(by, shift)
            assignments.assign(shift, whom, by=by)

        def given_up(shift=shift, by=by):
            check_seen(by, shift)
            assignments.cancel(mine(by, shift), by=by)

        def offered(shift=shift, by=by):
            check_seen(by, shift)
            swaps.offer(mine(by, shift), by=by)

        found.append(((name, str(by), "claim"), asked(ACTIONS["claim_shift"], shift, by, claimed)))
        if by not in (made.asha.user, made.scene.planner, made.stranger):
            continue
        for action, verb, said in (
            ("assign_shift", assigned, {"person": str(whom.uid)}),
            ("give_up_shift", given_up, {}),
            ("offer_shift", offered, {}),
        ):
            found.append(((name, str(by), action), asked(ACTIONS[action], shift, by, verb, **said)))
    wrong = [f"{case}: {one.answer}, done: {one.refusal!r}" for case, one in found if not one.agree]
    assert wrong == []
    codes = {one.answer.code for _case, one in found}
    assert codes >= {None, "overlap", "no_slots", "full", "already", "not_open", "not_approved", "blacklisted",
                     "forbidden", "not_found", "conflict"}  # fmt: skip


def test_claims_and_offers(made):
    found = []
    for by in [*made.people, made.slow.user]:

        def approved(by=by):
            if by != made.slow.user and not any(
                by.can(one, on=made.claimed.shift.section.event) for one in access.PLANNING
            ):
                raise Missing
            check_planner(by, made.claimed.shift)
            assignments.approve(made.claimed, by=by)

        def taken(by=by):
            if not swaps.visible_to(by).filter(pk=made.swap.pk).exists():
                raise Missing
            swaps.take(made.swap, part(by, made.swap.offered.shift), by=by)

        found.append(((str(by), "approve"), asked(ACTIONS["approve_claim"], made.claimed, by, approved)))
        found.append(((str(by), "take"), asked(ACTIONS["take_swap"], made.swap, by, taken)))
    assert [f"{case}: {one.answer}, done: {one.refusal!r}" for case, one in found if not one.agree] == []
    assert {one.answer.code for _case, one in found} >= {None, "forbidden", "not_found"}


def test_deleting(made):
    """Shifts, and what they stand in; a plan's parts are there for who plans it only."""
    scene, shift, partner = made.scene, made.shifts["hers"], made.scene.event.partner
    worked = scene.shift(22, 23)
    scene.gives(worked, made.bram)
    worked.assignments.update(status="completed")
    rows = {
        shift: shifts.delete, worked: shifts.delete, shift.section: sections.delete,
        shift.time_slot: time_slots.delete, made.asha.crowd_type: crowd_types.delete,
        SectionFactory(event=scene.event): sections.delete, LocationFactory(event=scene.event): locations.delete,
        CrowdListFactory(event=scene.event): crowd_lists.delete, CompanyFactory(partner=partner): companies.delete,
        PersonTagFactory(partner=partner): tags.deactivate,
    }  # fmt: skip
    found = []
    for (row, verb), by in product(rows.items(), (scene.planner, made.asha.user, made.stranger)):

        def deleted(row=row, verb=verb, by=by):
            if not by.can("manage_crew", on=scene.event):
                raise Missing
            verb(row, by=by)

        found.append(((str(row), str(by)), asked(ACTIONS["delete_from_plan"], row, by, deleted)))
    assert [f"{case}: {one.answer}, done: {one.refusal!r}" for case, one in found if not one.agree] == []
    rules = {one.answer.rule for _case, one in found}
    assert rules == {None, "shift_worked", "has_shifts", "crowd_type_used", "not_found"}


@pytest.mark.parametrize(
    ("name", "who", "kind", "rule", "says"),
    [
        ("full", "asha", "limit", "no_slots", "no place is left to claim"),
        ("beside hers", "asha", "rule", "overlap", "at the same time as"),
        ("hers", "asha", "state", "already", "has it already"),
        ("begun", "asha", "state", "not_open", "has begun already"),
        ("of a cancelled event", "planner", "state", "not_found", "no part in the crew"),
    ],
)
def test_what_is_said_of_a_claim(made, name, who, kind, rule, says):
    user = made.scene.planner if who == "planner" else made.asha.user
    answer = asked(ACTIONS["claim_shift"], made.shifts[name], user, lambda: None).answer
    assert (answer.allowed, answer.kind, answer.rule) == (False, kind, rule)
    assert says in answer.sentence
    if rule == "no_slots":
        assert answer.facts == {"limit": 1, "claimed": 0, "filled": 1}
        assert answer.fix["url"] == f"/crew/{made.scene.event.slug}/"


def test_it_is_too_late_to_give_a_shift_back(made):
    shift = made.shifts["hers"]
    slot = shift.time_slot
    type(slot).objects.filter(pk=slot.pk).update(starts_at=timezone.now() + timedelta(minutes=5))
    answer = asked(ACTIONS["give_up_shift"], shift, made.asha.user, lambda: None).answer
    assert (answer.code, answer.kind, answer.rule) == ("conflict", "state", "too_late")
    assert answer.facts["until"].endswith("Z") and answer.fix["sentence"] == "Ask the organisers."
