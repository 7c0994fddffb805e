"""Why not, of the people of a crew and of decisions: the reason is that of the verb, for every kind of person."""

from functools import partial
from itertools import product

import pytest

from accounts.factories import UserFactory
from accounts.models import AuditLog, OutgoingMail
from accounts.tests.asking import asked
from crew import (
    access,
    assignments,
    crowd_lists,
    explaining,
    explaining_people,
    matches,
    persons,
    shifts,
    signup,
    swaps,
    tags,
)
from crew.factories import CrowdListFactory, PersonFactory, PersonTagFactory
from crew.models import IdentityMatch, Person, Shift, UserTag
from crew.tests.portal import Scene
from eventify.lib.errors import Forbidden, Invalid, Missing
from eventify.tests.lent import for_the_module
from events.factories import EventFactory
from events.models import Event
from partners import members
from partners.factories import PartnerFactory
from partners.models import Member

pytestmark = pytest.mark.django_db
ACTIONS = {one.id: one for one in (*explaining_people.ACTIONS, *explaining.ACTIONS)}
GIVEN = {"source": UserTag.Source.ORGANISER}


class World:
    """People in each state, what waits for a decision, and who looks."""

    def __init__(self):
        self.scene = scene = Scene()
        self.asha, self.barred = scene.person("Asha Patel"), scene.person("Barred", is_blacklisted=True)
        worked = scene.person("Worked")
        scene.gives(scene.shift(22, 23), worked)
        worked.assignments.update(status="completed")
        self.unknown = PersonFactory(event=scene.event, crowd_type=scene.kind, name="Unknown")
        waits = scene.person("Waits", status=Person.Status.PENDING)
        rejected = scene.person("Rejected", status=Person.Status.REJECTED)
        self.persons = [self.asha, self.barred, worked, self.unknown, waits, rejected]
        manager = UserFactory(full_name="Member")
        members.add(scene.event.partner, manager, Member.Role.MEMBER, by=None)
        self.askers = [scene.planner, manager, self.asha.user, UserFactory(full_name="Stranger")]
        self.list, self.full = (CrowdListFactory(event=scene.event, max_persons=most) for most in (None, 1))
        crowd_lists.add(self.list, self.asha, by=scene.planner)
        crowd_lists.add(self.full, waits, by=scene.planner)
        self.tag, self.old = (PersonTagFactory(partner=scene.event.partner, is_active=one) for one in (True, False))
        self._decisions()

    def _decisions(self) -> None:
        scene = self.scene
        made = (IdentityMatch(partner=scene.event.partner, person=one, user=UserFactory()) for one in self.persons[3:5])
        self.matches = IdentityMatch.objects.bulk_create(made)
        decided = PersonFactory(event=scene.event, crowd_type=scene.kind)
        self.matches.append(
            IdentityMatch.objects.create(partner=scene.event.partner, person=decided, user=UserFactory())
        )
        matches.dismiss(self.matches[-1], by=scene.planner)
        slow = Scene(partner=scene.event.partner, needs_approval=True)
        claims = [slow.person("Slow"), slow.person("Slower")]
        shift = slow.shift()
        self.claims = [assignments.claim(shift, one, by=one.user) for one in claims]
        assignments.reject(self.claims[1], by=scene.planner)
        self.swaps = [
            swaps.offer(scene.gives(scene.shift(hour, hour + 1), self.asha), by=self.asha.user) for hour in (8, 10)
        ]
        swaps.withdraw(self.swaps[1], by=self.asha.user)


made = for_the_module(World)


def wrong(found) -> list[str]:
    return [f"{case}: {one.answer}, done: {one.refusal!r}" for case, one in found if not one.agree]


def planned(made, by, verb):
    """What the pages judge before the verb: who plans no crew there sees nobody of it."""
    if not by.can("manage_crew", on=made.scene.event):
        raise Missing
    verb()


