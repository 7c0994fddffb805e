"""Any input to the pages of partners is answered with a sentence, never with a server error."""

import pytest

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import OutgoingMail
from accounts.tests.coming_in import log_in
from partners import contacts, inviting, members
from partners.factories import PartnerFactory
from partners.models import Member
from partners.tests.papers import file, uploaded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("private")]
ODD = ("", "\x00", "\ud800", "x" * 1_000_000, "9" * 400, "-1", "NaN", "1e400", "9999-99-99", "0001-01-01", "<b>", "٣")
FIELDS = {
    "partner/{slug}/organisation/": ("name", "contact_email", "phone", "website"),
    "partner/{slug}/contacts/": ("name", "email", "phone", "is_primary"),
    "partner/{slug}/contacts/{contact}/": ("name", "email", "phone", "is_primary"),
    "partner/{slug}/bank/": ("country", "holder", "number", "routing_code"),
    "partner/{slug}/documents/": ("type", "file"),
    "partner/{slug}/people/": ("email", "name", "role"),
    "command-center/partners/invite/": ("name", "type", "contact_name", "contact_email", "contact_phone"),
    "command-center/partners/{partner}/suspend/": ("reason", "digest"),
    "command-center/partners/{partner}/activate/": ("digest",),
    "command-center/partners/{partner}/terms/": ("fee_percent", "trust"),
    "command-center/partners/{partner}/upload/": ("type", "file"),
    "command-center/partners/{partner}/people/invite/": ("email", "name", "role"),
    "command-center/kyc/{document}/": ("verdict", "expires_on", "reason", "again"),
    "invitations/{token}/": ("name", "password"),
}


@pytest.mark.parametrize("page", FIELDS)
def test_odd_values_in_every_field(client, page):
    partner, user = PartnerFactory(slug="blue-note"), UserFactory()
    members.add(partner, user, Member.Role.ADMIN, by=None)
    contact = contacts.add(partner, name="A", email="a@p.com", by=None)
    inviting.invite(partner, "new@p.com", by=None)
    token = inviting.token_of(OutgoingMail.objects.get(template="partner_invitation").context["seed"])
    if not page.startswith("invitations"):
        log_in(client, SuperAdminFactory() if page.startswith("command") else user)
    named = {"slug": partner.slug, "partner": partner.uid, "contact": contact.uid, "document": uploaded(partner).uid}
    address = "/" + page.format(**named, token=token)
    for odd in ODD:
        values = dict.fromkeys(FIELDS[page], odd.encode("utf-8", "replace").decode())
        response = client.post(address, values)
        assert response.status_code < 500, (address, odd[:10])
    if "file" in FIELDS[page]:
        for name in ("\x00", "x" * 5000, "../../x", "\u202e", "a\r\nb: c"):
            assert client.post(address, {"type": "PAN", "file": file(b"%PDF", name or "x")}).status_code < 500


@pytest.mark.parametrize(
    "path",
    [
        "partner/%00/",
        "partner/" + "x" * 3000 + "/",
        "partner/blue-note/contacts/0/",
        "invitations/%00/",
        "invitations/%ED%A0%80/",
        "documents/%00/",
        "documents/a:b:c/pages/1.png",
        "documents/a:b:c/pages/" + "9" * 5000 + ".png",
        "command-center/partners/0/",
        "command-center/partners/00000000-0000-0000-0000-000000000000/",
        "command-center/kyc/00000000-0000-0000-0000-000000000000/",
        "command-center/documents/00000000-0000-0000-0000-000000000000/",
        "command-center/invitations/00000000-0000-0000-0000-000000000000/resend/",
    ],
)
def test_addresses_of_nothing(client, path):
    log_in(client, SuperAdminFactory())
    assert client.get(f"/{path}").status_code in (404, 405)
    assert client.post(f"/{path}", {}).status_code in (404, 405)
