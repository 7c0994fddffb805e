"""The waiting room in the command center: what the organiser sees and does."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.tests.coming_in import log_in
from bookings.models import WaitingRoom
from bookings.tests.rooms import a_room, again, begin, come
from bookings.tests.scenes import scene, text
from eventify.lib import preview
from partners import members
from partners.factories import PartnerFactory
from partners.models import Member

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief(client):
    user = SuperAdminFactory()
    log_in(client, user)
    return user


def at(event, page: str = "") -> str:
    return reverse(f"desk-event-room{page and '-'}{page}", args=[event.uid])


def confirm(client, address: str, **typed):
    """Looks at what would be done, and does it."""
    digest = client.get(address).context["digest"]
    return client.post(address, {"digest": digest, **typed})


def form_of(event, **values) -> dict:
    now = timezone.now().astimezone(event.zone)
    at_minute = "%Y-%m-%dT%H:%M"
    moments = {
        "opens_at": (now + timedelta(hours=1)).strftime(at_minute),
        "draw_at": (now + timedelta(hours=2)).strftime(at_minute),
    }
    return {**moments, "max_inside": 50, "minutes": 10, "needs_login": "on", "rate": "", **values}


def test_from_nothing_to_the_end(client, chief):
    event, _kind = scene()
    assert "Make a waiting room" in text(client.get(at(event)))
    assert "nobody can book" in text(client.get(at(event, "settings")))
    assert client.post(at(event, "settings"), form_of(event)).url == at(event)
    room = WaitingRoom.objects.get(event=event)
    assert (room.max_inside, room.minutes, room.rate, room.needs_login) == (50, 10, None, True)
    come(room, 3)
    shown = text(client.get(at(event)))
    assert "Not open yet" in shown and room.seed_hash in shown
    assert client.post(at(event, "settings"), form_of(event, rate=30)).url == at(event)
    assert again(room).rate == 30 and again(room).opens_at == room.opens_at
    assert confirm(client, at(event, "start")).url == at(event)
    room = again(room)
    assert room.drawn_at and room.seed in text(client.get(f"/e/{event.slug}/room/"))
    client.post(at(event, "pause"))
    assert "Paused" in text(client.get(at(event)))
    client.post(at(event, "resume"))
    assert again(room).paused_at is None
    assert "draw_at" not in client.get(at(event, "settings")).context["form"].fields
    assert "lose their places" in text(client.get(at(event, "end")))
    assert confirm(client, at(event, "end")).url == at(event)
    event.refresh_from_db()
    assert event.has_waiting_room is False
    assert "Ended" in text(client.get(at(event))) and "Make a waiting room" in text(client.get(at(event)))


def test_what_cannot_be_is_said_at_its_field(client, chief):
    event, _kind = scene()
    answer = client.post(at(event, "settings"), form_of(event, draw_at="2020-01-01T10:00"))
    assert answer.status_code == 422 and "cannot begin before" in text(answer)
    assert not WaitingRoom.objects.exists()
    assert client.post(at(event, "pause")).status_code == 409


def test_an_end_that_was_seen_with_other_numbers_is_shown_again(client, chief):
    room, _kind = a_room()
    digest = client.get(at(room.event, "end")).context["digest"]
    come(room, 1)
    assert client.post(at(room.event, "end"), {"digest": digest}).status_code == preview.Moved.status
    assert again(room).ended_at is None


@pytest.mark.parametrize(("role", "status"), [(Member.Role.ADMIN, 200), (Member.Role.MEMBER, 403), (None, 404)])
def test_it_is_for_who_manages_the_event(client, role, status):
    room, _kind = a_room()
    user, partner = UserFactory(), room.event.partner if role else PartnerFactory()
    members.add(partner, user, role or Member.Role.ADMIN, by=SuperAdminFactory())
    log_in(client, user)
    assert client.get(at(room.event)).status_code == status


@pytest.mark.parametrize("how_many", [1, 3])
def test_the_page_costs_as_much_for_one_as_for_many(client, chief, how_many, django_assert_max_num_queries):
    room, _kind = a_room(max_inside=how_many)
    come(room, how_many)
    begin(room)
    client.get(at(room.event))
    with django_assert_max_num_queries(17):
        assert client.get(at(room.event)).status_code == 200