def test_decisions_over_people(made):
    verbs = {
        "approve": persons.approve, "reject": persons.reject, "delete": persons.delete,
        "no_show": partial(persons.change, status=Person.Status.NO_SHOW),
        "blacklist": persons.blacklist, "unblacklist": partial(persons.blacklist, is_on=False),
    }  # fmt: skip
    found = []
    for person, (decision, verb), by in product(made.persons, verbs.items(), made.askers):
        done = partial(planned, made, by, lambda verb=verb, person=person, by=by: verb(person, by=by))
        said = {"decision": decision}
        found.append(((str(person), decision, str(by)), asked(ACTIONS["decide_person"], person, by, done, **said)))
    assert wrong(found) == []
    assert {one.answer.rule for _case, one in found} == {None, "blacklisted", "has_worked", "not_found"}


def test_lists_and_tags(made):
    found, by = [], made.scene.planner
    for person, row in product(made.persons, (made.list, made.full)):
        for name, verb in (("put_on_list", crowd_lists.add), ("take_off_list", crowd_lists.remove)):
            done = partial(verb, row, person, by=by)
            one = asked(ACTIONS[name], person, by, done, crowd_list=str(row.uid))
            found.append(((str(person), name, row.name), one))
    for person, tag in product(made.persons, (made.tag, made.old)):
        done = partial(tags.give_to, person, tag, by=by)
        found.append(((str(person), tag.name), asked(ACTIONS["give_tag"], person, by, done, tag=str(tag.uid))))
    assert wrong(found) == []
    sentences = " ".join(one.answer.sentence for _case, one in found)
    for words in ("blacklist", "on this list already", "is full", "is not on this list", "account", "not in use"):
        assert words in sentences
    assert asked(ACTIONS["give_tag"], made.unknown, by, lambda: None).answer.rule == "no_account"
    assert asked(ACTIONS["give_tag"], made.asha, by, lambda: None).answer.allowed
    assert asked(ACTIONS["put_on_list"], made.asha, by, lambda: None).answer.sentence == "Say which list."
    with pytest.raises(Invalid):
        explaining_people.ACTIONS[1].attempt(made.asha, by=by, crowd_list="nothing")


def test_tags_taken_and_used_again(made):
    """What was given can be taken once, and only by who plans the crew; a tag out of use can be used again."""
    given = tags.give_to(made.asha, made.tag, by=made.scene.planner)
    asked_of = [(given, made.asha), (UserTag(pk=0, user=made.asha.user, tag=made.tag, **GIVEN), made.asha)]
    found = []
    for (row, person), by in product(asked_of, made.askers):

        def taken(row=row, by=by):
            planned(made, by, lambda: tags.take_away(row, by=by))

        found.append(((row.pk, str(by)), asked(ACTIONS["take_tag"], person, by, taken, tag=str(row.uid))))
    for tag, by in product((made.tag, made.old), made.askers):
        done = partial(planned, made, by, partial(tags.change, tag, is_active=True, by=by))
        found.append(((tag.name, str(by)), asked(ACTIONS["use_tag"], tag, by, done)))
    assert wrong(found) == []
    assert {one.answer.rule for _case, one in found} == {None, "not_found"}
    assert UserTag.objects.filter(pk=given.pk).exists()


def test_signing_up(made):
    """For an event in each state of its registration; planners may know the address already."""
    opened, closed = made.scene, Scene(state=Event.State.PUBLISHED).event
    kindless = EventFactory(partner=PartnerFactory(), state=Event.State.REGISTRATION_OPEN)
    PersonFactory(event=opened.event, crowd_type=opened.kind, email=made.askers[1].email)
    found = []
    for event, by in product((opened.event, closed, kindless), made.askers):
        done = partial(signup.sign_up, event, user=by)
        found.append(((str(event), str(by)), asked(ACTIONS["join_crew"], event, by, done)))
    assert wrong(found) == []
    rules = {one.answer.rule for _case, one in found}
    assert rules >= {None, "registration_closed", "no_signup_type", "known_by_address"}


