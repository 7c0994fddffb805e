"""The staff's pages of promo codes: the list with its usage, making, changing, switching off; and the tax rate."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from bookings import promos
from bookings.factories import TicketTypeFactory
from bookings.models import PromoCode, TicketType
from bookings.tests.desk import DESK, HOSTILE, member, queries_of, shown, staff
from bookings.tests.scenes import buy, people, scene, text
from partners.factories import PartnerFactory
from partners.models import Member

pytestmark = pytest.mark.django_db


def address(event, rest="") -> str:
    return f"{DESK}/events/{event.uid}/promo-codes/{rest}"


def test_the_list_shows_what_each_code_does_and_how_often_it_was_used(client):
    event, kind = scene(price=100, currency="EUR")
    member(client, event.partner, Member.Role.ADMIN)
    assert "No promo codes yet" in text(client.get(address(event)))
    promos.create(event, by=None, code="TEN", percent_off=Decimal("12.50"), max_places=2)
    promos.create(event, by=None, code="FIVE", amount_off=Decimal(5), ticket_types=[kind])
    promos.create(event, by=None, code="LATER", amount_off=Decimal(5), starts_at=timezone.now() + timedelta(days=1))
    buy(people(1)[0], kind, qty=2, promo="TEN")
    response = client.get(address(event))
    assert [one.code for one in shown(response)] == ["FIVE", "LATER", "TEN"]
    page = text(response)
    for words in ("12.5 %", "€5.00", "General admission", "All types on sale", "Used up", "In use", "Not valid yet"):
        assert words in page
    for tone, word in (("positive", "In use"), ("information", "Used up"), ("caution", "Not valid yet")):
        assert f'<span class="pill {tone}">{word}</span>' in page
    promos.change(event.promo_codes.get(code="FIVE"), by=None, is_active=False)
    assert ">Inactive</span>" in text(client.get(address(event)))
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        event.promo_codes.filter(code="LATER").update(ends_at=timezone.now() - timedelta(days=1))
        assert ">Expired</span>" in text(client.get(address(event)))
    assert f'href="{address(event)}"' in text(client.get(f"{DESK}/events/{event.uid}/"))


def test_as_many_queries_for_three_codes_as_for_one(client):
    event, kind = scene(price=100)
    member(client, event.partner, Member.Role.ADMIN)
    promos.create(event, by=None, code="C0", percent_off=Decimal(1), ticket_types=[kind])
    queries_of(client, address(event))
    few = queries_of(client, address(event))
    for number in (1, 2):
        promos.create(event, by=None, code=f"C{number}", percent_off=Decimal(1), ticket_types=[kind])
    assert queries_of(client, address(event)) == few


def test_a_code_is_made_changed_and_switched_off(client):
    event, kind = scene(price=100, timezone="Asia/Kolkata")
    hidden = TicketTypeFactory(event=event, name="Press", status=TicketType.Status.HIDDEN)
    member(client, event.partner, Member.Role.ADMIN)
    sent = {"code": "spring", "percent_off": "10", "starts_at": "2026-12-01T10:00", "max_places": "5"}
    response = client.post(address(event, "new/"), {**sent, "ticket_types": [kind.pk]})
    assert response["Location"] == address(event)
    promo = PromoCode.objects.get()
    facts = (promo.code, promo.percent_off, promo.amount_off, promo.max_places, promo.starts_at.isoformat())
    assert facts == ("SPRING", 10, 0, 5, "2026-12-01T04:30:00+00:00")
    page = text(client.get(f"{DESK}/promo-codes/{promo.uid}/"))
    assert 'value="2026-12-01T10:00"' in page
    changed = {"amount_off": "3", "ticket_types": [hidden.pk], "unlocks_hidden": "on"}
    client.post(f"{DESK}/promo-codes/{promo.uid}/", changed)
    promo.refresh_from_db()
    assert (promo.code, promo.percent_off, promo.amount_off, promo.unlocks_hidden) == ("SPRING", 0, 3, True)
    assert (promo.max_places, promo.starts_at, list(promo.ticket_types.all())) == (None, None, [hidden])
    for action, is_active in (("off", False), ("off", False), ("on", True)):
        response = client.post(f"{DESK}/promo-codes/{promo.uid}/{action}/", follow=True)
        promo.refresh_from_db()
        assert promo.is_active == is_active
    assert "SPRING can be used again." in text(response)


@pytest.mark.parametrize("field", ["code", "percent_off", "amount_off", "max_places", "starts_at", "ticket_types"])
@pytest.mark.parametrize("value", [*HOSTILE, "9999-12-31T23:59", "0001-01-01T00:00"])
def test_hostile_values_are_said_at_their_field(client, field, value):
    event, _kind = scene(price=100)
    member(client, event.partner, Member.Role.ADMIN)
    sent = {"code": "OK", "percent_off": "10", field: value}
    response = client.post(address(event, "new/"), sent)
    assert response.status_code in (302, 400, 422)
    if response.status_code != 302:
        assert "error" in text(response)
        assert not PromoCode.objects.exists()
    assert client.get(address(event), {"q": value, "sort": value, "page": value}).status_code == 200


def test_a_rule_that_is_broken_is_said_at_its_field(client):
    event, _kind = scene(price=100)
    member(client, event.partner, Member.Role.ADMIN)
    promos.create(event, by=None, code="OK", percent_off=Decimal(1))
    response = client.post(address(event, "new/"), {"code": "ok", "percent_off": "1"})
    assert (response.status_code, response.context["form"].errors) == (
        422,
        {"code": ["This event has a code of this name already."]},
    )


@pytest.mark.parametrize("role", ["Support", "Finance"])
def test_who_may_not_change_events_may_not_change_codes(client, role):
    event, kind = scene(price=100)
    promo = promos.create(event, by=None, code="OK", percent_off=Decimal(1))
    staff(client, role)
    paths = (address(event), address(event, "new/"), f"{DESK}/promo-codes/{promo.uid}/")
    for path in (*paths, f"{DESK}/ticket-types/{kind.uid}/tax/"):
        assert client.get(path).status_code == 403
    assert client.post(f"{DESK}/promo-codes/{promo.uid}/off/").status_code == 403


def test_codes_of_other_partners_are_not_there(client):
    event, kind = scene(price=100)
    promo = promos.create(event, by=None, code="OK", percent_off=Decimal(1))
    member(client, PartnerFactory(), Member.Role.ADMIN)
    for path in (address(event), f"{DESK}/promo-codes/{promo.uid}/", f"{DESK}/ticket-types/{kind.uid}/tax/"):
        assert client.get(path).status_code == 404
    assert client.get(f"{DESK}/promo-codes/{uuid4()}/").status_code == 404


def test_the_tax_rate_of_a_type(client):
    event, kind = scene(price=100)
    member(client, event.partner, Member.Role.ADMIN)
    path = f"{DESK}/ticket-types/{kind.uid}/tax/"
    assert f'href="{path}"' in text(client.get(f"{DESK}/events/{event.uid}/"))
    page = text(client.post(path, {"tax_rate": "9"}, follow=True))
    assert "The tax rate of General admission is 9.00 % now." in page
    kind.refresh_from_db()
    assert kind.tax_rate == 9
    for wrong in ("", "-1", "100.01", "NaN", "\x00", "9" * 4000):
        assert client.post(path, {"tax_rate": wrong}).status_code == 400
