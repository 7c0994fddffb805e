"""Documents: what is taken, who decides, and what that makes of the partner."""

import hashlib
from datetime import timedelta
from functools import partial

import pytest
from django.core import mail as outbox
from django.utils import timezone

from accounts import mail
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Notification
from accounts.tests.racing import errors, good, meet_after, race, switch_row_locks_off
from eventify.lib.errors import Conflict, Forbidden, Invalid
from partners import kyc, members
from partners.factories import PartnerFactory
from partners.models import Document, Member, Partner
from partners.tests.papers import T, file, pdf, picture, uploaded, verified

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("private")]


@pytest.fixture
def partner():
    return PartnerFactory(verification_status="Pending")


@pytest.fixture
def staff():
    return SuperAdminFactory()


def verification(partner) -> str:
    return Partner.objects.get(pk=partner.pk).verification_status


def decide(document, verdict="Verified", *, by, **options) -> Document:
    return kyc.review(document, verdict=verdict, by=by, **options)


def test_an_upload_is_kept_private_under_a_name_that_tells_nothing(partner, private):
    user, data = UserFactory(), pdf(2)
    document = kyc.upload(partner, "PAN", file(data, "C:\\me\\my <PAN>\x00 card.PDF"), by=user)
    document = Document.objects.get(pk=document.pk)
    assert (document.type, document.status, document.content_type) == ("PAN", "Pending", "application/pdf")
    assert (document.name, document.size) == ("my PAN card.pdf", len(data))
    assert (document.sha256, document.uploaded_by) == (hashlib.sha256(data).hexdigest(), user)
    assert document.file.name == f"documents/{partner.uid}/{document.uid}"
    stored = private / document.file.name
    assert (stored.read_bytes(), stored.stat().st_mode & 0o777) == (data, 0o600)
    line = AuditLog.objects.get()
    assert (line.action, line.target_uid, line.actor) == ("UPLOADED_DOCUMENT", partner.uid, user)
    assert line.details == {"document": str(document.uid), "type": "PAN", "sha256": document.sha256}


@pytest.mark.parametrize(
    ("data", "name", "kind", "shown"),
    [
        (picture("PNG"), "a.html", "image/png", "a.png"),
        (picture("JPEG"), "a.tar.gz", "image/jpeg", "a.tar.jpg"),
        (picture("WEBP"), "", "image/webp", "document.webp"),
        (pdf(), "../../etc/passwd", "application/pdf", "passwd.pdf"),
        (pdf(), ".pdf", "application/pdf", "pdf.pdf"),
        (pdf(), "é\u202egnp.exe", "application/pdf", "égnp.pdf"),
        (pdf(), "n" * 300 + ".pdf", "application/pdf", "n" * 120 + ".pdf"),
    ],
    ids=["html", "two endings", "no name", "path", "only an ending", "turned", "long"],
)
def test_the_content_says_what_it_is_and_the_name_is_cleaned(partner, data, name, kind, shown):
    upload = file(data)
    upload._name = name
    document = kyc.upload(partner, "Other", upload, by=None)
    assert (document.content_type, document.name) == (kind, shown)


def test_a_wrong_type_and_too_many(partner, monkeypatch, private):
    with pytest.raises(Invalid) as refusal:
        kyc.upload(partner, "Passport", file(), by=None)
    assert list(refusal.value.errors) == ["type"]
    monkeypatch.setattr(kyc, "WAITING_MOST", 2)
    for _n in range(2):
        uploaded(partner)
    with pytest.raises(Conflict, match="wait for a review"):
        uploaded(partner)
    assert len([one for one in private.rglob("*") if one.is_file()]) == 2  # the third left nothing behind


def test_verified_when_each_required_kind_is(partner, staff):
    company, pan, cheque = (uploaded(partner, type) for type in (T.COMPANY_REG, T.PAN, T.CHEQUE))
    other = uploaded(partner, T.OTHER)
    for document in (company, pan, other):
        decide(document, by=staff)
        assert verification(partner) == "Pending"
    decide(cheque, by=staff)
    assert verification(partner) == "Verified"
    decide(uploaded(partner, T.OTHER), "Rejected", reason="x", by=staff)
    assert verification(partner) == "Verified"


