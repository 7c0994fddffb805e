"""Organisations that run events at once, and slugs that two want at the same moment."""

from functools import partial

import pytest

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog
from accounts.tests.racing import errors, good, race
from eventify.lib.errors import Invalid
from partners import founding, profile
from partners.factories import PartnerFactory
from partners.models import Member, Partner

pytestmark = pytest.mark.django_db


def test_an_organisation_is_active_from_the_start():
    admin = SuperAdminFactory()
    made = founding.found(name="Green Hill", contact_email="hello@hill.example", by=admin)
    made.refresh_from_db()
    assert (made.type, made.status, made.slug, made.contact_email) == (
        "Promoter",
        "Active",
        "green-hill",
        "hello@hill.example",
    )
    assert made.joined_at is not None and not made.members.exists()
    line = AuditLog.objects.get()
    assert (line.action, line.actor, line.details) == ("FOUNDED_PARTNER", admin, {"name": "Green Hill"})


def test_who_is_no_staff_becomes_its_administrator():
    user = UserFactory()
    made = founding.found(name="Green Hill", slug="hill", by=user)
    member = Member.objects.get(partner=made)
    assert (made.slug, member.user, member.role) == ("hill", user, "org_admin")


@pytest.mark.parametrize("slug", ["Hill", "a b", "é", "x" * 101, "-x-", "a/b", "taken"])
def test_slugs_that_cannot_be(slug):
    PartnerFactory(slug="taken")
    with pytest.raises(Invalid) as refusal:
        founding.found(name="Green Hill", slug=slug, by=SuperAdminFactory())
    assert list(refusal.value.errors) == ["slug"]
    with pytest.raises(Invalid):
        profile.change(PartnerFactory(slug="own"), slug=slug, by=SuperAdminFactory())
    assert Partner.objects.get(slug="own").name


def test_a_partner_keeps_its_own_slug():
    partner = PartnerFactory(slug="own")
    assert profile.change(partner, slug="own", by=SuperAdminFactory()).slug == "own"


@pytest.mark.django_db(transaction=True)
def test_one_slug_at_once_is_somebodys_and_the_others_are_told():
    admin = SuperAdminFactory()
    results = race(*[partial(founding.found, name="Hill", slug="hill", by=admin)] * 6)
    assert len(good(results)) == 1 and len(errors(results, Invalid)) == 5
    assert Partner.objects.filter(name="Hill").count() == 1
    partners = [PartnerFactory() for _partner in range(6)]
    results = race(*(partial(profile.change, one, slug="valley", by=admin) for one in partners))
    assert len(good(results)) == 1 and len(errors(results, Invalid)) == 5
    assert Partner.objects.filter(slug="valley").count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_name_at_once_gives_different_slugs():
    results = race(*[partial(founding.found, name="Hill", by=SuperAdminFactory())] * 6)
    assert len({partner.slug for partner in good(results)}) == 6
