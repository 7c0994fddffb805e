"""The pages of a partner's own people: for its members only, and each leads to what is missing."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail as outbox
from django.utils import timezone

from accounts import mail
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, User
from accounts.tests.coming_in import log_in
from bookings.tests.scenes import text
from partners import bank, contacts, inviting, kyc, members, standing
from partners.factories import PartnerFactory
from partners.models import Document, Invitation, Member
from partners.tests.papers import T, file, pdf, uploaded, verified

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("private")]
PAGES = ("", "organisation/", "contacts/", "bank/", "documents/", "people/")


@pytest.fixture
def partner():
    return PartnerFactory(name="Blue Note", slug="blue-note", verification_status="Pending", contact_email="x@p.com")


@pytest.fixture
def me(client, partner):
    """An administrator of the partner, whose browser the client is."""
    user = UserFactory(email="me@p.com", full_name="Asha Rao")
    members.add(partner, user, Member.Role.ADMIN, by=None)
    log_in(client, user)
    return user


def get(client, path: str = "", status: int = 200) -> str:
    response = client.get(f"/partner/blue-note/{path}")
    assert response.status_code == status, response
    page = text(response)
    assert "style=" not in page
    return page


def post(client, path: str, status: int = 302, **data) -> str:
    response = client.post(f"/partner/blue-note/{path}", data)
    assert response.status_code == status, text(response)
    return get(client, response.url.removeprefix("/partner/blue-note/")) if status == 302 else text(response)


@pytest.mark.usefixtures("partner")
def test_nobody_and_outsiders_see_nothing(client):
    for page in PAGES:
        assert client.get(f"/partner/blue-note/{page}").url.startswith("/login/?next=/partner/blue-note/")
    foreign = UserFactory()
    members.add(PartnerFactory(), foreign, Member.Role.ADMIN, by=None)
    for user in (foreign, SuperAdminFactory()):
        log_in(client, user)
        for page in PAGES:
            assert client.get(f"/partner/blue-note/{page}").status_code == 404
            assert client.post(f"/partner/blue-note/{page}", {}).status_code in (404, 405)


@pytest.mark.parametrize(
    ("role", "statuses"),
    [
        ("org_admin", [200] * 6),
        ("org_member", [200] + [403] * 5),
        ("event_manager", [200] + [403] * 5),
        ("crew_coordinator", [200] + [403] * 5),
        ("volunteer", [404] * 6),
    ],
)
def test_what_each_role_may_open(client, partner, role, statuses):
    user = UserFactory()
    members.add(partner, user, role, by=None)
    log_in(client, user)
    assert [client.get(f"/partner/blue-note/{page}").status_code for page in PAGES] == statuses


def test_things_of_another_partner_are_not_there(client, me):
    other = PartnerFactory()
    contact = contacts.add(other, name="A", email="a@o.com", by=None)
    invitation = inviting.invite(other, "b@o.com", by=None)
    document = uploaded(other)
    members.add(other, UserFactory(), Member.Role.ADMIN, by=None)
    member = other.members.get()
    assert client.get(f"/partner/blue-note/contacts/{contact.uid}/").status_code == 404
    assert client.get(f"/partner/blue-note/documents/{document.uid}/").status_code == 404
    for path in (
        f"contacts/{contact.uid}/",
        f"contacts/{contact.uid}/remove/",
        f"invitations/{invitation.uid}/resend/",
        f"invitations/{invitation.uid}/revoke/",
        f"people/{member.uid}/remove/",
    ):
        assert client.post(f"/partner/blue-note/{path}", {}).status_code == 404
    assert (other.contacts.count(), other.members.count(), Document.objects.count()) == (1, 1, 1)
    invitation.refresh_from_db()
    assert invitation.revoked_at is None


def test_the_way_from_the_invitation_to_the_first_payout(client):
    staff = SuperAdminFactory()
    contact = {"name": "Asha Rao", "email": "asha@p.com", "phone": ""}
    partner = inviting.invite_partner(name="Blue Note", type="Venue", contact=contact, by=staff)
    mail.send_pending()
    link = "/invitations/" + outbox.outbox[-1].body.partition("/invitations/")[2].partition("/")[0] + "/"
    page = text(client.get(link))
    assert "Join Blue Note" in page
    assert 'value="Asha Rao"' in page
    response = client.post(link, {"name": "Asha Rao", "password": "a-long-password"})
    assert (response.status_code, response.url) == (302, "/partner/blue-note/")
    home = get(client)
    assert "Welcome to Blue Note." in home
    assert "Enter the bank account that your money goes to." in home
    assert home.count("Not uploaded yet.") == 6  # in the list of what is missing, and beside each paper
    bank_values = {"country": "IN", "holder": "Blue Note", "number": "123456789012", "routing_code": "HDFC0001234"}
    page = post(client, "bank/", **bank_values)
    assert "Now upload a cheque" in page
    for type in kyc.REQUIRED:
        page = post(client, "documents/", type=type, file=file(pdf(), "scan.pdf"))
        assert "is uploaded. We check it" in page
    assert "Enter your postal address" in get(client)
    post(client, "organisation/", name="Blue Note", address="1 Main Road")
    assert "Nothing to do for you now" in get(client)
    for document in Document.objects.all():
        kyc.review(document, verdict="Verified", by=staff)
    assert "All is done" in get(client)
    partner.refresh_from_db()
    assert bank.is_payable(partner)


def test_a_bad_upload_says_so_at_its_card(client, me):
    for data, name, sentence in (
        (b"<html>", "scan.pdf", "Upload a PDF, or a picture"),
        (b"", "scan.pdf", "This file is empty"),
        (b"\0" * 11_000_000, "scan.pdf", "This file is larger than 10 MB"),
        (b"x", "a\x00b.pdf", "Upload a PDF, or a picture"),
    ):
        page = post(client, "documents/", 422, type="PAN", file=file(data, name))
        assert page.count(f"<li>{sentence}") == 1
        assert 'id="error-PAN"' in page
    assert "Choose a file first." in post(client, "documents/", 400, type="PAN")
    post(client, "documents/", 400, type="Passport", file=file())
    post(client, "documents/", 400, type="\x00", file=file())
    assert not Document.objects.exists()


def test_a_body_that_is_far_too_large_is_not_even_read(client, me):
    response = client.post("/partner/blue-note/documents/", {"type": "PAN", "file": file(b"\0" * 16_000_001)})
    assert response.status_code == 413
    assert not Document.objects.exists()


def test_states_of_papers_in_words(client, partner, me):
    staff = SuperAdminFactory()
    last = kyc.today() + timedelta(days=100)
    verified(partner, T.PAN, by=staff, expires_on=last)
    kyc.review(uploaded(partner, T.CHEQUE), verdict="Rejected", reason="The number is cut off.", by=staff)
    page = get(client, "documents/")
    assert "Verified, good until" in page
    assert "Not accepted: The number is cut off." in page
    assert "Not uploaded yet." in page
    with time_machine.travel(timezone.now() + timedelta(days=101)):
        log_in(client, me)
        assert "It has expired. Upload a new one." in get(client, "documents/")
    standing.set_status(partner, "Suspended", reason="Chargebacks.", by=staff)
    assert "Chargebacks." in get(client)


def test_my_own_file_opens_through_a_short_link(client, partner, me):
    document = uploaded(partner)
    response = client.get(f"/partner/blue-note/documents/{document.uid}/")
    assert response.url.startswith("/documents/")
    assert client.get(response.url)["Content-Disposition"] == 'attachment; filename="scan.png"'
    assert AuditLog.objects.filter(action="VIEWED_DOCUMENT", actor=me).count() == 1


def test_organisation(client, partner, me):
    values = {"name": "Blue Note Ltd", "contact_email": "hi@p.com", "phone": "98765 43210", "website": "bluenote.com"}
    page = post(client, "organisation/", **values)
    assert 'value="https://bluenote.com"' in page
    partner.refresh_from_db()
    assert (partner.name, partner.contact_email, partner.phone) == ("Blue Note Ltd", "hi@p.com", "+919876543210")
    bad = {"name": "", "contact_email": "x", "phone": "1", "website": "javascript:alert(1)"}
    page = post(client, "organisation/", 400, **bad)
    bad["name"] = "Blue Note Ltd"
    page = post(client, "organisation/", 422, **bad)
    for sentence in ("Enter a valid email address.", "Enter a valid phone number", "Enter an address such as"):
        assert sentence in page
    verified(partner, by=SuperAdminFactory())
    assert "Write to us to change it" in post(client, "organisation/", 409, **{**values, "name": "Another"})
    line = AuditLog.objects.filter(action="CHANGED_PARTNER").get()
    assert line.details["before"]["name"] == "Blue Note"


def test_contacts(client, partner, me):
    assert "Asha" in post(client, "contacts/", name="Asha", email="a@p.com", phone="+919876543210")
    post(client, "contacts/", name="Ben", email="b@p.com", phone="")
    first, second = partner.contacts.order_by("id")
    assert (first.is_primary, second.is_primary) == (True, False)
    page = post(client, f"contacts/{first.uid}/remove/")
    assert "Make another one primary first." in page
    post(client, f"contacts/{second.uid}/", name="Ben B", email="b@p.com", phone="", is_primary="on")
    page = post(client, f"contacts/{first.uid}/remove/")
    assert "Asha was removed." in page
    assert list(partner.contacts.values_list("name", "is_primary")) == [("Ben B", True)]
    page = post(client, "contacts/", 422, name="C", email="nope", phone="1")
    assert "Enter a valid email address." in page
    assert 'value="nope"' in page


def test_the_bank_page_asks_who_one_is_and_masks_the_number(client, partner, me):
    bank.set_account(partner, holder="B", number="123456789012", routing_code="HDFC0001234", country="IN", by=me)
    assert "•••• 9012" in get(client, "bank/")
    assert "123456789012" not in get(client, "bank/")
    bad = {"country": "DE", "holder": "B", "number": "DE00", "routing_code": "!"}
    page = post(client, "bank/", 422, **bad)
    assert "This IBAN is not right. Compare each character with your bank statement." in page
    assert "Enter the BIC" in page
    log_in(client, me, fresh=False)
    assert client.get("/partner/blue-note/bank/").url.startswith("/account/confirm/")


def test_people(client, partner, me):
    page = post(client, "people/", email="new@p.com", name="New", role="event_manager")
    assert "We wrote to new@p.com." in page
    assert "· Administrator</p>" in page and "Event manager · good until" in page
    invitation = Invitation.objects.get()
    assert "It was sent a moment ago." in post(client, f"invitations/{invitation.uid}/resend/")
    assert "was taken back" in post(client, f"invitations/{invitation.uid}/revoke/")
    other = members.add(partner, UserFactory(full_name="Ben"), Member.Role.MEMBER, by=None)
    assert "cannot remove yourself" in post(client, f"people/{partner.members.get(user=me).uid}/remove/")
    assert "Ben is no member any more." in post(client, f"people/{other.uid}/remove/")
    assert partner.members.count() == 1
    page = post(client, "people/", 409, email="me@p.com", name="", role="org_member")
    assert "is a member already" in page


def test_my_partners(client, partner, me):
    assert client.get("/partner/").url == "/partner/blue-note/"
    members.add(PartnerFactory(name="Other"), me, Member.Role.MEMBER, by=None)
    page = text(client.get("/partner/"))
    assert "Blue Note" in page
    assert "Other" in page
    log_in(client, UserFactory())
    assert "You do not work for an organisation" in text(client.get("/partner/"))


def invitation_link(partner, email: str) -> str:
    inviting.invite(partner, email, by=None)
    mail.send_pending()
    return "/invitations/" + outbox.outbox[-1].body.partition("/invitations/")[2].partition("/")[0] + "/"


def test_the_invitation_page_for_each_visitor(client, partner):
    link = invitation_link(partner, "new@p.com")
    response = client.get(link)
    assert "Make an account and join" in text(response)
    assert response["Referrer-Policy"] == "same-origin"  # the address is a key; with less the form's Origin is null
    page = text(client.post(link, {"name": "", "password": ""}))
    assert page.count('aria-invalid="true"') == 2
    UserFactory(email="New@p.com")
    page = text(client.get(link))
    assert f"/login/?next={link.replace('/', '%2F')}" in page
    response = client.post(link, {"name": "x", "password": "secret"})
    assert (response.status_code, "Log in with it to join" in text(response)) == (409, True)
    log_in(client, UserFactory(email="other@p.com"))
    assert "You are logged in as other@p.com" in text(client.get(link))
    assert client.post(link).status_code == 403
    assert not Member.objects.exists()
    log_in(client, User.objects.get(email__iexact="new@p.com"))
    assert client.post(link).url == "/partner/blue-note/"
    response = client.get(link)
    assert (response.status_code, "accepted already" in text(response)) == (409, True)
    assert client.get("/invitations/nope/").status_code == 404


def test_each_page_asks_the_same_number_of_queries_whatever_there_is(
    client, partner, me, django_assert_max_num_queries
):
    def queries_of(page: str) -> int:
        with django_assert_max_num_queries(25) as asked:
            get(client, page)
        return len(asked)

    def add(n: int) -> None:
        uploaded(partner, T.PAN)
        contacts.add(partner, name=f"C{n}", email=f"c{n}@p.com", by=None)
        members.add(partner, UserFactory(), Member.Role.MEMBER, by=None)
        inviting.invite(partner, f"i{n}@p.com", by=me)

    add(0)
    queries_of("")  # what is remembered from request to request
    one = {page: queries_of(page) for page in PAGES}
    add(1)
    add(2)
    assert {page: queries_of(page) for page in PAGES} == one
