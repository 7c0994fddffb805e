"""Every page of the portal, and the wallet, asks as much for three of everything, or fifty, as for one."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.tests.coming_in import log_in
from bookings.tests.scenes import buy, text
from bookings.tests.scenes import scene as sale
from crew import swaps
from crew.factories import LocationFactory, SectionFactory
from crew.tests.portal import Scene
from events.factories import EventFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


class Rows:
    """Asha's world, where each `more()` adds one of everything that a page of hers lists."""

    def __init__(self):
        self.scene, self.user, self.number = Scene(), None, 0
        self.asha = self.scene.person("Asha Patel")
        self.user = self.asha.user
        self.first = self.scene.gives(self.scene.shift(title="First"), self.asha)

    def more(self) -> None:
        self.number += 1
        scene, section = self.scene, SectionFactory(event=self.scene.event)
        place = LocationFactory(event=scene.event)
        scene.shift(8, 9, section=section, location=place, title="To choose")
        scene.gives(scene.shift(9, 10, days=self.number, section=section, location=place), self.asha)
        EventFactory(state="registration_open")
        other = Scene()
        other.person(user=self.user, status="applied")
        for number, to in enumerate((None, self.asha)):
            bram = scene.person(f"Bram {self.number} {number}")
            given = scene.gives(scene.shift(12 + number, 13 + number, days=self.number, section=section), bram)
            swaps.offer(given, by=bram.user, to=to)


@pytest.fixture
def rows():
    return Rows()


def queries_of(client, path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return len(asked)


@pytest.mark.parametrize(
    "path, most",
    [
        ("/crew/", 10),
        ("/crew/{event}/", 24),
        ("/crew/{event}/?all=on", 24),
        ("/crew/roster/", 6),
        ("/crew/shifts/{shift}/", 18),
        ("/crew/shifts/{shift}/swap/", 20),
    ],
)
def test_as_much_for_three_as_for_one(client, rows, path, most):
    log_in(client, rows.user)
    address = path.format(event=rows.scene.event.slug, shift=rows.first.shift.uid)
    rows.more()
    client.get(address)
    one = queries_of(client, address)
    rows.more()
    rows.more()
    assert queries_of(client, address) == one <= most


@pytest.mark.parametrize("query", ["", "?all=on"])
def test_choosing_among_one_three_and_fifty(client, query):
    scene = Scene()
    asha = scene.person()
    log_in(client, asha.user)
    counts = []
    for more in (1, 2, 47):
        for number in range(more):
            scene.shift(8 + number % 12, 9 + number % 12, section=SectionFactory(event=scene.event))
        client.get(f"/crew/{scene.event.slug}/{query}")
        counts.append(queries_of(client, f"/crew/{scene.event.slug}/{query}"))
    assert counts[0] == counts[1] == counts[2]


# --- The wallet: one person, what they bought and where they work


def titles(response) -> list[str]:
    return [one.event.name if hasattr(one, "ticket_code") else one.shift.title for one in response.context["page"]]


def test_tickets_and_shifts_in_the_order_of_time(client, rows):
    log_in(client, rows.user)
    starts_at = rows.first.shift.time_slot.starts_at
    for name, at in (("Before", starts_at - DAY), ("After", starts_at + DAY), ("Some day", None)):
        buy(rows.user, sale(name=name, starts_at=at or timezone.now() + 200 * DAY)[1])
    response = client.get("/wallet/")
    assert titles(response) == ["Before", "First", "After", "Some day"]
    assert "You work" in text(response) and text(response).count("<svg") == 3


def test_without_the_link_to_a_person_there_are_tickets_alone(client, rows):
    buy(rows.user, sale(name="Concert")[1])
    rows.asha.user = None
    rows.asha.save()
    log_in(client, rows.user)
    assert titles(client.get("/wallet/")) == ["Concert"]


def test_who_only_works_has_a_wallet_too(client, rows):
    log_in(client, rows.user)
    response = client.get("/wallet/")
    assert titles(response) == ["First"] and "No tickets yet" not in text(response)


def test_a_wallet_asks_as_much_for_three_of_each_as_for_one(client, rows):
    log_in(client, rows.user)
    buy(rows.user, sale()[1])
    client.get("/wallet/")
    one = queries_of(client, "/wallet/")
    for _more in range(2):
        buy(rows.user, sale()[1])
        rows.more()
    assert queries_of(client, "/wallet/") == one <= 7
