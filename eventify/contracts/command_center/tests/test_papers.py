"""Documents and their review."""

import pytest
from django.conf import settings

from accounts.models import AuditLog
from eventify.contracts.command_center.tests.conftest import client_of, data_of, errors_of, member, with_role
from eventify.lib.wire import moment
from partners.factories import PartnerFactory
from partners.models import Document, Partner
from partners.tests.papers import file, pdf, picture, uploaded


@pytest.fixture(autouse=True)
def folder(private):
    return private


@pytest.fixture
def path(partner):
    Partner.objects.filter(pk=partner.pk).update(verification_status="Pending")
    return f"/api/v1/partners/{partner.uid}/documents"


@pytest.fixture
def review(partner):
    return f"/api/v1/partners/{partner.uid}/kyc/review"


def upload(client, path, type="PAN", data=None, name="scan.png"):
    return client.post(path, {"type": type, "file": file(data, name)}, format="multipart")


def test_an_upload_waits_for_its_review(as_org_admin, org_admin, partner, path):
    made = data_of(upload(as_org_admin, path, "Company_Reg", pdf(), "papers/Our company.exe"), 201)
    document = Document.objects.get(partner=partner)
    assert made == {
        "id": str(document.uid),
        "partner_id": str(partner.uid),
        "type": "Company_Reg",
        "name": "Our company.pdf",
        "content_type": "application/pdf",
        "size": len(pdf()),
        "file_url": made["file_url"],
        "status": "Pending",
        "reason": None,
        "expires_on": None,
        "uploaded_by": {"id": str(org_admin.uid), "full_name": "Omar Org", "email": "omar@example.com"},
        "uploaded_at": moment(document.created_at),
        "reviewed_by": None,
        "reviewed_at": None,
        "verified_at": None,
    }
    listed = data_of(as_org_admin.get(path))
    assert [{**one, "file_url": None} for one in listed] == [{**made, "file_url": None}]
    assert data_of(as_org_admin.get(f"/api/v1/partners/{partner.uid}"))["documents"][0]["id"] == made["id"]


def test_the_link_leads_to_the_file_and_only_who_may_open_it_gets_one(client, as_org_admin, partner, path):
    upload(as_org_admin, path, data=picture())
    found = data_of(as_org_admin.get(path))[0]
    assert found["file_url"].startswith(settings.SITE_URL)
    answer = client.get(found["file_url"].removeprefix(settings.SITE_URL))
    assert answer.status_code == 200 and b"".join(answer.streaming_content) == picture()
    reviewer = client_of(with_role("Content Moderator"))
    assert data_of(reviewer.get(path))[0]["file_url"]
    for user in (with_role("Support"), member(partner, "org_member")):
        shown = data_of(client_of(user).get(path))[0]
        assert shown["file_url"] is None and shown["id"] == found["id"]


@pytest.mark.parametrize(
    "type, data, field",
    [
        ("Passport", picture(), "type"),
        ("", picture(), "type"),
        ("PAN", b"", "file"),
        ("PAN", b"MZ\x90 a program", "file"),
        ("PAN", b"<html><script>alert(1)</script>", "file"),
    ],
)
def test_uploads_that_are_refused(as_org_admin, path, folder, type, data, field):
    assert list(errors_of(upload(as_org_admin, path, type, data), 422, "invalid")) == [field]
    assert not Document.objects.exists() and not [one for one in folder.rglob("*") if one.is_file()]


def test_an_upload_is_a_form(as_org_admin, path):
    errors_of(as_org_admin.post(path, {"type": "PAN"}), 415, "unsupported_media_type")
    assert set(errors_of(as_org_admin.post(path, {}, format="multipart"), 422, "invalid")) == {"type", "file"}
    answer = as_org_admin.post(path, {"type": "PAN", "file": "a text"}, format="multipart")
    assert set(errors_of(answer, 422, "invalid")) == {"file"}
    for content in (b"--x\r\nbroken", b"", b"--x--", b'--x\r\nContent-Disposition: form-data; name="type"\r\n\r\nPAN'):
        answer = as_org_admin.generic("POST", path, content, content_type="multipart/form-data; boundary=x")
        assert answer.status_code in (400, 422) and set(answer.json()) == {"message", "errors", "code"}
    answer = as_org_admin.generic("POST", path, b"--x", content_type="multipart/form-data; boundary=")
    assert errors_of(answer, 400, "malformed") == {}


