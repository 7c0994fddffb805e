"""The draw: fair, once, and such that anybody can draw it again with a few lines of their own."""

import hashlib
import json
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.factories import SuperAdminFactory
from bookings.models import WaitingRoom
from bookings.tests.invariants import check
from bookings.tests.rooms import HOUR, a_room, again, begin, come, come_quickly, in_order
from bookings.tests.scenes import people
from bookings.waiting_room import admitting, draw, joining, opening
from eventify.lib import sealed

pytestmark = pytest.mark.django_db


def drawn_again(file: Path) -> subprocess.CompletedProcess:
    """What the lines of docs/integrators.md say of a published draw; they have nothing of ours."""
    text = (settings.BASE_DIR / "docs" / "integrators.md").read_text()
    [lines] = [one for one in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "draw.json" in one]
    command = [sys.executable, "-I", "-c", lines, str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_published_draw_comes_out_again(client, tmp_path):
    room, _kind = a_room(max_inside=1)
    entries, seed_hash = come(room, 20), room.seed_hash
    address = f"/e/{room.event.slug}/room/{room.uid}/draw.json"
    assert client.get(address).status_code == 404
    assert room.seed == ""
    room = begin(room)
    joining.join(room, user=entries[0].user)
    told = client.get(address).json()
    assert told["order"] == [str(one.uid) for one in in_order(room)]
    assert {str(one.uid) for one in entries} == set(told["order"])
    assert (told["seed_sha256"], draw.mistakes(told)) == (seed_hash, [])
    file = tmp_path / "draw.json"
    file.write_text(json.dumps(told))
    assert drawn_again(file).returncode == 0
    out = StringIO()
    call_command("check_draw", str(file), stdout=out)
    assert "20 lots" in out.getvalue()
    check(room.event)


@pytest.mark.parametrize(
    ("tamper", "word"),
    [
        (lambda told: told["order"].reverse(), "order"),
        (lambda told: told["order"].pop(), "list"),
        (lambda told: told.update(seed="00" * 32), "seed"),
        (lambda told: told["order"].append(told["order"][0]), "twice"),
    ],
)
def test_a_draw_that_was_tampered_with_is_found(tamper, word, tmp_path):
    room, _kind = a_room()
    come_quickly(room, 9)
    told = draw.told(begin(room))
    tamper(told)
    assert any(word in sentence for sentence in draw.mistakes(told))
    file = tmp_path / "draw.json"
    file.write_text(json.dumps(told))
    with pytest.raises(CommandError, match=word):
        call_command("check_draw", str(file))
    assert word == "twice" or word in drawn_again(file).stderr


def test_a_known_seed_gives_a_known_order():
    """Computed with openssl. Whoever changes how lots are drawn makes all draws that were published look wrong."""
    lots = [f"00000000-0000-4000-8000-{number:012d}" for number in range(6)]
    assert draw.hash_of(reversed(lots)) == "4e010fd91ebf581baa183916e111a18f1e098bab90e3fffd1b630a989a66b4cc"
    assert [int(one[-2:]) for one in draw.order_of(bytes(range(32)), lots)] == [5, 4, 1, 2, 0, 3]


def test_every_lot_comes_to_every_place_as_often():
    """In 2,000 draws among 10: chi-squared of each place is below its 0.9999 quantile. (The seeds are fixed.)"""
    lots = [f"{number}" for number in range(10)]
    seen = [[0] * 10 for _place in range(10)]
    for number in range(2000):
        seed = hashlib.sha256(str(number).encode()).digest()
        for place, lot in enumerate(draw.order_of(seed, lots)):
            seen[place][int(lot)] += 1
    assert max(sum((many - 200) ** 2 / 200 for many in row) for row in seen) < 33.7


def test_one_lot_more_gives_everybody_another_place():
    lots = [f"{number}" for number in range(100)]
    before = draw.order_of(b"seed", lots)
    after = [one for one in draw.order_of(b"seed", [*lots, "another"]) if one != "another"]
    assert sum(a == b for a, b in zip(before, after, strict=True)) < 20


def test_killed_between_the_list_and_the_numbers_it_goes_on_with_the_same_list():
    room, _kind = a_room()
    entries = come(room, 5)
    opening.start(room, by=SuperAdminFactory())
    assert draw.close(again(room)) and again(room).drawn_at is None  # and the process dies here
    assert joining.join(room, user=people(1)[0]).is_early is False
    admitting.move(again(room))
    room = again(room)
    assert room.entry_count == 5 and {one.pk for one in in_order(room)[:5]} == {one.pk for one in entries}
    assert draw.mistakes(draw.told(room)) == []


def test_an_empty_room_draws_too():
    room, _kind = a_room()
    room = begin(room)
    assert (room.entry_count, room.last_place, draw.mistakes(draw.told(room))) == (0, 0, [])
    come(room, 1)
    assert admitting.move(room) == 1


def test_a_seed_that_does_not_open_draws_nothing_and_says_so(settings, caplog):
    room, _kind = a_room()
    come(room, 2)
    old = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 8, []
    assert begin(room).drawn_at is None
    assert "SECRET_KEY_FALLBACKS" in caplog.text
    settings.SECRET_KEY_FALLBACKS = [old]
    assert admitting.move(again(room)) == 2


def test_the_seed_lies_sealed_for_its_room_only():
    first, second = a_room()[0], a_room()[0]
    seed = sealed.unseal(first.sealed_seed, **opening.seal_of(first))
    assert hashlib.sha256(seed).hexdigest() == first.seed_hash and seed not in bytes(first.sealed_seed)
    with pytest.raises(sealed.Locked):
        sealed.unseal(first.sealed_seed, **opening.seal_of(second))


def test_the_invariants_find_what_is_wrong():
    room, _kind = a_room()
    come_quickly(room, 4)
    room = begin(room)
    check(room.event)
    WaitingRoom.objects.filter(pk=room.pk).update(seed="ab" * 32)
    with pytest.raises(AssertionError, match="seed"):
        check(room.event)
    WaitingRoom.objects.filter(pk=room.pk).update(seed=room.seed, max_inside=1, limited_at=timezone.now() - 2 * HOUR)
    with pytest.raises(AssertionError, match="people inside"):
        check(room.event)
