"""A change of SECRET_KEY: after `reseal` the one before can be forgotten."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from bookings.door import keys
from bookings.models import DoorKey, WaitingRoom
from bookings.tests.rooms import a_room
from bookings.waiting_room import opening
from eventify.lib import sealed
from integrations import endpoints, signing
from integrations.models import Endpoint
from integrations.tests.scenes import endpoint_of, organisation

pytestmark = pytest.mark.django_db
NEW = "a new one " * 5


@pytest.fixture
def all_kinds(settings):
    """A key of tickets, a room and an endpoint with two secrets, all sealed with the SECRET_KEY before."""
    room, kind = a_room()
    keys.signing(kind.event)
    endpoint = endpoint_of(organisation(), "https://93.184.216.34/")
    endpoints.rotate(endpoint, by=endpoint.partner.admin)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], NEW
    return DoorKey.objects.get(event=kind.event), room, endpoint


def run() -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("reseal", stdout=out, stderr=out)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


def opened(key, room, endpoint) -> tuple:
    """All that is sealed, read."""
    key, room, endpoint = (type(row).objects.get(pk=row.pk) for row in (key, room, endpoint))
    seed = sealed.unseal(bytes(room.sealed_seed), opening.about(room))
    return keys.private(key).private_bytes_raw(), seed, signing._secrets(endpoint, timezone.now())


def test_everything_opens_without_the_fallback(all_kinds, settings):
    before = opened(*all_kinds)
    assert len(before[2]) == 2
    code, said = run()
    assert code == 0 and said.count(": 1 sealed anew, 0 cannot be opened.") == 3
    settings.SECRET_KEY_FALLBACKS = []
    assert opened(*all_kinds) == before
    code, said = run()
    assert code == 0 and said.count(": 0 sealed anew, 0 cannot be opened.") == 3


def test_what_cannot_be_opened_is_told_and_kept(all_kinds, settings):
    fallbacks, settings.SECRET_KEY_FALLBACKS = settings.SECRET_KEY_FALLBACKS, []
    code, said = run()
    assert code == 1 and said.count(": 0 sealed anew, 1 cannot be opened.") == 3 and "SECRET_KEY_FALLBACKS" in said
    settings.SECRET_KEY_FALLBACKS = fallbacks
    assert run()[0] == 0


def test_an_old_secret_that_signs_no_more_is_forgotten_and_a_drawn_room_left_alone(all_kinds, settings):
    _key, room, endpoint = all_kinds
    Endpoint.objects.update(old_secret=b"of a key that nobody has", old_secret_until=timezone.now())
    WaitingRoom.objects.update(closed_at=timezone.now(), drawn_at=timezone.now(), sealed_seed=b"as it was")
    code, said = run()
    assert code == 0 and "seeds of waiting rooms: 0 sealed anew, 0 cannot" in said
    endpoint.refresh_from_db()
    assert endpoint.old_secret is endpoint.old_secret_until is None
