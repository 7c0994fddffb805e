"""A change of SECRET_KEY: after `reseal` the one before can be forgotten."""

import signal
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.tests.processes import run_until
from bookings.door import keys
from bookings.models import DoorKey, WaitingRoom
from bookings.tests.rooms import a_room
from bookings.tests.scenes import scene
from bookings.waiting_room import opening
from eventify.lib import sealed
from eventify.tests.test_sealed import CONTENT, KEY_OF_TICKETS, OLD, SEED, WEBHOOK_SECRET
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
    seed = sealed.unseal(room.sealed_seed, **opening.seal_of(room))
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


@pytest.mark.parametrize(("secret", "fallbacks"), [(OLD, []), (NEW, [OLD])])
def test_rows_of_the_version_before_open_and_are_sealed_as_now(all_kinds, settings, secret, fallbacks):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = secret, fallbacks
    key = DoorKey(event_id=4711, sealed_private_key=KEY_OF_TICKETS)
    room = WaitingRoom(uid="0192f0c1-0000-7000-8000-000000000001", sealed_seed=SEED)
    assert keys.private(key).private_bytes_raw() == sealed.unseal(room.sealed_seed, **opening.seal_of(room)) == CONTENT
    endpoint = all_kinds[2]
    Endpoint.objects.update(secret=WEBHOOK_SECRET, old_secret=WEBHOOK_SECRET)
    for sealed_anew in (1, 0):
        endpoint.refresh_from_db()
        assert signing._secrets(endpoint, timezone.now()) == [CONTENT, CONTENT]
        assert f"secrets of webhook endpoints: {sealed_anew} sealed anew, 0 cannot be opened." in run()[1]
    settings.SECRET_KEY_FALLBACKS = []
    endpoint.refresh_from_db()
    assert signing._secrets(endpoint, timezone.now()) == [CONTENT, CONTENT]


def test_a_secret_of_one_endpoint_is_of_no_use_to_another(all_kinds):
    other = endpoint_of(organisation(), "https://93.184.216.34/")
    other.secret = Endpoint.objects.get(pk=all_kinds[2].pk).secret
    with pytest.raises(sealed.Locked):
        signing._secrets(other, timezone.now())


@pytest.mark.django_db(transaction=True)
def test_killed_on_the_way_it_has_lost_nothing_and_the_next_run_ends_it(settings):
    rows = [keys.signing(scene()[0]) for _time in range(3)]
    before = [keys.private(row).private_bytes_raw() for row in rows]
    told = {"SECRET_KEY": NEW, "SECRET_KEY_FALLBACKS": settings.SECRET_KEY}
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], NEW
    assert run_until("integrations.tests.resealing_process", "reseal.after_row:2", **told) == -signal.SIGKILL
    assert [keys.private(row).private_bytes_raw() for row in DoorKey.objects.order_by("pk")] == before
    assert "keys of tickets: 1 sealed anew, 0 cannot be opened." in run()[1]
    settings.SECRET_KEY_FALLBACKS = []
    assert [keys.private(row).private_bytes_raw() for row in DoorKey.objects.order_by("pk")] == before
