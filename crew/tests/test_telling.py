"""What people are told: the words of every mail, to whom it goes, and that many cost as much as one."""

from datetime import time, timedelta

import pytest
import time_machine
from django.conf import settings
from django.core import mail as outbox
from django.utils import translation

from accounts import mail
from accounts.factories import UserFactory
from accounts.models import Notification, OutgoingMail
from crew import assignments, persons, shifts, swaps, telling, time_slots
from crew.factories import LocationFactory, PersonFactory
from crew.models import Assignment, Person
from crew.tests.portal import Scene
from crew.tests.scenes import queries_of
from eventify.lib.dates import date_format

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return Scene(name="Lowlands")


@pytest.fixture
def asha(scene):
    return scene.person("Asha Patel")


def sent() -> list:
    """Send what is owed; the mails, and none failed."""
    outbox.outbox.clear()
    mail.send_pending()
    assert not OutgoingMail.objects.filter(sent_at=None).exists()
    return list(outbox.outbox)


def inbox(user) -> list[tuple[str, str, str, str]]:
    """(title, message, url, level) of what the user has not read, oldest first; it is read then."""
    unread = user.notifications.filter(is_read=False).order_by("pk")
    said = list(unread.values_list("title", "message", "url", "level"))
    unread.update(is_read=True)
    return said


def day_of(shift) -> str:
    date = shift.time_slot.date
    return f"{date:%a} {date.day} {date:%b}"


def zone_of(shift) -> str:
    return shift.time_slot.starts_at.astimezone(shift.time_slot.event.zone).tzname()


def test_a_shift_is_spoken_of_in_its_own_zone(scene):
    shift = scene.shift(22, 2)
    said = f"Main bar, From 22, {day_of(shift)}, 22:00 to 02:00"
    assert (telling.spoken(shift), telling.written(shift)) == (said, f"{said} ({zone_of(shift)})")


def test_approved_and_rejected(scene, asha):
    persons.reject(asha, by=scene.planner, reason="All places are taken.")
    [letter] = sent()
    assert (letter.to, letter.subject) == ([asha.email], "Not this time: the crew of Lowlands")
    assert letter.body == (
        "Thank you for offering your help. The organiser of Lowlands has no place for you this time.\n"
        "The organiser says: All places are taken.\n\n"
        "If you had chosen or were given shifts there, you need not come for them.\n\n"
        f"Other events that look for people: {settings.SITE_URL}/crew/\n"
    )
    assert inbox(asha.user) == [("Not this time: the crew of Lowlands", "All places are taken.", "/crew/", "info")]
    persons.approve(asha, by=scene.planner)
    [letter] = sent()
    path = f"/crew/{scene.event.slug}/"
    assert letter.subject == "You are part of the crew of Lowlands"
    assert letter.body == (
        "The organiser of Lowlands approved you. You can choose your shifts now:\n"
        f"{settings.SITE_URL}{path}\n\n"
        f"Your roster, also as a calendar for your phone: {settings.SITE_URL}/crew/roster/\n"
    )
    assert inbox(asha.user) == [("You are part of the crew of Lowlands", "", path, "success")]


def test_given_claimed_and_cancelled(scene, asha):
    shift = scene.shift()
    written, url = telling.written(shift), f"/crew/shifts/{shift.uid}/"
    given = scene.gives(shift, asha)
    [letter] = sent()
    assert letter.subject == "You have a shift at Lowlands"
    assert letter.body == (
        f"The organiser of Lowlands gave you this shift:\n{written}\n\n"
        f"Where to be, and what to do if you cannot come:\n{settings.SITE_URL}{url}\n"
    )
    assert inbox(asha.user) == [("You have a shift at Lowlands", telling.spoken(shift), url, "success")]
    assignments.cancel(given, by=scene.planner, reason="Rain.")
    [letter] = sent()
    assert letter.subject == "Your shift at Lowlands is cancelled"
    assert letter.body == (
        f"You need not come for this shift; the organiser cancelled it:\n{written}\nThe organiser says: Rain.\n\n"
        f"What you still have, and other shifts: {settings.SITE_URL}/crew/\n"
    )
    assert inbox(asha.user) == [("Your shift is cancelled", telling.spoken(shift), "/crew/", "critical")]
    mine = assignments.claim(shift, asha, by=asha.user)
    [letter] = sent()
    assert letter.subject == "Your shift at Lowlands is confirmed" and written in letter.body
    assert [title for title, *_rest in inbox(asha.user)] == ["Your shift is confirmed"]
    assignments.cancel(mine, by=asha.user)  # one's own act
    assert (sent(), inbox(asha.user)) == ([], [])


