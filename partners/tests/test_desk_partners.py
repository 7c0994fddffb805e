"""Staff's pages of partners: list, invitation, profile, suspension, terms."""

import pytest
from django.core import mail as outbox

from accounts import mail, roles
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Role
from accounts.tests.coming_in import log_in
from bookings.tests.scenes import buy, scene, text, wait
from eventify.lib.desk import search
from partners import bank, contacts, inviting, kyc, members, standing
from partners.factories import PartnerFactory
from partners.models import Invitation, Member, Partner
from partners.tests import money
from partners.tests.papers import T, file, pdf, uploaded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("private")]
DESK = "/command-center/"


@pytest.fixture
def staff(client):
    user = SuperAdminFactory(full_name="Vera Staff")
    log_in(client, user)
    return user


@pytest.fixture
def partner():
    return PartnerFactory(name="Blue Note", contact_email="hi@bluenote.com", verification_status="Pending")


def as_role(client, name: str):
    user = UserFactory()
    roles.assign(user, Role.objects.get(name=name), by=None)
    log_in(client, user)
    return user


def get(client, path: str, status: int = 200) -> str:
    response = client.get(DESK + path)
    assert response.status_code == status, response
    page = text(response)
    assert "style=" not in page
    return page


def profile(partner, act: str = "") -> str:
    return f"partners/{partner.uid}/{act}"


def bodies(partner) -> list[str]:
    """Every page of staff about a partner."""
    return ["partners/", "partners/invite/", *(profile(partner, act) for act in ("", *ACTS))]


ACTS = ("suspend/", "activate/", "terms/", "upload/", "people/invite/")


@pytest.mark.parametrize(
    ("role", "list_", "profile_", "acts"),
    [
        ("Super Admin", 200, 200, 200),
        ("Finance", 200, 200, 403),
        ("Content Moderator", 200, 200, 403),
        ("Support", 200, 200, 403),
        ("Gate", 403, 403, 403),
    ],
)
def test_each_role(client, partner, role, list_, profile_, acts):
    if role == "Super Admin":
        log_in(client, SuperAdminFactory())
    else:
        as_role(client, role)
    statuses = [client.get(DESK + page).status_code for page in bodies(partner)]
    assert statuses == [list_, acts, profile_, *[acts] * 5]


def test_members_see_their_own_partner_and_decide_nothing_about_it(client, partner):
    user, other = UserFactory(), PartnerFactory(name="Other")
    members.add(partner, user, Member.Role.ADMIN, by=None)
    log_in(client, user)
    page = get(client, "partners/")
    assert "Blue Note" in page
    assert "Other" not in page
    own = get(client, profile(partner))
    assert "Suspend" not in own
    assert f'href="/partner/{partner.slug}/"' in own
    assert client.get(DESK + profile(other)).status_code == 404
    for act in ACTS:
        assert client.post(DESK + profile(partner, act), {"reason": "x"}).status_code == 403
        assert client.post(DESK + profile(other, act), {"reason": "x"}).status_code in (403, 404)
    assert set(Partner.objects.values_list("status", flat=True)) == {"Active"}


def test_nobody_is_sent_to_the_log_in(client, partner):
    for page in bodies(partner):
        assert client.get(DESK + page).url.startswith("/login/?next=")


def test_the_list_narrows_sorts_and_downloads(client, staff):
    PartnerFactory(name="=Alpha", type="Venue", trust="trusted")
    PartnerFactory(name="Beta", status="Suspended", contact_email="needle@b.com")
    assert "=Alpha" in get(client, "partners/?type=Venue")
    page = get(client, "partners/?q=needle&status=Suspended&verification=Verified&trust=new")
    assert "Beta" in page
    assert "Alpha" not in page
    assert "Select a valid choice" in get(client, "partners/?status=Nope")
    for sort in ("name", "-open_balance", "total_revenue", "-joined_at", "trust", "nope", "\x00"):
        get(client, f"partners/?sort={sort}")
    for query in ("page=-1", "page=x", "page=" + "9" * 400, "q=%00", "q=" + "x" * 3000, "q=%ED%A0%80"):
        get(client, f"partners/?{query}")
    response = client.get(DESK + "partners/?format=csv&type=Venue")
    table = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert table[0].startswith("Name,Kind,Status,Verification,Trust,Revenue,")
    assert table[1].startswith("'=Alpha,Venue,Active,Verified,Trusted,0,INR,0,INR,")
    assert len(table) == 2


