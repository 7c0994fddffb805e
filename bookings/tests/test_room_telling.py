"""Who does not look when their turn comes is told: once, in the inbox and by one mail. Who looks is left alone."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail as outbox
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts import mail
from accounts.models import Notification, OutgoingMail
from accounts.tests.coming_in import log_in
from accounts.tests.racing import good, meet_after, race, switch_row_locks_off
from bookings import orders, tasks
from bookings.models import RoomEntry
from bookings.tests.rooms import a_room, begin, come
from bookings.waiting_room import joining, telling

ASIDE = timedelta(seconds=90)  # longer than a page that is open needs to go on


def after(wait: timedelta):
    return time_machine.travel(timezone.now() + wait, tick=True)


@pytest.fixture
def inside():
    """Two people whose turn it is, in a room of two; a third waits."""
    cache.clear()
    room, kind = a_room(max_inside=2)
    people = come(room, 3)
    begin(room)
    first = list(RoomEntry.objects.filter(room=room, status="inside").select_related("user", "room__event"))
    assert len(first) == 2 and len(people) == 3
    first[0].kind = kind
    return first


def told() -> dict:
    """Who was told: (in the inbox, by mail) of each."""
    by_mail = list(OutgoingMail.objects.filter(template=telling.TEMPLATE).values_list("to", flat=True))
    notes = Notification.objects.filter(title__startswith="It is your turn").select_related("recipient")
    in_box = [one.recipient.email for one in notes]
    return {email: (in_box.count(email), by_mail.count(email)) for email in {*in_box, *by_mail}}


@pytest.mark.django_db
def test_once_for_who_does_not_look_and_the_mail_says_until_when(inside):
    tasks.move_waiting_rooms()
    assert told() == {}  # a page that is open goes on by itself in the meantime
    with after(ASIDE):
        tasks.move_waiting_rooms()
        tasks.move_waiting_rooms()
        assert told() == {one.user.email: (1, 1) for one in inside}
        assert mail.send_pending() == 2
    event, until = inside[0].room.event, inside[0].expires_at.astimezone(inside[0].room.event.zone)
    message = next(one for one in outbox.outbox if one.to == [inside[0].user.email])
    assert message.subject == f"It is your turn at {event.name}"
    assert f"{until:%H:%M}" in message.body and f"/e/{event.slug}/room/" in message.body


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["room/", ""])
def test_who_sees_that_it_is_their_turn_is_not_told(inside, page):
    looks, away = inside
    browser = log_in(Client(), looks.user)
    browser.get(f"/e/{looks.room.event.slug}/{page}")
    with after(ASIDE):
        tasks.move_waiting_rooms()
        assert told().keys() == {away.user.email}


def orders_something(entry):
    orders.place([orders.Line(entry.kind.pk, 1)], by=entry.user)


def is_a_guest(entry):
    type(entry.user).objects.filter(pk=entry.user.pk).update(is_guest=True)


def is_banned(entry):
    type(entry.user).objects.filter(pk=entry.user.pk).update(banned_at=timezone.now())


def has_no_account(entry):
    RoomEntry.objects.filter(pk=entry.pk).update(user=None)


def leaves(entry):
    joining.leave(entry)


def has_little_time_left(entry):
    RoomEntry.objects.filter(pk=entry.pk).update(expires_at=timezone.now() + ASIDE + timedelta(minutes=1))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "become", [orders_something, is_a_guest, is_banned, has_no_account, leaves, has_little_time_left]
)
def test_who_needs_no_mail_gets_none(inside, become):
    become(inside[0])
    with after(ASIDE):
        telling.tell_all()
        assert inside[0].user.email not in told() and told()[inside[1].user.email] == (1, 1)


@pytest.mark.django_db
def test_a_second_turn_is_told_of_again(inside):
    with after(ASIDE):
        telling.tell_all()
    with after(timedelta(minutes=30)):
        tasks.move_waiting_rooms()  # their turns are over
        joining.join(inside[0].room, user=inside[0].user)
        RoomEntry.objects.filter(room=inside[0].room, status="inside").update(status="lapsed")
        tasks.move_waiting_rooms()
        assert RoomEntry.objects.get(pk=inside[0].pk).status == "inside"
    with after(timedelta(minutes=30) + ASIDE):
        tasks.move_waiting_rooms()
        assert told()[inside[0].user.email] == (2, 2)


@pytest.mark.django_db
def test_the_cost_does_not_grow_with_the_people(django_assert_num_queries):
    for how_many in (1, 3):
        cache.clear()
        room, _kind = a_room(max_inside=how_many)
        come(room, how_many)
        begin(room)
        with after(ASIDE), django_assert_num_queries(6):  # two of the savepoint
            assert telling.tell(room.pk) == how_many


@pytest.mark.django_db(transaction=True)
def test_many_sweeps_at_once_tell_once(inside):
    def sweep():
        return telling.tell(inside[0].room_id)

    RoomEntry.objects.filter(pk__in=[one.pk for one in inside]).update(admitted_at=timezone.now() - ASIDE)
    results = race(*[sweep] * 6)
    assert sum(good(results)) == 2 and set(told().values()) == {(1, 1)}


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_they_are_told_more_than_once(inside, monkeypatch):
    """What the lock is for: every sweep sees that nobody was told yet."""
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, telling, "_silent", 2)
    RoomEntry.objects.filter(pk=inside[0].pk).update(admitted_at=timezone.now() - ASIDE)
    race(*[lambda: telling.tell(inside[0].room_id)] * 2)
    assert max(told()[inside[0].user.email]) > 1


@pytest.mark.django_db
def test_without_a_cache_everybody_is_told(inside, settings):
    """What the cache forgets costs a mail that was not needed, never one that was."""
    log_in(Client(), inside[0].user).get(f"/e/{inside[0].room.event.slug}/")
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    with after(ASIDE):
        assert telling.tell(inside[0].room_id) == 2
