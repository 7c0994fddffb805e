"""The pages of the waiting room, as a browser without scripts sees them, and what a page that waits asks for."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.factories import SuperAdminFactory, UserFactory
from bookings.factories import TicketTypeFactory
from bookings.forms import field_name, new_key
from bookings.models import Order, RoomEntry, WaitingRoom
from bookings.tests.invariants import check
from bookings.tests.rooms import HOUR, a_room, again, begin, come, in_order, let_time_pass
from bookings.tests.scenes import text
from bookings.waiting_room import admitting, joining, opening, standing
from eventify.lib import brief

pytestmark = pytest.mark.django_db


def page(room: WaitingRoom) -> str:
    return f"/e/{room.event.slug}/room/"


def poll(client: Client, room: WaitingRoom, **headers):
    return client.get(f"{page(room)}{room.pk}/state.json", headers=headers)


def buy(client: Client, room: WaitingRoom, kind, key=None):
    """What the form of the event's page sends."""
    return client.post(f"/e/{room.event.slug}/", {field_name(kind): 1, "key": key or new_key()})


def browser(user=None) -> Client:
    """A browser of its own, with the cookie of its forms."""
    client = Client()
    if user:
        client.force_login(user)
    client.cookies[settings.CSRF_COOKIE_NAME] = new_key()[:32]
    return client


def test_from_the_link_to_the_checkout():
    """The whole way of somebody with an account, and of somebody who came too late."""
    room, kind = a_room(max_inside=1, price=5)
    client = browser(UserFactory())
    event_page = f"/e/{room.event.slug}/"
    assert "Go to the waiting room" in text(client.get(event_page)) and "Book tickets" not in text(
        client.get(event_page)
    )
    assert "Come in" in text(client.get(page(room)))
    assert client.post(page(room), follow=True).redirect_chain[-1][0] == page(room)
    shown = text(client.get(page(room)))
    assert "You are in. The lots are drawn at" in shown and '<meta http-equiv="refresh"' in shown
    assert poll(client, room).json()["state"] == "gathering"
    room = begin(room)
    late = browser(UserFactory())
    assert "let in after all who are here" in text(late.get(page(room)))
    late.post(page(room))
    brief.forget_all()
    assert poll(late, room).json() | {"done": 0, "of": 0} == {
        "state": "moving", "sentence": "You are next.", "more": "About 10 minutes.", "ahead": 0, "done": 0, "of": 0,
    }  # fmt: skip
    assert poll(client, room).json()["state"] == "inside"
    assert client.get(page(room)).url == event_page
    assert "It is your turn." in text(client.get(event_page))
    assert buy(late, room, kind).url == page(room)
    bought = buy(client, room, kind)
    assert bought.url == f"/orders/{Order.objects.get().uid}/checkout/"
    assert client.post(page(room), {"leave": "1"}).url == page(room)
    admitting.move(again(room))
    assert late.get(page(room)).url == event_page
    check(room.event)


def test_a_guest_waits_with_a_cookie_and_nobody_else_buys_with_it():
    room, kind = a_room(max_inside=1, needs_login=False)
    client = browser()
    client.post(page(room))
    entry = room.entries.get()
    room = begin(room)
    thief = browser()
    name = joining.cookie_name(room.pk)
    thief.cookies[name] = client.cookies[name].value
    assert buy(client, room, kind).url.endswith("/checkout/")
    entry.refresh_from_db()
    assert entry.user.is_guest and entry.order == Order.objects.get()
    Order.objects.update(status="cancelled")
    assert buy(thief, room, kind).url == page(room)
    assert Order.objects.count() == 1
    assert buy(client, room, kind).url.endswith("/checkout/")


def test_a_form_that_is_sent_twice_is_one_order():
    room, kind = a_room()
    client, key = browser(UserFactory()), new_key()
    client.post(page(room))
    begin(room)
    assert len({buy(client, room, kind, key).url for _click in range(2)}) == 1
    assert buy(client, room, kind).url == page(room)
    assert "good for one order" in text(client.get(f"/e/{room.event.slug}/"))


@pytest.mark.parametrize("how", ["forged", "of another room", "of an account", "none"])
def test_foreign_cookies_are_nobodys(how):
    room, _kind = a_room(needs_login=False)
    other = a_room(needs_login=False)[0]
    own, strange = come(room, 1)[0], come(other, 1)[0]
    value = {"forged": joining.cookie_of(own)[:-2] + "xx", "of another room": joining.cookie_of(strange), "none": ""}
    client = browser()
    client.cookies[joining.cookie_name(room.pk)] = value.get(how, joining.cookie_of(own))
    if how != "of an account":
        assert poll(client, room).status_code == 404
    client.post(page(room))
    assert room.entries.count() == 2


def test_the_place_is_found_again():
    """In another browser of the account, after a reload, and with a cache that forgot."""
    room, user = a_room(max_inside=1)[0], UserFactory()
    come(room, 3)
    browser(user).post(page(room))
    room = begin(room)
    mine = room.entries.get(user=user)
    sentences = set()
    for _visit in range(2):
        brief.forget_all()
        client = browser(user)
        shown = client.get(page(room), follow=True)
        sentences.add(poll(client, room).json()["sentence"])
        assert str(mine.uid) in text(shown) or mine.place == 1
    assert len(sentences) == 1 and room.entries.count() == 4


