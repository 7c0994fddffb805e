"""What invoices say of a partner: who may say it, in which form, and where it is missed."""

import pytest

from accounts import roles
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Role
from accounts.tests.coming_in import log_in
from bookings.tests.scenes import text
from eventify.lib.errors import Conflict, Invalid
from partners import members, profile
from partners.factories import PartnerFactory
from partners.models import Member, Partner

pytestmark = pytest.mark.django_db
FACTS = {"legal_name": "Blue Note B.V.", "address": "1 Main Road\nUtrecht", "tax_number": "NL123456789B01"}
OWN = {"name": "Blue Note", "contact_email": "", "phone": "", "website": ""}


@pytest.fixture
def partner():
    return PartnerFactory(name="Blue Note", slug="blue-note", address="", verification_status="Pending")


@pytest.fixture
def boss(client, partner):
    """The administrator of the partner, whose browser the client is."""
    user = UserFactory()
    members.add(partner, user, Member.Role.ADMIN, by=None)
    log_in(client, user)
    return user


def said(partner) -> dict:
    return Partner.objects.filter(pk=partner.pk).values(*FACTS).get()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"tax_number": " nl123456789b01 "}, {"tax_number": "NL123456789B01"}),
        ({"tax_number": "27 AAACR 5055K 1Z7"}, {"tax_number": "27 AAACR 5055K 1Z7"}),
        ({"tax_number": "DE/123.456-7"}, {"tax_number": "DE/123.456-7"}),
        ({"address": "  1  Main Road \r\n\n\t Utrecht\n"}, {"address": "1 Main Road\nUtrecht"}),
        ({"address": "१२ महात्मा गांधी मार्ग\nमुंबई"}, {"address": "१२ महात्मा गांधी मार्ग\nमुंबई"}),
        ({"legal_name": "  Blue   Note B.V. "}, {"legal_name": "Blue Note B.V."}),
        ({"legal_name": "", "address": " ", "tax_number": ""}, {"legal_name": "", "address": "", "tax_number": ""}),
    ],
)
def test_it_is_kept_tidied(partner, given, kept):
    profile.change(partner, by=SuperAdminFactory(), **given)
    assert said(partner) == {"legal_name": "", "address": "", "tax_number": ""} | kept


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("tax_number", "<b>29</b>", "as the tax office writes it"),
        ("tax_number", "12", "as the tax office writes it"),
        ("tax_number", "NONE", "as the tax office writes it"),
        ("tax_number", "1" * 51, "as the tax office writes it"),
        ("tax_number", "12\x0034", "as the tax office writes it"),
        ("tax_number", "29AB\ud800", "as the tax office writes it"),
        ("address", "x" * 501, "at most 6 lines and 500 characters"),
        ("address", "\n".join("abcdefg"), "at most 6 lines and 500 characters"),
        ("address", "1 Main\x00 Road", "characters that cannot be used"),
        ("address", "1 Main\udcff Road", "characters that cannot be used"),
        ("legal_name", "x" * 201, "at most 200 characters"),
        ("legal_name", "a\x00", "at most 200 characters"),
    ],
)
def test_what_cannot_be_printed_or_is_no_number_is_refused(partner, field, value, sentence):
    with pytest.raises(Invalid) as refusal:
        profile.change(partner, by=SuperAdminFactory(), **{field: value})
    assert list(refusal.value.errors) == [field] and sentence in str(refusal.value.errors[field][0])
    assert said(partner) == {"legal_name": "", "address": "", "tax_number": ""}


def test_a_verified_partner_sets_its_registered_name_once_and_staff_change_it(partner):
    Partner.objects.filter(pk=partner.pk).update(verification_status="Verified")
    boss = UserFactory()
    members.add(partner, boss, Member.Role.ADMIN, by=None)
    profile.change(partner, by=boss, **FACTS)
    profile.change(partner, by=boss, address="2 Main Road", tax_number="")
    with pytest.raises(Conflict):
        profile.change(partner, by=boss, legal_name="Somebody else")
    profile.change(partner, by=SuperAdminFactory(), legal_name="Somebody else")
    assert said(partner) == {"legal_name": "Somebody else", "address": "2 Main Road", "tax_number": ""}


@pytest.mark.usefixtures("boss")
def test_the_partner_is_told_what_is_missing_and_enters_it(client, partner):
    home = text(client.get("/partner/blue-note/"))
    assert "Enter your postal address: without it" in home and 'href="/partner/blue-note/organisation/"' in home
    response = client.post("/partner/blue-note/organisation/", OWN | FACTS | {"address": "1 Main Road\r\nUtrecht"})
    assert response.status_code == 302 and said(partner) == FACTS
    assert "Enter your postal address" not in text(client.get("/partner/blue-note/"))
    page = text(client.get("/partner/blue-note/organisation/"))
    assert "Blue Note B.V." in page and "1 Main Road\nUtrecht</textarea>" in page
    noted = AuditLog.objects.get(action="CHANGED_PARTNER").details
    assert noted == {"before": {"legal_name": "", "address": "", "tax_number": ""}, "after": FACTS}


@pytest.mark.usefixtures("boss")
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(client, partner):
    response = client.post("/partner/blue-note/organisation/", OWN | FACTS | {"tax_number": "none"})
    page = text(response)
    assert response.status_code == 422 and "as the tax office writes it" in page and "1 Main Road" in page
    assert said(partner)["address"] == ""


def test_staff_see_what_is_missing_and_enter_it(client, partner):
    log_in(client, SuperAdminFactory())
    address = f"/command-center/partners/{partner.uid}/"
    assert "invoices say only the name" in text(client.get(address))
    assert client.get(f"{address}legal/").status_code == 200
    response = client.post(f"{address}legal/", FACTS)
    assert (response.status_code, response.url) == (302, address) and said(partner) == FACTS
    page = text(client.get(address))
    assert "invoices say only the name" not in page
    for words in ("Blue Note B.V.", "1 Main Road, Utrecht", "NL123456789B01"):
        assert words in page
    wrong = client.post(f"{address}legal/", FACTS | {"address": "\n".join("abcdefg")})
    assert wrong.status_code == 422 and "at most 6 lines" in text(wrong)


def test_who_does_not_manage_partners_cannot_enter_it(client, partner):
    user = UserFactory()
    roles.assign(user, Role.objects.get(name="Support"), by=None)
    log_in(client, user)
    assert client.post(f"/command-center/partners/{partner.uid}/legal/", FACTS).status_code in (403, 404)
    assert said(partner)["address"] == ""
