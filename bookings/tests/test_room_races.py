"""Many at once at a waiting room, with real connections; and for each guard a control without it."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from accounts.factories import SuperAdminFactory
from accounts.models import AuditLog
from accounts.tests.racing import (
    errors,
    good,
    is_waited_for,
    meet_after,
    race,
    switch_row_locks_off,
    without_constraint,
)
from bookings import orders
from bookings.factories import TicketTypeFactory
from bookings.models import Booking, RoomEntry, WaitingRoom
from bookings.tests.invariants import broken, check
from bookings.tests.killing import killed_everywhere
from bookings.tests.rooms import a_room, again, begin, come, first_inside, in_order
from bookings.tests.scenes import buy, people
from bookings.waiting_room import admitting, draw, gate, joining, opening, standing
from eventify.lib import brief

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 6


def due(how_many: int = 12, **values) -> WaitingRoom:
    """A room whose draw is due, with people in it."""
    room, _kind = a_room(**values)
    come(room, how_many)
    opening.start(room, by=SuperAdminFactory())
    return again(room)


def inside(room: WaitingRoom) -> int:
    return room.entries.filter(status="inside").count()


def draws(room: WaitingRoom) -> int:
    return AuditLog.objects.filter(target_uid=room.event.uid, action="DREW_WAITING_ROOM").count()


def test_many_draw_and_move_at_once():
    """Two workers, beat and people who look: one draw, and never more inside than may be."""
    room = due(max_inside=3)
    good(race(*[partial(admitting.move, room)] * MANY))
    good(race(*[partial(admitting.move, again(room))] * MANY))
    assert (draws(room), inside(room)) == (1, 3)
    check(room.event)


def test_control_without_the_lock_too_many_come_in(monkeypatch):
    room = due(max_inside=3)
    draw.run(room)
    room = again(room)
    switch_row_locks_off(monkeypatch)
    # Both have counted who is inside when the first of them writes, and each takes people of its own.
    meet_after(monkeypatch, admitting, "free_slots", 2)
    waiting, takes = [one.pk for one in in_order(room)], iter((0, 3))
    write = admitting._write
    monkeypatch.setattr(admitting, "_write", lambda _keys, *times: write(waiting[(n := next(takes)) : n + 3], *times))
    race(*[partial(admitting.move, room)] * 2)
    assert inside(room) == 6


def test_control_without_the_lock_it_is_drawn_twice(monkeypatch):
    room = due()
    draw.close(room)
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, draw, "_give_numbers", 2)
    race(*[partial(draw.publish, room)] * 2)
    assert draws(room) == 2


def test_two_tabs_are_one_place():
    room, _kind = a_room()
    [user] = people(1)
    assert len({one.pk for one in good(race(*[partial(joining.join, room, user=user)] * MANY))}) == 1
    assert len({one.pk for one in good(race(*[partial(joining.join, room, browser="b")] * MANY))}) == 1


def test_control_without_the_constraints_two_tabs_are_two_places():
    room, _kind = a_room()
    [user] = people(1)
    with without_constraint(RoomEntry, "entry_one_for_each"), without_constraint(RoomEntry, "entry_one_for_a_user"):
        for _tab in range(2):
            joining.join(room, user=user)
        assert room.entries.count() == 2
        room.entries.all().delete()


def test_who_comes_in_the_moment_of_the_draw_is_in_the_list_or_behind_it():
    room = due(4)
    comers = people(MANY)
    race(*(partial(joining.join, room, user=one) for one in comers), partial(admitting.move, room))
    admitting.move(again(room))
    assert room.entries.filter(place=None).count() == 0
    assert draw.mistakes(draw.told(again(room))) == []
    check(room.event)


@pytest.mark.parametrize("is_locked", [True, False])
def test_who_writes_while_the_list_is_being_closed_waits_for_it(monkeypatch, is_locked):
    """The control looks at the room without a lock: it counts as early, is in no list, and gets no number."""
    room, _kind = a_room()
    come(room, 2)
    if not is_locked:
        monkeypatch.setattr(joining, "_COME", joining._COME.replace("FOR KEY SHARE", ""))
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            WaitingRoom.objects.filter(pk=room.pk).update(draw_at=timezone.now())
            draw.close(room)
            coming = pool.submit(in_thread, partial(joining.join, room, browser="late"))
            while not is_waited_for() and not coming.done():
                time.sleep(0.01)
        is_early = coming.result().is_early
    draw.publish(room)
    assert (is_early, any("numbers of a draw" in one for one in broken(room.event))) == (not is_locked, not is_locked)


def in_thread(call):
    try:
        return call()
    finally:
        connection.close()


def test_one_admission_buys_one_order_however_often_it_is_used_at_once():
    room, kind = a_room(max_inside=1)
    other = TicketTypeFactory(event=room.event, position=1)
    come(room, 2)
    user = first_inside(begin(room))
    results = race(*(partial(buy, user, one, key=f"{number}") for number, one in enumerate([kind, other] * 3)))
    assert (len(good(results)), len(errors(results, gate.MustWait))) == (1, 5)
    check(room.event)


def test_control_without_the_locks_one_admission_buys_several_orders(monkeypatch):
    room, kind = a_room(max_inside=1)
    come(room, 1)
    user = first_inside(begin(room))
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, gate, "admissions", 2)
    results = race(*(partial(buy, user, kind, key=f"{number}") for number in range(2)))
    assert len(good(results)) == 2


def test_a_room_that_is_made_while_people_book_lets_nobody_pass():
    """Whoever read the event without a room is looked at again when the sale is written (bookings/at_once.py)."""
    room, kind = a_room()
    opening.end(room, by=SuperAdminFactory())
    event = room.event
    read = orders.at_once._read_lines(1)
    [user] = people(1)

    class ReadBefore:
        def __call__(self, **asked):
            found = read(**asked)
            a_room(event=event)
            return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(orders.at_once, "_read_lines", lambda _how_many: ReadBefore())
        with pytest.raises(gate.MustWait):
            buy(user, kind)
    assert not Booking.objects.filter(event=event).exists()
    check(event)


def test_killed_anywhere_nobody_is_passed_by_and_the_draw_is_one():
    room = due(5, max_inside=2)
    kills = killed_everywhere(lambda: admitting.move(again(room)), lambda: check(room.event))
    assert kills > 8
    assert (draws(room), inside(room)) == (1, 2)
    check(room.event)


def test_redis_may_lose_everything():
    """Places come from PostgreSQL: after a FLUSHALL the same person is told the same."""
    room = begin(due(5, max_inside=1))
    last = in_order(room)[-1]
    brief.forget_all()
    before = standing.of(room.pk, last.uid)
    cache.client.get_client().flushall()
    brief.forget_all()
    assert standing.of(room.pk, last.uid) == before
    assert (before.ahead, before.done, before.of) == (3, 1, 4)