def test_the_newest_rejected_counts_until_a_newer_one(partner, staff):
    verified(partner, by=staff)
    newer = uploaded(partner, T.PAN)
    assert verification(partner) == "Verified"  # the older one is still good
    decide(newer, "Rejected", reason="Blurred", by=staff)
    assert verification(partner) == "Rejected"
    newest = uploaded(partner, T.PAN)
    assert verification(partner) == "Verified"  # waiting again, and the first one has not expired
    decide(newest, by=staff)
    assert verification(partner) == "Verified"


def test_a_decision_is_audited_with_before_and_after_and_told(partner, staff):
    admin, coordinator = UserFactory(email="admin@p.com"), UserFactory()
    members.add(partner, admin, Member.Role.ADMIN, by=None)
    members.add(partner, coordinator, Member.Role.CREW_COORDINATOR, by=None)
    last = timezone.localdate() + timedelta(days=400)
    document = decide(uploaded(partner), by=staff, expires_on=last)
    assert (document.status, document.reviewed_by, document.expires_on) == ("Verified", staff, last)
    line = AuditLog.objects.get(action="APPROVED_KYC")
    before = {"status": "Pending", "reason": "", "expires_on": None, "verification_status": "Pending"}
    assert (line.actor, line.target_uid) == (staff, partner.uid)
    assert line.details == {
        "document": str(document.uid),
        "type": "PAN",
        "before": before,
        "after": {**before, "status": "Verified", "expires_on": last.isoformat()},
    }
    decide(uploaded(partner, T.CHEQUE), "Rejected", reason="Blurred.", by=staff)
    assert AuditLog.objects.get(action="REJECTED_KYC").details["after"] == {
        "status": "Rejected",
        "reason": "Blurred.",
        "expires_on": None,
        "verification_status": "Rejected",
    }
    notes = Notification.objects.order_by("id").values_list("recipient__email", "title", "message", "level")
    assert list(notes) == [
        ("admin@p.com", "Verified: PAN", "", "success"),
        ("admin@p.com", "Not accepted: Cheque", "Blurred.", "critical"),
    ]
    assert mail.send_pending() == 2
    assert [one.subject for one in outbox.outbox] == [
        f"{partner.name}: PAN verified",
        f"{partner.name}: Cheque was not accepted",
    ]
    assert "Blurred." in outbox.outbox[1].body
    assert f"/partner/{partner.slug}/documents/" in outbox.outbox[1].body


def test_each_member_is_told_in_their_language(partner, staff):
    for language in ("nl", "en"):
        user = UserFactory(email=f"{language}@p.com", language=language)
        members.add(partner, user, Member.Role.ADMIN, by=None)
    decide(uploaded(partner, T.COMPANY_REG), by=staff)
    notes = dict(Notification.objects.values_list("recipient__language", "title"))
    assert notes == {"en": "Verified: Company registration", "nl": "Geverifieerd: Bedrijfsregistratie"}
    mail.send_pending()
    subjects = {one.to[0]: one.subject for one in outbox.outbox}
    assert "Company registration" in subjects["en@p.com"] and "Bedrijfsregistratie" in subjects["nl@p.com"]


def test_a_reason_is_needed_to_reject(partner, staff):
    document = uploaded(partner)
    for reason in ("", "  ", "x" * 3000, "a\x00b"):
        with pytest.raises(Invalid) as refusal:
            decide(document, "Rejected", reason=reason, by=staff)
        assert list(refusal.value.errors) == ["reason"]
    with pytest.raises(Invalid) as refusal:
        decide(document, "Maybe", by=staff)
    assert list(refusal.value.errors) == ["decision"]
    document.refresh_from_db()
    assert (document.status, AuditLog.objects.filter(action__contains="KYC").count()) == ("Pending", 0)


