"""The KYC queue: one document after another, and who may not decide."""

import re
from datetime import timedelta

import pytest

from accounts import roles
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Role
from accounts.tests.coming_in import log_in
from bookings.tests.scenes import text
from partners import bank, kyc, members
from partners.factories import PartnerFactory
from partners.models import Document, Member
from partners.tests.papers import T, file, pdf, uploaded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("private")]
KYC = "/command-center/kyc/"


@pytest.fixture
def moderator(client):
    user = UserFactory(full_name="Mo")
    roles.assign(user, Role.objects.get(name="Content Moderator"), by=None)
    log_in(client, user)
    return user


def address(document) -> str:
    return f"{KYC}{document.uid}/"


def get(client, document, status: int = 200) -> str:
    response = client.get(address(document))
    assert response.status_code == status
    page = text(response)
    assert "style=" not in page
    return page


def state(document) -> str:
    return Document.objects.get(pk=document.pk).status


def test_the_queue_opens_the_oldest_and_after_each_decision_the_next(client, moderator):
    assert "Nothing waits for a review" in text(client.get(KYC))
    first, second, third = uploaded(PartnerFactory()), uploaded(PartnerFactory()), uploaded(PartnerFactory())
    assert client.get(KYC).url == address(first)
    response = client.post(address(second), {"verdict": "Verified", "expires_on": "", "reason": ""})
    assert response.url == address(third)
    assert "Verified: PAN of" in get(client, third)
    assert client.post(address(third), {"verdict": "Rejected", "reason": "Blurred"}).url == address(first)
    last = (kyc.today() + timedelta(days=30)).isoformat()
    assert client.post(address(first), {"verdict": "Verified", "expires_on": last}).url == KYC
    assert [state(one) for one in (first, second, third)] == ["Verified", "Verified", "Rejected"]
    lines = AuditLog.objects.filter(actor=moderator).order_by("id").values_list("action", flat=True)
    assert list(lines) == ["APPROVED_KYC", "REJECTED_KYC", "APPROVED_KYC"]


def test_the_pages_stand_beside_the_form(client, moderator):
    partner = PartnerFactory(name="Blue Note")
    document = kyc.upload(partner, T.PAN, file(pdf(3), "my scan.pdf"), by=UserFactory(full_name="Uwe"))
    page = get(client, document)
    pictures = re.findall(r'<img src="(/documents/[^"]+\.png)" alt="Page (\d) of 3"', page)
    assert [number for _address, number in pictures] == ["1", "2", "3"]
    assert client.get(pictures[1][0])["Content-Type"] == "image/png"
    for shown in ("my scan.pdf", "Uwe", "Blue Note", "Approve", "Reject"):
        assert shown in page
    file_link = client.get(f"/command-center/documents/{document.uid}/").url
    assert client.get(file_link)["Content-Disposition"] == 'attachment; filename="my scan.pdf"'
    views = AuditLog.objects.filter(action="VIEWED_DOCUMENT", actor=moderator).order_by("id")
    assert list(views.values_list("details__what", flat=True)) == ["page 2", "original"]


def test_what_was_typed_stays_when_it_is_refused(client, moderator):
    document = uploaded(PartnerFactory())
    response = client.post(address(document), {"verdict": "Rejected", "expires_on": "", "reason": " "})
    assert (response.status_code, "Say why." in text(response)) == (422, True)
    response = client.post(address(document), {"verdict": "Verified", "expires_on": "2001-01-01", "reason": "kept"})
    page = text(response)
    assert (response.status_code, "This day is over." in page, "kept" in page) == (422, True, True)
    for values in ({}, {"verdict": "Maybe"}, {"verdict": "Verified", "expires_on": "9999-99-99"}, {"verdict": "\x00"}):
        assert client.post(address(document), values).status_code == 400
    assert state(document) == "Pending"


def test_a_decision_that_somebody_else_made_meanwhile_is_not_overwritten(client, moderator):
    document = uploaded(PartnerFactory())
    kyc.review(document, verdict="Rejected", reason="x", by=SuperAdminFactory())
    response = client.post(address(document), {"verdict": "Verified"})
    assert (response.status_code, "decided already" in text(response)) == (409, True)
    page = get(client, document)
    assert "Change the decision" in page
    assert client.post(address(document), {"verdict": "Verified", "again": "1"}).status_code == 422
    response = client.post(address(document), {"verdict": "Verified", "again": "1", "reason": "It is good"})
    assert response.url == address(document)
    assert state(document) == "Verified"


def test_who_uploaded_it_or_works_there_may_look_but_not_decide(client, moderator):
    partner = PartnerFactory()
    own = uploaded(partner, by=moderator)
    page = get(client, own)
    assert "Somebody else must review it." in page
    assert 'value="Verified"' not in page
    assert client.post(address(own), {"verdict": "Verified"}).status_code == 403
    members.add(partner, moderator, Member.Role.VOLUNTEER, by=None)
    theirs = uploaded(partner)
    assert client.post(address(theirs), {"verdict": "Verified"}).status_code == 403
    assert (state(own), state(theirs)) == ("Pending", "Pending")


def test_a_cheque_stands_beside_its_account_of_which_reviewers_see_the_end(client, moderator):
    partner = PartnerFactory()
    document = uploaded(partner, T.CHEQUE)
    assert "None entered yet" in get(client, document)
    account = {"holder": "Blue Ltd", "number": "123456789012", "routing_code": "HDFC0001234", "country": "IN"}
    bank.set_account(partner, **account, by=None)
    page = get(client, document)
    assert "The bank account was changed after this was uploaded." in page
    assert "Blue Ltd" in page
    assert "•••• 9012" in page
    assert "123456789012" not in page
    log_in(client, SuperAdminFactory())
    assert "123456789012" in get(client, document)


def test_a_file_that_another_partner_showed_is_told(client, moderator):
    uploaded(PartnerFactory(name="Copycat"))
    assert "The same file was uploaded by Copycat." in get(client, uploaded(PartnerFactory()))


def test_a_file_that_is_gone_is_told(client, moderator):
    document = uploaded(PartnerFactory())
    document.file.storage.delete(document.file.name)
    assert "The file is not in the storage." in get(client, document)


def test_nobody_else_comes_in(client):
    partner = PartnerFactory()
    document = uploaded(partner)
    assert client.get(KYC).url.startswith("/login/")
    admin = UserFactory()
    members.add(partner, admin, Member.Role.ADMIN, by=None)
    finance = UserFactory()
    roles.assign(finance, Role.objects.get(name="Finance"), by=None)
    for user in (admin, finance, UserFactory()):
        log_in(client, user)
        assert client.get(KYC).status_code == 403
        assert client.get(address(document)).status_code == 403
        assert client.post(address(document), {"verdict": "Verified"}).status_code == 403
    assert state(document) == "Pending"


def test_it_asks_who_one_is(client, moderator):
    document = uploaded(PartnerFactory())
    log_in(client, moderator, fresh=False)
    assert client.get(address(document)).url.startswith("/account/confirm/")
    assert client.post(address(document), {"verdict": "Verified"}).status_code == 403
    assert state(document) == "Pending"


def test_the_number_of_queries_does_not_grow(client, moderator, django_assert_max_num_queries):
    def asked(document) -> int:
        with django_assert_max_num_queries(35) as queries:
            get(client, document)
        return len(queries)

    first = uploaded(PartnerFactory())
    asked(first)
    one = asked(first)
    for _n in range(2):
        uploaded(PartnerFactory())
    assert asked(first) == one