def test_verifying_all_three_verifies_the_partner(as_admin, admin, as_org_admin, org_admin, partner, path, review):
    for number, type in enumerate(("Company_Reg", "PAN", "Cheque"), 1):
        document = uploaded(partner, type, by=org_admin)
        body = {"document_id": str(document.uid), "decision": "Verified"}
        found = data_of(as_admin.post(review, body))
        document.refresh_from_db()
        assert found["verification_status"] == ("Verified" if number == 3 else "Pending")
        shown = found["document"]
        assert (shown["id"], shown["status"], shown["reason"]) == (str(document.uid), "Verified", None)
        assert shown["verified_at"] == shown["reviewed_at"] == moment(document.reviewed_at)
        assert shown["reviewed_by"] == {"id": str(admin.uid), "full_name": "Ada Admin", "email": "admin@example.com"}
    assert AuditLog.objects.filter(action="APPROVED_KYC", actor=admin, target_uid=partner.uid).count() == 3
    assert data_of(as_org_admin.get(f"/api/v1/partners/{partner.uid}"))["verification_status"] == "Verified"


def test_one_member_of_staff_may_upload_for_a_partner_and_review(as_admin, admin, path, review):
    made = data_of(upload(as_admin, path, "Cheque"), 201)
    found = data_of(as_admin.post(review, {"document_id": made["id"], "decision": "Verified"}))
    assert found["document"]["uploaded_by"] == found["document"]["reviewed_by"]
    assert AuditLog.objects.get(action="APPROVED_KYC").actor == admin


def test_rejecting_needs_a_reason(as_admin, admin, org_admin, partner, path, review):
    document = uploaded(partner, by=org_admin)
    body = {"document_id": str(document.uid), "decision": "Rejected"}
    assert list(errors_of(as_admin.post(review, body), 422, "invalid")) == ["reason"]
    found = data_of(as_admin.post(review, {**body, "reason": "Not readable."}))
    assert (found["document"]["status"], found["document"]["reason"]) == ("Rejected", "Not readable.")
    assert found["document"]["verified_at"] is None and found["verification_status"] == "Rejected"
    assert AuditLog.objects.get(action="REJECTED_KYC").target_uid == partner.uid
    errors_of(as_admin.post(review, {**body, "decision": "Verified"}), 409, "conflict")
    again = {**body, "decision": "Verified", "again": True, "reason": "It is readable.", "expires_on": "2199-01-01"}
    assert list(errors_of(as_admin.post(review, again), 422, "invalid")) == ["expires_on"]
    again["expires_on"] = "2036-01-01"
    assert data_of(as_admin.post(review, again))["document"]["expires_on"] == "2036-01-01"


def test_a_review_names_a_document_of_this_partner(as_admin, review, path):
    foreign = uploaded(PartnerFactory(), by=None)
    for id in (str(foreign.uid), "01900000-0000-7000-8000-000000000000", "x", 5, None):
        body = {"document_id": id, "decision": "Verified"}
        assert list(errors_of(as_admin.post(review, body), 422, "invalid")) == ["document_id"], id
    foreign.refresh_from_db()
    assert foreign.status == "Pending"
    for decision in ("verified", "Pending", None, 1):
        body = {"document_id": str(foreign.uid), "decision": decision}
        assert list(errors_of(as_admin.post(review, body), 422, "invalid")) == ["decision"], decision


def test_nobody_reviews_for_the_own_partner(admin, partner, path, review, org_admin):
    document = uploaded(partner, by=org_admin)
    reviewer = with_role("Content Moderator")
    insider = client_of(member_too(reviewer, partner))
    body = {"document_id": str(document.uid), "decision": "Verified"}
    errors_of(insider.post(review, body), 403, "forbidden")
    document.refresh_from_db()
    assert document.status == "Pending"


def member_too(user, partner):
    """The member of staff, working for the partner, too."""
    from_partner = member(partner)
    from_partner.memberships.update(user=user)
    return user