def test_money_is_for_those_who_may_see_it(client, partner):
    bank.set_account(partner, holder="B", number="123456789012", routing_code="HDFC0001234", country="IN", by=None)
    as_role(client, "Support")
    assert "Revenue" not in get(client, "partners/")
    page = get(client, profile(partner))
    assert "123456789012" not in page
    assert "Bank account" not in page
    as_role(client, "Finance")
    assert "Revenue" in get(client, "partners/")
    assert "123456789012" in get(client, profile(partner))
    mine = UserFactory()
    members.add(partner, mine, Member.Role.MEMBER, by=None)
    log_in(client, mine)
    assert "Revenue" not in get(client, "partners/")
    assert "9012" not in get(client, profile(partner))


def test_inviting(client, staff):
    values = {"name": "Red Room", "type": "Venue", "contact_name": "Asha", "contact_email": "a@r.com"}
    page = text(client.post(DESK + "partners/invite/", {**values, "contact_email": "nope", "contact_phone": "1"}))
    assert "Enter a valid email address." in page
    assert "Enter a valid phone number" in page
    assert 'value="Red Room"' in page
    response = client.post(DESK + "partners/invite/", values)
    partner = Partner.objects.get(name="Red Room")
    assert response.url == DESK + profile(partner)
    page = get(client, profile(partner))
    assert "Red Room is invited. We wrote to a@r.com." in page
    assert "Invited, good until" in page
    invitation = Invitation.objects.get()
    response = client.post(f"{DESK}invitations/{invitation.uid}/resend/")
    assert (response.status_code, "a moment ago" in text(response)) == (409, True)
    client.post(f"{DESK}invitations/{invitation.uid}/revoke/")
    invitation.refresh_from_db()
    assert invitation.revoked_at
    client.post(DESK + profile(partner, "people/invite/"), {"email": "b@r.com", "role": "org_admin"})
    mail.send_pending()
    assert [one.to for one in outbox.outbox] == [["a@r.com"], ["b@r.com"]]
    assert AuditLog.objects.filter(action="INVITED_PARTNER", actor=staff).count() == 1


def digest_in(page: str) -> str:
    return page.partition('name="digest" value="')[2].partition('"')[0]


def test_suspending_shows_what_stops_and_does_it_if_nothing_moved(client, staff, partner):
    event, kind = scene(capacity=1, partner=partner, price=10)
    buy(UserFactory(), kind)
    wait(event, UserFactory())
    members.add(partner, UserFactory(), Member.Role.ADMIN, by=None)
    page = get(client, profile(partner, "suspend/"))
    assert "cannot publish, sell or be paid any more" in page
    assert "1 order holds places now" in page
    assert "Suspend Blue Note" in page
    digest = digest_in(page)
    assert client.post(DESK + profile(partner, "suspend/"), {"digest": digest, "reason": ""}).status_code == 400
    scene(partner=partner)
    response = client.post(DESK + profile(partner, "suspend/"), {"digest": digest, "reason": "Fraud"})
    assert response.status_code == 409
    page = text(response)
    assert "Something has changed since you looked" in page
    response = client.post(DESK + profile(partner, "suspend/"), {"digest": digest_in(page), "reason": "Fraud"})
    assert response.url == DESK + profile(partner)
    page = get(client, profile(partner))
    assert "Blue Note is suspended." in page
    assert "Fraud" in page
    partner.refresh_from_db()
    assert (partner.status, partner.status_reason) == ("Suspended", "Fraud")
    details = AuditLog.objects.get(action="SUSPENDED_PARTNER").details
    assert (details["after"], details["events_on_sale"]) == ({"status": "Suspended", "reason": "Fraud"}, 2)
    page = get(client, profile(partner, "activate/"))
    assert "It was suspended because: Fraud" in page
    client.post(DESK + profile(partner, "activate/"), {"digest": digest_in(page)})
    partner.refresh_from_db()
    assert partner.status == "Active"