def test_moving(made):
    """To another shift that is free, at the same time or gone, and out of their own."""
    scene = made.scene
    held = scene.gives(scene.shift(1, 2), made.asha)
    scene.gives(scene.shift(4, 6), made.asha)
    over = scene.gives(scene.shift(6, 7), made.persons[2])
    over.shift.assignments.update(status="completed")
    found = []
    for row, to, by in product((held, over), (scene.shift(2, 3), scene.shift(5, 6), None), made.askers):

        def moved(row=row, to=to, by=by):
            if not by.can("manage_crew", on=scene.event):
                is_seen = row.person.user_id == by.pk or any(by.can(one, on=scene.event) for one in access.PLANNING)
                raise Forbidden if is_seen else Missing
            assignments.move(row, to, by=by) if to else assignments.cancel(row, by=by)

        said = {"shift": str(to.uid)} if to else {}
        found.append(((str(row), str(to), str(by)), asked(ACTIONS["move_assignment"], row, by, moved, **said)))
    assert wrong(found) == []
    assert {one.answer.rule for _case, one in found} >= {None, "overlap", "permission", "not_found"}


def test_matches_claims_and_offers(made):
    found = []
    for row, (decision, verb), by in product(
        made.matches, (("confirm", matches.confirm), ("dismiss", matches.dismiss)), made.askers
    ):
        done = partial(planned, made, by, lambda verb=verb, row=row, by=by: verb(row, by=by))
        one = asked(ACTIONS["decide_match"], row, by, done, decision=decision)
        found.append(((str(row.person), decision, str(by)), one))
    for claim in made.claims:
        done = partial(assignments.reject, claim, by=made.scene.planner)
        found.append(((str(claim.person),), asked(ACTIONS["reject_claim"], claim, made.scene.planner, done)))
    verbs = (swaps.approve_swap, swaps.refuse_swap, swaps.decline, swaps.withdraw)
    for swap, verb, by in product(made.swaps, verbs, (made.scene.planner, made.asha.user)):
        decision = verb.__name__.removesuffix("_swap")
        one = asked(ACTIONS["decide_swap"], swap, by, partial(verb, swap, by=by), decision=decision)
        found.append(((str(swap.pk), decision, str(by)), one))
    assert wrong(found) == []
    rules = {one.answer.rule for _case, one in found}
    assert rules >= {None, "has_account", "decided", "swap_decided", "permission", "not_found", "forbidden"}


def test_leaving_and_opening(made):
    found = []
    for person, by in product(made.persons, (made.asha.user, made.persons[2].user, made.persons[5].user)):

        def left(person=person, by=by):
            if person.user != by:
                raise Missing
            signup.withdraw(person, by=by)

        found.append(((str(person), str(by)), asked(ACTIONS["leave_crew"], person, by, left)))
    drafts = [made.scene.shift(status=Shift.Status.DRAFT), made.scene.shift(status=Shift.Status.CANCELLED)]
    for shift, by in product(drafts, made.askers[:2]):

        def opened(shift=shift, by=by):
            if not by.can("manage_crew", on=made.scene.event):
                raise Forbidden
            if shift.status == Shift.Status.DRAFT:
                shifts.change(shift, status=Shift.Status.OPEN, by=by)

        found.append(((str(shift), str(by)), asked(ACTIONS["open_shift"], shift, by, opened)))
    assert wrong(found) == []
    assert {one.answer.rule for _case, one in found} >= {None, "decided", "has_worked", "permission", "not_found"}


def test_a_question_decides_nothing(made, django_capture_on_commit_callbacks):
    before = [OutgoingMail.objects.count(), AuditLog.objects.count()]
    with django_capture_on_commit_callbacks() as left:
        for decision in ("approve", "reject", "delete"):
            answer = asked(
                ACTIONS["decide_person"], made.persons[4], made.scene.planner, lambda: None, decision=decision
            )
            assert answer.answer.allowed
    assert [OutgoingMail.objects.count(), AuditLog.objects.count()] == before and left == []
    assert Person.objects.get(pk=made.persons[4].pk).status == Person.Status.PENDING
