"""The device and the forger of the door's trial: they must say what the server says."""

import random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bookings.door import codes, keys, lists, reading
from bookings.tests.doors import tickets_of
from torture import device as devices
from torture.device import ADMITTED, Device, hash_of
from torture.forging import Forger

pytestmark = pytest.mark.django_db


class Alone(Device):
    """A device that has its list, without the network that it came over."""

    def __init__(self, event):
        self.event = str(event.uid)
        self.dead, self.let_in = set(lists._dead(event, None)), set()
        self.keys = {
            one.number: Ed25519PublicKey.from_public_bytes(bytes(one.public_key)) for one in event.door_keys.all()
        }


@pytest.fixture
def scene():
    """Good tickets and one that is dead, of one event; the forger who knows them."""
    tickets, others = tickets_of(5), tickets_of(2)
    payloads = [codes.payload(one) for one in tickets]
    codes.kill(tickets[:1])
    tickets[0].ticket_code = "A" * 26
    tickets[0].save()
    foreign = [codes.payload(one) for one in others]
    return tickets[0].event, payloads, Forger(random.Random(1), payloads[1:], others, payloads[:1], foreign)


def test_good_codes_are_good_once_typed_letters_prove_nothing(scene):
    event, payloads, _forger = scene
    device = Alone(event)
    assert [device.judge(one) for one in payloads] == ["cancelled", *[ADMITTED] * 4]
    assert device.judge(payloads[1].lower()[:20] + " -" + payloads[1].lower()[20:]) == ADMITTED
    device.let_in.add(hash_of(payloads[1]))
    assert device.judge(payloads[1]) == "used"
    assert device.judge(payloads[2][:26]) == "unknown"


def test_each_way_of_forging_is_refused_by_the_device_and_by_the_server(scene):
    event, _payloads, forger = scene
    device, forged = Alone(event), list(forger.codes(10 * len(forger.ways)))
    assert ADMITTED not in {device.judge(one) for one in forged}
    meant = reading.meant(forged)
    of_others = set(forger.foreign)
    assert {one for one in forged if meant[one].ticket_id} <= of_others  # good, but for another event's door
    assert {meant[one].refused for one in forged} == {"", "unknown", "forged", "cancelled"}


def test_a_judge_who_takes_every_seal_is_noticed(scene, monkeypatch):
    event, _payloads, forger = scene
    device = Alone(event)
    monkeypatch.setattr(devices.Device, "_why_not", lambda *_about: "")
    monkeypatch.setattr(keys, "is_signed", lambda *_about: True)
    forged = list(forger.codes(100))
    assert ADMITTED in {device.judge(one) for one in forged}
    assert any(one.ticket_id for text, one in reading.meant(forged).items() if text not in forger.foreign)


def test_hashes_are_those_of_the_lists(scene):
    _event, payloads, _forger = scene
    assert hash_of(payloads[1]) == codes.hashed(payloads[1][:26])