def test_what_a_page_asks_for_costs_no_query_until_something_is_new(django_assert_num_queries):
    room = begin(a_room(max_inside=1)[0])
    entries = come(room, 3)
    admitting.move(room)
    clients = []
    for entry in entries[1:]:
        clients.append(Client())
        clients[-1].cookies[joining.cookie_name(room.pk)] = joining.cookie_of(entry)
        answer = poll(clients[-1], room)
    with django_assert_num_queries(0):
        first, second = (poll(one, room) for one in clients)
        known = poll(clients[1], room, if_none_match=answer["ETag"])
    assert (first.json()["ahead"], second.json()["ahead"], known.status_code) == (0, 1, 304)
    assert 3 <= int(known["Retry-After"]) <= 75 and "private" in known["Cache-Control"]


@pytest.mark.parametrize("how_many", [1, 3])
def test_the_page_costs_as_much_for_one_as_for_many(how_many, django_assert_max_num_queries):
    room = begin(a_room(max_inside=1)[0])
    come(room, how_many)
    user = UserFactory()
    joining.join(room, user=user)
    client = browser(user)
    client.get(page(room))
    with django_assert_max_num_queries(8):
        assert client.get(page(room)).status_code == 200


def test_before_it_opens_nobody_comes_in_and_it_says_when():
    room, _kind = a_room(opens_at=timezone.now() + HOUR, draw_at=timezone.now() + 2 * HOUR)
    client = browser(UserFactory())
    assert "The waiting room opens" in text(client.get(page(room)))
    answer = client.post(page(room))
    assert (answer.status_code, "opens at" in text(answer)) == (409, True)
    assert "Log in now" in text(browser().get(page(room)))


def test_who_is_nobody_logs_in_first_where_accounts_are_asked_for():
    room, _kind = a_room()
    assert browser().post(page(room)).url == f"/login/?next=%2Fe%2F{room.event.slug}%2Froom%2F"
    assert not room.entries.exists()


def test_an_address_has_so_many_places_without_an_account(settings):
    settings.EVENTIFY_RATE_LIMITS = True
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"room": (2, 600)}
    room, _kind = a_room(needs_login=False)
    assert [browser().post(page(room)).status_code for _one in range(3)] == [302, 302, 429]
    assert browser(UserFactory()).post(page(room)).status_code == 302


def test_after_the_end_it_leads_to_the_tickets():
    room = begin(a_room()[0])
    opening.end(room, by=SuperAdminFactory())
    client = browser()
    assert "Everybody can book now." in text(client.get(page(room)))
    assert "Book tickets" in text(client.get(f"/e/{room.event.slug}/"))


def test_an_event_without_a_room_leads_to_itself():
    kind = TicketTypeFactory()
    assert browser().get(f"/e/{kind.event.slug}/room/").url == f"/e/{kind.event.slug}/"


def test_the_seat_map_is_behind_the_room_too():
    room, kind = a_room()
    type(room.event).objects.filter(pk=room.event_id).update(seating="automatic")
    client = browser(UserFactory())
    client.get(f"/e/{room.event.slug}/seats/")
    label = room.event.seats.first().label
    answer = client.post(f"/e/{room.event.slug}/seats/", {"seats": [label], "key": new_key()})
    assert answer.url == page(room)


# --- What people are told -----------------------------------------------------------------------------------


def told(room: WaitingRoom, entry: RoomEntry) -> standing.Standing:
    brief.forget_all()
    return standing.of(room.pk, entry.uid)


def test_how_long_it_takes_is_measured():
    room, _kind = a_room(max_inside=100, rate=60)
    come(room, 8)
    last = in_order(begin(room))[-1]
    assert told(room, last).sentence == "7 people are before you."
    let_time_pass(room, minutes=3)
    for ago in (10, 20, 100):  # three came in during two and a half minutes, whatever the settings promise
        entry = room.entries.filter(status="waiting").order_by("place")[0]
        moment = timezone.now() - timedelta(seconds=ago)
        about = {"status": "inside", "admitted_at": moment, "expires_at": moment + HOUR}
        RoomEntry.objects.filter(pk=entry.pk).update(**about)
        WaitingRoom.objects.filter(pk=room.pk).update(head=entry.place, paused_at=moment)
    assert round(standing.speed(again(room)), 1) == 1.2
    now = told(room, last)
    assert (now.sentence, now.ahead, now.done, now.of) == ("4 people are before you.", 4, 3, 7)
    assert now.more == "Nobody is let in at the moment. Your place is safe."


def test_who_left_before_me_is_not_before_me():
    room, _kind = a_room(max_inside=1)
    come(room, 5)
    entries = in_order(begin(room))
    joining.leave(entries[2])
    assert [told(room, entries[place]).ahead for place in (1, 3, 4)] == [0, 1, 2]
    assert told(room, entries[2]).sentence == "You have left the waiting room."


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0.5, "About a minute."), (5.2, "About 6 minutes."), (31, "About 35 minutes."), (200, "About 4 hours."),
        (None, "How long it takes is not known yet."),
    ],
)  # fmt: skip
def test_how_long_is_said_as_roughly_as_it_is_known(minutes, said):
    assert standing.about(minutes) == said


def test_the_pauses_bear_a_crowd():
    """20,000 people ask at most some 300 times a second, whoever is near asks soon."""
    shared = standing.read(begin(a_room(max_inside=1)[0]))._replace(last=20_000, per_minute=100.0)
    near, far = (standing._waiting(shared, place).pause for place in (5, 20_000))
    assert (near, far) == (60, 60)
    assert standing._waiting(shared._replace(last=400), 300).pause == 45
    assert standing._waiting(shared._replace(last=400), 5).pause == 4
    assert {standing.jittered(60) for _ask in range(200)} <= set(range(45, 76))
