"""Keys that SECRET_KEY seals: what becomes of them, and of tickets, when it changes; keys after keys."""

import io
import logging
from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import call_command

from accounts.tests.racing import good, race
from bookings import checkin
from bookings.door import codes, keys
from bookings.models import DoorKey
from bookings.papers import tickets_pdf
from bookings.tests import reading
from bookings.tests.scenes import buy, people, scene
from eventify.lib.sealed import Locked

pytestmark = pytest.mark.django_db
OLD, NEW = "the secret of yesterday, long enough for it", "the secret of today, which is long enough too"


@pytest.fixture
def ticket(settings):
    """A ticket whose event's key was sealed with OLD."""
    settings.SECRET_KEY = OLD
    _event, kind = scene(name="Jazz", slug="jazz")
    return buy(people(1)[0], kind).tickets.get()


@pytest.fixture
def lost(ticket, settings, caplog):
    """The same after the secret was changed without keeping the old one."""
    settings.SECRET_KEY = NEW
    keys._told.clear()
    caplog.set_level(logging.ERROR, "bookings.door.keys")
    return ticket


def run(**options) -> tuple[int, str, str]:
    """(exit code, what it says, what it complains about)."""
    out, bad = io.StringIO(), io.StringIO()
    try:
        call_command("door_keys", stdout=out, stderr=bad, **options)
    except SystemExit as end:
        return end.code, out.getvalue().strip(), bad.getvalue().strip()
    return 0, out.getvalue().strip(), bad.getvalue().strip()


def test_with_another_secret_tickets_show_the_bare_code_and_the_log_says_what_to_do_once(client, lost, caplog):
    client.force_login(lost.user)
    for path in (f"/tickets/{lost.uid}/", "/wallet/", f"/orders/{lost.order.uid}/"):
        assert reading.of_page(client.get(path).content.decode()) == [lost.ticket_code]
    assert reading.of_pdf(tickets_pdf.of_order(lost.order)) == [lost.ticket_code]
    assert checkin.admit(codes.payload(lost), by=None) == lost
    [said] = [one.getMessage() for one in caplog.records if one.name == "bookings.door.keys"]
    assert f"event {lost.event_id} " in said and "SECRET_KEY_FALLBACKS" in said and "door_keys --renew" in said


def test_a_code_that_was_signed_before_stays_good(lost, settings):
    settings.SECRET_KEY = OLD
    text = codes.payload(lost)
    settings.SECRET_KEY = NEW
    assert codes.read(text) == lost.ticket_code


def test_a_fallback_opens_the_key_and_the_command_seals_it_anew(lost, settings, caplog):
    settings.SECRET_KEY_FALLBACKS = ["an older one", OLD]
    text = codes.payload(lost)
    assert codes.read(text) == lost.ticket_code and len(text) == 163
    assert run() == (0, "Keys made: 0. Sealed anew: 1. Given a new key: 0.", "")
    assert run() == (0, "Keys made: 0. Sealed anew: 0. Given a new key: 0.", "")
    settings.SECRET_KEY_FALLBACKS = []
    assert codes.payload(lost) == text and caplog.records == []


def test_the_command_tells_what_is_lost_and_renews_when_told(lost):
    code, said, bad = run()
    assert (code, said) == (1, "Keys made: 0. Sealed anew: 0. Given a new key: 0.")
    assert "Keys that cannot be opened: 1 (of events: jazz)" in bad and "SECRET_KEY_FALLBACKS" in bad
    assert run(renew=True) == (0, "Keys made: 0. Sealed anew: 0. Given a new key: 1.", "")
    text = codes.payload(lost)
    assert codes.parse(text).key_number == 2 and codes.read(text) == lost.ticket_code
    assert run(renew=True) == (0, "Keys made: 0. Sealed anew: 0. Given a new key: 0.", "")


@pytest.mark.parametrize("sealed", [b"", b"short", b"x" * 60])
def test_a_broken_seal_is_a_locked_key(ticket, sealed):
    DoorKey.objects.update(sealed_private_key=sealed)
    with pytest.raises(Locked):
        keys.private(DoorKey.objects.get())
    assert codes.payload(ticket) == ticket.ticket_code


def test_a_key_of_one_event_is_of_no_use_to_another(ticket):
    other, _kind = scene()
    mine = DoorKey.objects.get(event=ticket.event)
    DoorKey.objects.filter(event=other).update(sealed_private_key=mine.sealed_private_key)
    with pytest.raises(Locked):
        keys.private(DoorKey.objects.get(event=other))


def test_a_newer_key_signs_and_the_older_one_still_verifies(ticket):
    old = codes.payload(ticket)
    assert keys.rotate(ticket.event).number == 2
    new = codes.payload(ticket)
    assert [codes.parse(text).key_number for text in (old, new)] == [1, 2]
    assert codes.read(old) == codes.read(new) == ticket.ticket_code


def test_an_event_has_255_keys_at_most(ticket):
    DoorKey.objects.create(event=ticket.event, number=255, **keys.new_pair(ticket.event_id))
    assert codes.read(codes.payload(ticket)) == ticket.ticket_code
    with pytest.raises(keys.TooManyKeys):
        keys.rotate(ticket.event)


def test_the_command_and_the_migration_make_what_is_missing(ticket):
    empty = scene()[0]
    empty.ticket_types.all().delete()
    make_keys = import_module("bookings.migrations.0010_a_key_for_each_event").make_keys
    for make in (lambda: make_keys(apps, None), run):
        DoorKey.objects.all().delete()
        make()
        make()
        assert list(DoorKey.objects.values_list("event", "number")) == [(ticket.event_id, 1)]
        assert codes.read(codes.payload(ticket)) == ticket.ticket_code and "." in codes.payload(ticket)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_first_key_and_two_newer_ones():
    event, _kind = scene()
    DoorKey.objects.all().delete()
    first, second = good(race(lambda: keys.signing(event), lambda: keys.signing(event)))
    assert first == second and DoorKey.objects.count() == 1
    assert sorted(one.number for one in good(race(*[lambda: keys.rotate(event)] * 3))) == [2, 3, 4]
