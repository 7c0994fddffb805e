"""The waiting room: who comes in, when, and what that is good for."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.factories import SuperAdminFactory
from accounts.models import AuditLog
from bookings import cancelling, orders
from bookings.models import Booking, RoomEntry, WaitingRoom
from bookings.tests.invariants import check
from bookings.tests.rooms import HOUR, a_room, again, begin, come, first_inside, in_order, let_time_pass
from bookings.tests.scenes import book, buy, pay, people, scene
from bookings.waiting_room import admitting, gate, joining, opening
from eventify.lib.errors import Conflict, Invalid
from events.models import Event

pytestmark = pytest.mark.django_db
S = RoomEntry.Status


def states(room) -> list[str]:
    return [one.status for one in in_order(room)]


def test_only_who_is_let_in_buys_and_each_one_order():
    room, kind = a_room(price=10)
    entries, stranger = come(room, 3), people(1)[0]
    with pytest.raises(gate.MustWait) as refusal:
        book(room.event, entries[0].user)
    assert (refusal.value.code, refusal.value.status, refusal.value.rule) == ("waiting_room", 409, "waiting_room")
    assert refusal.value.details == {"room": f"http://localhost:8000/e/{room.event.slug}/room/"}
    room = begin(room)
    assert states(room) == [S.INSIDE, S.INSIDE, S.WAITING]
    first, second, third = (one.user for one in in_order(room))
    for person in (third, stranger):
        with pytest.raises(gate.MustWait):
            buy(person, kind)
    order = buy(first, kind, key="k")
    assert buy(first, kind, key="k") == order  # a retry is no second order
    with pytest.raises(gate.MustWait) as refusal:
        buy(first, kind)
    assert (refusal.value.rule, refusal.value.facts) == ("one_order_a_turn", {"order": str(order.uid)})
    cancelling.cancel(order, by=first)
    assert pay(buy(first, kind)).status == "paid"
    assert admitting.move(room) == 1
    assert states(room) == [S.BOUGHT, S.INSIDE, S.INSIDE]
    check(room.event)


def test_the_queue_of_the_sold_out_is_behind_the_room_and_promotions_are_not():
    event, kind = scene(capacity=1)
    holder, waiting = people(2)
    first = book(event, holder)
    waits = orders.book(event.pk, 1, by=waiting, waitlist_too=True)
    room, _kind = a_room(event=event)
    with pytest.raises(gate.MustWait):
        orders.book(event.pk, 1, by=people(1)[0], waitlist_too=True)
    cancelling.cancel_booking(first, by=holder)
    waits.refresh_from_db()
    assert waits.status == Booking.Status.CONFIRMED
    check(event)


def test_an_order_over_two_events_needs_the_admission_of_the_one_with_a_room():
    room, kind = a_room()
    other = scene()[1]
    come(room, 1)
    user = first_inside(begin(room))
    with pytest.raises(gate.MustWait):
        buy(people(1)[0], other, kind)
    assert buy(user, other, kind).status == "paid"


def test_an_admission_runs_out_and_who_missed_it_waits_again_at_the_end():
    room, kind = a_room(max_inside=1, minutes=10)
    come(room, 2)
    room = begin(room)
    late = joining.join(room, user=people(1)[0])
    admitting.move(room)
    first = in_order(room)[0]
    let_time_pass(room, minutes=10, seconds=1)
    with pytest.raises(gate.MustWait):  # at once, also before anybody has looked
        buy(first.user, kind)
    assert admitting.move(room) == 1
    assert states(room) == [S.LAPSED, S.INSIDE, S.WAITING]
    back = joining.join(room, user=first.user)
    admitting.move(room)
    assert [one.pk for one in in_order(room)][-2:] == [late.pk, back.pk]
    assert (back.pk, in_order(room)[-1].rank, in_order(room)[-1].place) == (first.pk, 1, 4)
    check(room.event)


def test_who_leaves_lets_the_next_one_in_and_before_the_draw_is_no_part_of_it():
    room, _kind = a_room(max_inside=1)
    gone, *_others = come(room, 4)
    joining.leave(gone)
    room = begin(room)
    assert (room.entry_count, room.last_place) == (3, 3)
    inside, middle, last = in_order(room)
    joining.leave(middle)
    joining.leave(inside)
    assert admitting.move(room) == 1
    assert states(room) == [S.LEFT, S.LEFT, S.INSIDE]
    assert joining.join(room, user=gone.user).is_early is False
    check(room.event)


def test_the_same_person_has_one_place_however_they_come():
    room, _kind = a_room(needs_login=False)
    [user] = people(1)
    entry = joining.join(room, user=user)
    assert [joining.join(room, user=user).pk, joining.join(room, user=user, entry=entry).pk] == [entry.pk] * 2
    tabs = {joining.join(room, browser="secret").pk for _tab in range(3)}
    assert len(tabs) == 1 and joining.join(room, browser="another").pk not in tabs
    assert joining.join(room).pk != joining.join(room).pk


def test_the_rate_holds_whoever_asks_how_often():
    room, _kind = a_room(rate=60, max_inside=100)
    come(room, 30)
    room = begin(room)
    assert admitting.move(room) == 0
    let_time_pass(room, seconds=3)
    assert [admitting.move(room) for _ask in range(3)] == [3, 0, 0]
    let_time_pass(room, minutes=5)
    assert admitting.move(room) == 10  # of a time that nobody used, ten seconds count
    room = opening.change(again(room), by=SuperAdminFactory(), rate=2)
    let_time_pass(room, seconds=29)
    assert admitting.move(room) == 0
    let_time_pass(room, seconds=2)
    assert admitting.move(room) == 1


def test_a_pause_lets_nobody_in_and_who_is_inside_goes_on():
    room, kind = a_room(max_inside=1)
    come(room, 2)
    room, by = begin(room), SuperAdminFactory()
    opening.pause(room, by=by)
    buy(first_inside(room), kind)
    assert admitting.move(again(room)) == 0
    opening.resume(opening.resume(room, by=by), by=by)
    assert admitting.move(again(room)) == 1
    assert states(room) == [S.BOUGHT, S.INSIDE]


def test_a_pause_holds_the_draw_back():
    room, _kind = a_room()
    come(room, 2)
    by = SuperAdminFactory()
    opening.pause(room, by=by)
    assert begin(room).closed_at is None
    opening.resume(room, by=by)
    assert admitting.move(again(room)) == 2


def test_after_the_end_everybody_books_and_nothing_is_asked():
    room, kind = a_room()
    come(room, 3)
    room = begin(room)
    assert opening.end(room, by=SuperAdminFactory()) == {"waiting": 1, "inside": 2}
    assert Event.objects.get(pk=room.event_id).has_waiting_room is False
    assert buy(people(1)[0], kind).status == "paid"
    assert admitting.move_all() == 0
    with pytest.raises(Conflict):
        opening.pause(room, by=SuperAdminFactory())
    a_room(event=room.event)  # another sale of it may have one
    check(room.event)


def test_fewer_inside_lets_nobody_in_until_they_are_fewer():
    room, _kind = a_room(max_inside=3)
    come(room, 5)
    room = opening.change(begin(room), by=SuperAdminFactory(), max_inside=1)
    assert admitting.move(room) == 0
    check(room.event)
    for entry in in_order(room)[:3]:
        joining.leave(entry)
    assert admitting.move(room) == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"draw_at": timezone.now() - timedelta(days=1), "opens_at": timezone.now() - timedelta(days=2)}, "draw_at"),
        ({"opens_at": timezone.now() + timedelta(days=1)}, "draw_at"),
        ({"draw_at": timezone.now() + timedelta(days=90)}, "draw_at"),
        ({"max_inside": 0}, "max_inside"),
        ({"minutes": 1000}, "minutes"),
        ({"rate": 0}, "rate"),
    ],
)
def test_impossible_settings_are_refused(values, field):
    with pytest.raises(Invalid) as refusal:
        a_room(**values)
    assert list(refusal.value.errors) == [field]


def test_one_room_at_a_time_and_no_other_moment_after_the_draw():
    room, _kind = a_room()
    with pytest.raises(Conflict):
        a_room(event=room.event)
    room = begin(room)
    with pytest.raises(opening.AlreadyDrawn):
        opening.change(room, by=SuperAdminFactory(), draw_at=room.draw_at + HOUR)
    with pytest.raises(opening.AlreadyDrawn):
        opening.start(room, by=SuperAdminFactory())


def test_each_act_is_in_the_audit_log_and_the_fingerprint_before_anybody_comes():
    room, _kind = a_room()
    [made] = AuditLog.objects.filter(target_uid=room.event.uid, action="MADE_WAITING_ROOM")
    assert made.details["seed_sha256"] == room.seed_hash
    come(room, 2)
    by = SuperAdminFactory()
    room = begin(room)
    opening.pause(room, by=by)
    opening.resume(room, by=by)
    opening.change(room, by=by, minutes=5)
    opening.end(room, by=by)
    lines = AuditLog.objects.filter(target_uid=room.event.uid).order_by("pk")
    assert [one.action.removesuffix("_WAITING_ROOM") for one in lines if "WAITING_ROOM" in one.action] == [
        "MADE", "STARTED", "CLOSED", "DREW", "PAUSED", "RESUMED", "CHANGED", "ENDED",
    ]  # fmt: skip
    assert (
        WaitingRoom.objects.get(pk=room.pk).list_hash == lines.get(action="CLOSED_WAITING_ROOM").details["list_sha256"]
    )


def test_without_a_room_a_booking_asks_nothing_of_one(django_assert_max_num_queries):
    """How many statements it is, test_at_once.py says."""
    event, _kind = scene()
    with django_assert_max_num_queries(9) as asked:
        book(event, people(1)[0], key="k")
    assert not any("waitingroom" in one["sql"] or "roomentry" in one["sql"] for one in asked.captured_queries)