def test_a_claim_that_waits(asha):
    scene = Scene(needs_approval=True, name="Lowlands")
    person, (first, second) = scene.person(user=asha.user), (scene.shift(), scene.shift(days=1))
    claims = [assignments.claim(shift, person, by=asha.user) for shift in (first, second)]
    assert (sent(), inbox(asha.user)) == ([], [])
    assignments.approve(claims[0], by=scene.planner)
    assignments.reject(claims[1], by=scene.planner, reason="Full.")
    assert [letter.subject for letter in sent()] == [
        "Your shift at Lowlands is approved",
        "You do not get this shift at Lowlands",
    ]
    assert [title for title, *_rest in inbox(asha.user)] == ["Your shift is approved", "You do not get this shift"]


def test_who_has_no_account_gets_the_mail_alone(scene):
    person = PersonFactory(event=scene.event, crowd_type=scene.kind, email="by@example.com")
    nowhere = PersonFactory(event=scene.event, crowd_type=scene.kind, email="")
    for one in (person, nowhere):
        scene.gives(scene.shift(), one)
    assert [letter.to for letter in sent()] == [["by@example.com"]]
    assert not Notification.objects.exists()


def test_who_has_no_address_of_their_own_is_told_at_their_accounts(scene):
    user = UserFactory()
    person = scene.person(user=user, email="")
    scene.gives(scene.shift(), person)
    assert [letter.to for letter in sent()] == [[user.email]]


def test_a_shift_that_moves_says_before_and_now(scene, asha):
    shift = scene.shift()
    scene.gives(shift, asha)
    was = telling.written(shift)
    sent(), inbox(asha.user)
    time_slots.change(shift.time_slot, by=scene.planner, start_time=time(19, 30))
    shift.time_slot.refresh_from_db()
    [letter] = sent()
    assert letter.subject == "Your shift at Lowlands has changed"
    assert letter.body == (
        f"Before: {was}\nNow: {telling.written(shift)}\n\n"
        f"If you cannot come at that time, say so here:\n{settings.SITE_URL}/crew/shifts/{shift.uid}/\n"
    )
    [(title, message, url, level)] = inbox(asha.user)
    assert (title, level) == ("Your shift at Lowlands has changed", "critical")
    assert (message, url) == (telling.spoken(shift), f"/crew/shifts/{shift.uid}/")


def test_another_place_is_told_too(scene, asha):
    shift = scene.shift()
    scene.gives(shift, asha)
    sent(), inbox(asha.user)
    shifts.change(shift, by=scene.planner, location=LocationFactory(event=scene.event, name="South gate"))
    [letter] = sent()
    assert "Place: South gate" in letter.body and "Before:" not in letter.body


def test_a_slot_of_several_shifts_makes_one_mail_for_each_person(scene, asha):
    """Asha has two of them, side by side; Bram one; Chris gave his back."""
    slot = scene.slot()
    bram, chris = scene.person("Bram de Wit"), scene.person("Chris Okoro")
    held = [scene.shift(allow_overlap=True) for _shift in range(3)]
    for shift in held:
        shift.time_slot = slot
        shift.save()
    for shift, person in ((held[0], asha), (held[1], asha), (held[2], bram)):
        scene.gives(shift, person)
    assignments.cancel(scene.gives(held[2], chris), by=chris.user)
    sent()
    time_slots.change(slot, by=scene.planner, end_time=time(23))
    letters = {letter.to[0]: letter.body for letter in sent()}
    assert set(letters) == {asha.email, bram.email}
    assert letters[asha.email].count("Now:") == 2 and letters[bram.email].count("Now:") == 1
    assert "/crew/roster/" in letters[asha.email]


def test_each_is_told_in_their_language_whoever_changes_the_shift(scene):
    shift, speaks = scene.shift(slots_total=3), {"hi": "आपकी", "nl": "dienst", "": "Your shift at Lowlands has changed"}
    people = [scene.person(f"Of {language}", user=UserFactory(language=language)) for language in speaks]
    for person in people:
        scene.gives(shift, person)
    sent(), [inbox(person.user) for person in people]
    time_slots.change(shift.time_slot, by=scene.planner, start_time=time(19, 30))
    letters = {letter.to[0]: letter for letter in sent()}
    for person, said in zip(people, speaks.values(), strict=True):
        [(title, message, _url, _level)] = inbox(person.user)
        letter = letters[person.email]
        assert said in title and letter.subject == title and letter.body.count(f"{message} (") == 1
        with translation.override(person.user.language or "en"):
            day = date_format(shift.time_slot.date, "D j M")
        assert letter.body.count(day) == 2 and day in message  # before and now


