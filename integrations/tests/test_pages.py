"""The pages of an organisation's integrations, and those of staff: what they do, and to whom they show a secret."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.tests.coming_in import log_in
from eventify.tests.page_world import more_integrations
from integrations.models import ApiKey, Attempt, Delivery, Endpoint
from integrations.tests.scenes import organisation
from partners import members
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db
NEW = {"url": "https://crm.example.com/hooks", "kinds": ["order.paid", "payout.paid"], "description": "CRM"}


def page(name: str, partner, *args) -> str:
    return reverse(name, args=[partner.slug, *args])


def secrets_of(response) -> list[str]:
    return re.findall(r"whsec_[\w+/=]+", response.content.decode())


def test_the_life_of_an_endpoint_on_the_pages_of_its_organisation():
    partner = organisation(name="Blue Hall", slug="blue-hall")
    admin = log_in(Client(), partner.admin)
    made = admin.post(page("partner-endpoint-new", partner), NEW)
    [secret] = secrets_of(made)
    endpoint = Endpoint.objects.get()
    assert (endpoint.url, endpoint.kinds, endpoint.created_by) == (NEW["url"], NEW["kinds"], partner.admin)
    about = page("partner-endpoint", partner, endpoint.uid)
    assert secret not in admin.get(about).content.decode()
    act = page("partner-endpoint-act", partner, endpoint.uid)
    rotate = page("partner-endpoint-secret", partner, endpoint.uid)
    assert "stops at once" not in admin.get(rotate).content.decode() and not secrets_of(admin.get(rotate))
    [another] = secrets_of(admin.post(rotate))
    assert another != secret and "stops at once" in admin.get(rotate).content.decode()
    for do, state in (("pause", "paused"), ("resume", "active"), ("test", "active")):
        assert admin.post(act, {"do": do})["Location"] == about
        endpoint.refresh_from_db()
        assert endpoint.state == state
    delivery = Delivery.objects.get()
    Attempt.objects.create(delivery=delivery, started_at=delivery.created_at, status=503, answer="<b>down</b>")
    shown = admin.get(about).content.decode()
    assert "&lt;b&gt;down&lt;/b&gt;" in shown and str(delivery.uid) in shown
    Delivery.objects.update(status="given_up")
    assert admin.post(page("partner-delivery-replay", partner, delivery.uid))["Location"] == about
    assert Delivery.objects.get().status == "waiting"
    assert admin.post(page("partner-endpoint-replay", partner, endpoint.uid), {"hours": 24})["Location"] == about
    changed = {**NEW, "url": "https://10.0.0.1/"}
    refused = admin.post(page("partner-endpoint-edit", partner, endpoint.uid), changed)
    assert refused.status_code == 422 and "10.0.0.1 is not public" in refused.content.decode()
    assert admin.post(act, {"do": "nothing"}).status_code == 404
    remove = page("partner-endpoint-remove", partner, endpoint.uid)
    waiting = Delivery.objects.filter(status="waiting").count()
    assert f"{waiting} message" in admin.get(remove).content.decode() and Endpoint.objects.exists()
    assert admin.post(remove)["Location"] == page("partner-integrations", partner)
    assert not Endpoint.objects.exists()


def test_a_key_on_the_pages_is_shown_once_and_revoked():
    partner = organisation(name="Blue Hall", slug="blue-hall")
    admin = log_in(Client(), partner.admin)
    made = admin.post(page("partner-key-new", partner), {"name": "CRM", "scopes": ["feed:read"], "ends": "30"})
    [key] = re.findall(r"evk_[\w-]{20,}", made.content.decode())
    row = ApiKey.objects.get()
    home = admin.get(page("partner-integrations", partner)).content.decode()
    assert row.prefix in home and key not in home and row.expires_at is not None
    admin.post(page("partner-key-revoke", partner, row.uid))
    row.refresh_from_db()
    assert row.revoked_at and row.prefix not in admin.get(page("partner-integrations", partner)).content.decode()


def test_other_members_and_other_organisations_stay_out():
    partner, other = organisation(slug="blue-hall"), organisation(slug="other")
    endpoint, delivery, key = more_integrations(partner, "Blue")
    helper = UserFactory()
    members.add(partner, helper, "org_member", by=None)
    assert log_in(Client(), helper).get(page("partner-integrations", partner)).status_code == 403
    stranger = log_in(Client(), other.admin)
    assert stranger.get(page("partner-integrations", partner)).status_code == 404
    # Another's row below one's own organisation is none.
    assert stranger.get(page("partner-endpoint", other, endpoint.uid)).status_code == 404
    assert stranger.post(page("partner-delivery-replay", other, delivery.uid)).status_code == 404
    assert stranger.post(page("partner-key-revoke", other, key.uid)).status_code == 404
    assert stranger.get(reverse("desk-endpoint", args=[endpoint.uid])).status_code == 404
    assert ApiKey.objects.get(pk=key.pk).revoked_at is None


def test_staff_see_all_of_them_at_the_same_cost_and_send_again():
    staff = log_in(Client(), SuperAdminFactory())
    endpoint, delivery, _key = more_integrations(PartnerFactory(name="Blue Hall"), "Blue")
    addresses = (reverse("desk-endpoints"), reverse("desk-endpoint", args=[endpoint.uid]))

    def cost() -> list[int]:
        found = []
        for address in addresses:
            assert "blue.example.com" in staff.get(address).content.decode()
            with CaptureQueriesContext(connection) as queries:
                staff.get(address)
            found.append(len(queries))
        return found

    one = cost()
    for number in range(2):
        more_integrations(PartnerFactory(), f"Red{number}")
        more = Delivery.objects.create(
            endpoint=endpoint, kind="webhook.test", next_attempt_at=delivery.created_at, give_up_at=delivery.created_at
        )
        Attempt.objects.create(delivery=more, started_at=delivery.created_at, status=200)
    assert cost() == one
    Endpoint.objects.filter(pk=endpoint.pk).update(state="disabled")
    refused = staff.post(reverse("desk-delivery-replay", args=[delivery.uid]))
    assert refused.status_code == 409
    staff.post(reverse("desk-endpoint-resume", args=[endpoint.uid]))
    endpoint.refresh_from_db()
    assert endpoint.state == "active"
    assert staff.post(reverse("desk-delivery-replay", args=[delivery.uid])).status_code == 302
