"""Copying an event: what comes along, what stays behind, and how the clocks move."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from accounts.factories import SuperAdminFactory
from accounts.models import AuditLog
from bookings import copying, hall_text, halls, promos, ticket_types
from bookings.factories import TicketTypeFactory
from bookings.models import PromoCode, TicketType
from bookings.tests import invariants
from bookings.tests.scenes import buy, people, scene
from eventify.lib.errors import Forbidden, Invalid
from eventify.lib.ids import new_uid
from events.factories import CategoryFactory, EventFactory, EventImageFactory
from events.models import Event
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.fixture
def by():
    return SuperAdminFactory()


def copied(event: Event, by, **options) -> Event:
    return copying.copy(event, **{"uid": new_uid(), "name": "Again", "starts_at": None, "by": by, **options})


def test_its_words_pictures_types_and_capacity_come_along(by):
    event, kind = scene(
        capacity=40,
        price=99,
        quantity_total=30,
        partner=PartnerFactory(),
        category=CategoryFactory(),
        content="<p>Dance.</p>",
        place="Pune",
        currency="EUR",
        is_hot=True,
        state="showday",
    )
    TicketType.objects.filter(pk=kind.pk).update(tax_rate=Decimal(9), min_per_order=3, max_per_order=4, status="hidden")
    EventImageFactory(event=event, is_primary=True)
    promos.create(event, by=by, code="RAIN", percent_off=Decimal(10))
    buy(people(1)[0], TicketTypeFactory(event=event), qty=3)
    made = copied(event, by)
    for name in ("partner", "category", "content", "place", "currency", "venue_name", "timezone", "capacity"):
        assert getattr(made, name) == getattr(event, name), name
    assert (made.name, made.state, made.starts_at, made.ends_at) == ("Again", "draft", None, None)
    assert (made.is_capacity_fixed, made.booked_count, made.is_hot, made.slug) == (True, 0, False, "again")
    first = made.ticket_types.first()
    assert (first.price, first.quantity_total, first.quantity_sold) == (Decimal(99), 30, 0)
    assert (first.tax_rate, first.status) == (Decimal(9), "hidden")
    assert (first.min_per_order, first.max_per_order) == (3, 4)
    assert made.ticket_types.count() == 2
    assert [one.image.name for one in made.images.all()] == [one.image.name for one in event.images.all()]
    assert PromoCode.objects.count() == 1
    assert AuditLog.objects.get(action="COPIED_EVENT").details == {"of": str(event.uid)}
    invariants.check(event)
    invariants.check(made)


def test_the_clocks_keep_their_distance(by):
    """From winter to summer: 20:00 stays 20:00 there, and the sale still ends at noon of the day."""
    starts_at = datetime(2027, 1, 15, 20, tzinfo=AMSTERDAM)
    event = EventFactory(
        timezone="Europe/Amsterdam", starts_at=starts_at, ends_at=starts_at + timedelta(hours=3), state="draft"
    )
    window = {"sales_start_at": datetime(2027, 1, 1, 9, tzinfo=AMSTERDAM)}
    window["sales_end_at"] = datetime(2027, 1, 15, 12, tzinfo=AMSTERDAM)
    ticket_types.create(event, by=by, name="Regular", **window)
    made = copied(event, by, starts_at=datetime(2027, 7, 16, 18, tzinfo=UTC))
    kind = made.ticket_types.get()
    assert made.ends_at == datetime(2027, 7, 16, 23, tzinfo=AMSTERDAM)
    assert kind.sales_start_at == datetime(2027, 7, 2, 9, tzinfo=AMSTERDAM)
    assert kind.sales_end_at == datetime(2027, 7, 16, 12, tzinfo=AMSTERDAM)


@pytest.mark.parametrize("year", [9998, 1900])
def test_what_would_be_too_far_is_refused(by, year):
    starts_at = datetime(2027, 1, 15, 20, tzinfo=UTC)
    event = EventFactory(starts_at=starts_at, ends_at=starts_at + timedelta(days=9), state="draft")
    ticket_types.create(event, by=by, name="Regular", sales_start_at=starts_at - timedelta(days=900))
    day = datetime(year, 12, 31, 23, tzinfo=UTC) if year > 2000 else datetime(year, 1, 1, tzinfo=UTC)
    with pytest.raises(Invalid) as refusal:
        copied(event, by, starts_at=day)
    assert list(refusal.value.errors) == ["starts_at"]
    assert Event.objects.count() == 1


def test_a_hall_comes_along_with_its_areas(by):
    event = EventFactory(state="draft", capacity=0)
    halls.save(event, hall_text.read("[Stalls]\nA: W1 C2 3-6\n~\n[Balcony]\nB: 1-4 X5\n"), by=by)
    for area in ("Stalls", "Balcony"):
        ticket_types.create(event, by=by, name=area, price=Decimal(9), area=area)
    made = copied(event, by)
    assert halls.spots(made) == halls.spots(event)
    assert list(made.ticket_types.values_list("name", "area")) == [("Stalls", "Stalls"), ("Balcony", "Balcony")]
    assert (made.capacity, made.seating) == (10, "explicit")
    invariants.check(made)


def test_automatic_seats_stay_automatic(by):
    event, _kind = scene(capacity=7, seating=Event.Seating.AUTOMATIC)
    made = copied(event, by)
    assert (made.seating, made.capacity) == ("automatic", 7)


def test_once_for_each_uid_and_only_for_who_manages_it(by):
    event, _kind = scene(partner=PartnerFactory())
    uid = new_uid()
    assert copied(event, by, uid=uid) == copied(event, by, uid=uid)
    assert (Event.objects.count(), TicketType.objects.count()) == (2, 2)
    with pytest.raises(Forbidden):
        copied(event, people(1)[0], uid=uid)
