"""A partner without a postal address: its people are told, once nothing weightier is missing."""

import pytest

from accounts.factories import UserFactory
from analytics import attention
from partners import members
from partners.models import Partner
from partners.tests.money import payable_partner

pytestmark = pytest.mark.django_db


def test_the_people_of_a_partner_without_an_address_are_told():
    partner = payable_partner(name="Blue Hall", contact_email="x@example.com")
    user, plain = UserFactory(), UserFactory()
    partner.contacts.create(name="Ann", email="ann@example.com", is_primary=True)
    members.add(partner, user, "org_admin", by=None)
    members.add(partner, plain, "org_member", by=None)
    Partner.objects.filter(pk=partner.pk).update(address="")
    text, page = "Invoices of Blue Hall say no postal address.", "partner-organisation"
    [found] = attention.for_user(user)
    assert found == attention.Matter("information", text, "Enter it", page, (partner.slug,))
    assert attention.for_user(plain) == []
    Partner.objects.filter(pk=partner.pk).update(address="1 Main Road")
    assert attention.for_user(user) == []