def test_what_is_over_tells_nobody(scene, asha):
    shift = scene.shift()
    scene.gives(shift, asha)
    sent(), inbox(asha.user)
    with time_machine.travel(shift.time_slot.ends_at + timedelta(seconds=1)):
        telling.shift_changed(shift, was=telling.noted(shift))
    assert (sent(), inbox(asha.user)) == ([], [])


def test_the_words_of_a_swap(scene, asha):
    bram = scene.person("Bram de Wit")
    mine, theirs = scene.gives(scene.shift(), asha), scene.gives(scene.shift(9, 12), bram)
    sent(), inbox(bram.user)
    swap = swaps.offer(mine, by=asha.user, in_return=theirs, note="Exam, sorry")
    [letter] = sent()
    url = f"{settings.SITE_URL}/crew/swaps/{swap.uid}/"
    assert (letter.to, letter.subject) == ([bram.email], "Asha P. offers you a shift at Lowlands")
    assert letter.body == (
        f"Asha P. asks whether you can take over this shift:\n{telling.written(mine.shift)}\n\n"
        f"In return for this one of yours:\n{telling.written(theirs.shift)}\n\n"
        f"Asha P. says: Exam, sorry\n\nTake it, or say that you cannot:\n{url}\n"
    )
    assert inbox(bram.user) == [
        ("Asha P. offers you a shift", telling.spoken(mine.shift), f"/crew/swaps/{swap.uid}/", "info")
    ]
    swaps.take(swap, bram, by=bram.user)
    to_asha, to_bram = sent()
    assert (to_asha.to, to_asha.subject) == ([asha.email], "Bram W. has taken your shift at Lowlands")
    assert to_asha.body == (
        f"You need not come for this shift; Bram W. does it:\n{telling.written(mine.shift)}\n\n"
        f"In return you have this one now:\n{telling.written(theirs.shift)}\n\n"
        f"Your roster: {settings.SITE_URL}/crew/roster/\n"
    )
    assert (to_bram.to, to_bram.subject) == ([bram.email], "Your shift at Lowlands is confirmed")


def test_every_mail_of_a_swap_can_be_written(scene, asha):
    """No mail but these is owed, so none waits for ever in the queue."""
    bram = scene.person("Bram de Wit")
    swap = swaps.offer(scene.gives(scene.shift(), asha), by=asha.user, to=bram)
    swap.taken_by = bram
    for what in telling._SWAPS:
        telling.swap_changed(swap, what, asha, who="Bram W.", reason="Because.")
    letters = sent()
    assert all(letter.subject and letter.body and "{" not in letter.body for letter in letters)
    assert len({letter.subject for letter in letters}) == len(telling._SWAPS) + 2  # the shift, and the real offer


def test_hostile_names_stay_words(scene):
    name = "Eve <b>&amp;\r\nBcc: all@example.com"
    person = scene.person("Eve")
    Person.objects.filter(pk=person.pk).update(name=name)
    scene.event.name = "Low\nlands <script>"
    scene.event.save()
    telling.person_decided(Person.objects.get(pk=person.pk))
    [letter] = sent()
    assert "\n" not in letter.subject and "Bcc" not in str(letter.message().keys())


# --- Many at once


def test_five_hundred_cost_as_much_as_one(scene):
    people = [scene.person(f"Person {number}") for number in range(500)]
    few, many = people[:1], Person.objects.filter(pk__in=[one.pk for one in people])
    one = queries_of(lambda: telling.persons_decided(Person.objects.filter(pk=few[0].pk)))
    OutgoingMail.objects.all().delete()
    Notification.objects.all().delete()
    assert queries_of(lambda: telling.persons_decided(many)) == one <= 5
    assert OutgoingMail.objects.count() == Notification.objects.count() == 500


def test_a_shift_with_many_people_costs_as_much_as_with_one(scene):
    shift = scene.shift(slots_total=40, slots_open_for_claiming=40)
    counts = []
    for more in (1, 29):
        for _person in range(more):
            scene.gives(shift, scene.person("Somebody"))
        OutgoingMail.objects.all().delete()
        counts.append(queries_of(lambda: telling.shift_changed(shift, was=telling.noted(shift))))
    assert OutgoingMail.objects.count() == 30 and counts[0] == counts[1] <= 3
    rows = Assignment.objects.filter(shift=shift)
    one = queries_of(lambda: telling.assignments_changed(list(rows[:1])))
    assert queries_of(lambda: telling.assignments_changed(list(rows))) == one