@pytest.mark.parametrize(
    ("verdict", "days"), [("Verified", -1), ("Verified", 365 * 60), ("Rejected", 100)], ids=["over", "far", "rejected"]
)
def test_impossible_last_days(partner, staff, verdict, days):
    day = kyc.today() + timedelta(days=days)
    with pytest.raises(Invalid) as refusal:
        decide(uploaded(partner), verdict, reason="x", expires_on=day, by=staff)
    assert list(refusal.value.errors) == ["expires_on"]


def test_a_document_is_decided_once_unless_somebody_means_to_change_it(partner, staff):
    document = decide(uploaded(partner), by=staff)
    for verdict in ("Verified", "Rejected"):
        with pytest.raises(Conflict, match="decided already"):
            decide(document, verdict, reason="x", by=staff)
    with pytest.raises(Conflict):
        decide(document, "Verified", reason="x", by=staff, again=True)
    with pytest.raises(Invalid):
        decide(document, "Rejected", by=staff, again=True)
    assert decide(document, "Rejected", reason="Forged", by=staff, again=True).status == "Rejected"
    with pytest.raises(Invalid):
        decide(document, "Verified", by=staff, again=True)
    assert decide(document, "Verified", reason="It was real", by=staff, again=True).reason == ""
    after = AuditLog.objects.filter(action="APPROVED_KYC").first().details["after"]
    assert (after["status"], after["reason"]) == ("Verified", "It was real")


def test_nobody_decides_about_their_own(partner, staff):
    reviewer = UserFactory()
    with pytest.raises(Forbidden, match="uploaded"):
        decide(uploaded(partner, by=reviewer), by=reviewer)
    members.add(partner, staff, Member.Role.VOLUNTEER, by=None)
    with pytest.raises(Forbidden, match="work for"):
        decide(uploaded(partner), by=staff)
    assert not Document.objects.exclude(status="Pending").exists()


def test_a_super_admin_may_decide_about_their_own_upload_and_the_log_says_so(partner, staff):
    decide(uploaded(partner, by=staff), by=staff)
    assert AuditLog.objects.get(action="APPROVED_KYC").details["is_own_upload"] is True


def test_the_queue_is_oldest_first(partner, staff):
    first, second, third = uploaded(partner), uploaded(PartnerFactory()), uploaded(partner)
    decide(second, by=staff)
    assert list(kyc.queue()) == [first, third]


def test_the_house_stays_verified():
    house = Partner.objects.get(is_house=True)
    decide(uploaded(house), "Rejected", reason="x", by=SuperAdminFactory())
    assert verification(house) == "Verified"


def review_at_once(document) -> list:
    staff = SuperAdminFactory.create_batch(8)
    verdicts = [("Verified", ""), ("Rejected", "Blurred")] * 4
    calls = [
        partial(kyc.review, Document.objects.get(pk=document.pk), verdict=verdict, reason=reason, by=by)
        for (verdict, reason), by in zip(verdicts, staff, strict=True)
    ]
    return race(*calls)


def test_eight_reviewers_at_once_one_decides(partner):
    document = uploaded(partner)
    results = review_at_once(document)
    assert (len(good(results)), len(errors(results, Conflict))) == (1, 7)
    document.refresh_from_db()
    assert document.status == good(results)[0].status
    assert AuditLog.objects.filter(action__in=("APPROVED_KYC", "REJECTED_KYC")).count() == 1


def test_control_without_the_lock_several_decide(partner, monkeypatch):
    document = uploaded(partner)
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, kyc, "_check_verdict", 8)
    review_at_once(document)
    assert AuditLog.objects.filter(action__in=("APPROVED_KYC", "REJECTED_KYC")).count() > 1


def verify_at_once(documents) -> None:
    calls = [partial(kyc.review, one, verdict="Verified", by=SuperAdminFactory()) for one in documents]
    assert len(good(race(*calls))) == 3


def test_three_reviews_of_one_partner_at_once_verify_it(partner):
    verify_at_once([uploaded(partner, type) for type in kyc.REQUIRED])
    assert verification(partner) == "Verified"


def test_control_without_the_lock_no_review_sees_the_others(partner, monkeypatch):
    documents = [uploaded(partner, type) for type in kyc.REQUIRED]
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, kyc, "derive", 3)
    verify_at_once(documents)
    assert verification(partner) == "Pending"
