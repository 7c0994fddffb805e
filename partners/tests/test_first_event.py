"""From the partner's own pages to its first event, and from the site's menu to those pages."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.factories import UserFactory
from accounts.tests.coming_in import log_in
from bookings.tests.scenes import text
from events.factories import EventFactory
from partners import members
from partners.factories import PartnerFactory
from partners.models import Member, Partner

pytestmark = pytest.mark.django_db
M = Member.Role


@pytest.fixture
def partner():
    return PartnerFactory(name="Blue Note", slug="blue-note")


def home(client) -> str:
    return text(client.get("/partner/blue-note/"))


@pytest.mark.parametrize(
    ("role", "may"), [(M.ADMIN, True), (M.EVENT_MANAGER, True), (M.MEMBER, False), (M.CREW_COORDINATOR, False)]
)
def test_who_may_is_led_to_the_first_event(client, partner, role, may):
    user = UserFactory()
    members.add(partner, user, role, by=None)
    log_in(client, user)
    url = f"/command-center/events/new/?partner={partner.uid}"
    assert (url in home(client), "Make your first event" in home(client)) == (may, may)
    assert client.get(url).status_code == (200 if may else 403)
    EventFactory(partner=partner)
    assert ("Make your first event" in home(client), "New event" in home(client)) == (False, may)
    Partner.objects.filter(pk=partner.pk).update(status=Partner.Status.SUSPENDED)
    assert url not in home(client)


def come_in(client, user) -> None:
    """Through the form: a session of ours."""
    answer = client.post("/login/", {"identifier": user.email, "password": "secret"})
    assert answer.status_code == 302


def asked_for_orders(client) -> tuple[int, bool]:
    """(queries of a page of the site, whether its menu leads to the organisation)."""
    client.get("/orders/")
    with CaptureQueriesContext(connection) as asked:
        page = text(client.get("/orders/"))
    return len(asked), 'href="/partner/"' in page


def test_the_menu_leads_members_to_their_organisation_without_another_query(client, partner):
    user = UserFactory()
    come_in(client, user)
    before, is_led = asked_for_orders(client)
    assert not is_led
    members.add(partner, user, M.VOLUNTEER, by=None)
    assert asked_for_orders(client) == (before, False)
    members.add(partner, user, M.MEMBER, by=None)
    assert asked_for_orders(client) == (before, True)