def test_the_house_and_impossible_changes_say_so(client, staff, partner):
    house = Partner.objects.get(is_house=True)
    assert "It cannot be suspended" in get(client, profile(house, "suspend/"))
    assert "is active already" in get(client, profile(partner, "activate/"))
    assert client.post(DESK + profile(house, "suspend/"), {"reason": "x", "digest": "x"}).status_code == 409


def test_terms_ask_who_one_is(client, staff, partner):
    address = DESK + profile(partner, "terms/")
    assert client.post(address, {"fee_percent": "101", "trust": "known"}).status_code == 400
    assert client.post(address, {"fee_percent": "7.5", "trust": "known"}).status_code == 302
    partner.refresh_from_db()
    assert (str(partner.fee_percent), partner.trust) == ("7.50", "known")
    log_in(client, staff, fresh=False)
    assert client.get(address).url.startswith("/account/confirm/")


def test_uploading_for_a_partner(client, staff, partner):
    address = DESK + profile(partner, "upload/")
    response = client.post(address, {"type": "PAN", "file": file(b"<html>", "a.pdf")})
    assert (response.status_code, "Upload a PDF" in text(response)) == (422, True)
    assert client.post(address, {"type": "PAN", "file": file(pdf(), "a.pdf")}).status_code == 302
    assert partner.documents.get().uploaded_by == staff


def test_the_profile_shows_it_all(client, staff, partner):
    contacts.add(partner, name="Asha Contact", email="c@p.com", phone="+919876543210", by=None)
    members.add(partner, UserFactory(full_name="Ben Member"), Member.Role.ADMIN, by=None)
    event, _kind = scene(partner=partner)
    kyc.review(uploaded(partner, T.PAN), verdict="Rejected", reason="Blurred", by=staff)
    page = get(client, profile(partner))
    for shown in ("Asha Contact", "Ben Member", event.name, "Blurred", "Vera Staff", "Nothing can be paid out."):
        assert shown in page
    standing.set_status(partner, "Suspended", reason="Because of this.", by=staff)
    assert "Because of this." in get(client, profile(partner))


def test_the_search_finds_partners_that_one_may_see(partner):
    contacts.add(partner, name="Asha Contact", email="c@p.com", by=None)
    member = UserFactory()
    members.add(PartnerFactory(name="Bluebird"), member, Member.Role.ADMIN, by=None)

    def found(user, words: str) -> list[str]:
        groups = {str(source.kind): hits for source, hits in search.everywhere(user, words)}
        return [hit.title for hit in groups.get("Partners", [])]

    staff = SuperAdminFactory()
    assert found(staff, "blue") == ["Blue Note", "Bluebird"]
    assert found(staff, "c@p.com") == ["Blue Note"]
    assert found(member, "blue") == ["Bluebird"]
    assert found(UserFactory(), "blue") == []


def test_the_number_of_queries_does_not_grow(client, staff, partner, django_assert_max_num_queries):
    def asked(path: str) -> int:
        with django_assert_max_num_queries(45) as queries:
            get(client, path)
        return len(queries)

    def add(n: int) -> None:
        PartnerFactory()
        uploaded(partner, by=staff)
        contacts.add(partner, name=f"C{n}", email=f"c{n}@p.com", by=staff)
        members.add(partner, UserFactory(), Member.Role.MEMBER, by=None)
        inviting.invite(partner, f"i{n}@p.com", by=None)
        scene(partner=partner)

    add(0)
    pages = ("partners/", profile(partner))
    asked(pages[0])
    one = [asked(page) for page in pages]
    add(1)
    add(2)
    assert [asked(page) for page in pages] == one


def test_money_is_shown_in_the_currency_it_was_made_in(client, staff):
    both, euros = PartnerFactory(name="Both"), PartnerFactory(name="Euros")
    money.sell(euros, 90, currency="EUR")
    money.sell(both, 70, currency="EUR")
    money.sell(both, 5000)
    rows = get(client, "partners/?sort=name").split("<tbody")[1]
    first, second = rows.index("Both"), rows.index("Euros")
    assert "₹5,000.00" in rows[first:second] and "€70.00" in rows[first:second]
    assert "€90.00" in rows[second:].split("</tr>")[0] and "₹" not in rows[second:].split("</tr>")[0]
