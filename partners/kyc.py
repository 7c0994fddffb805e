"""Knowing who a partner is: documents are uploaded, reviewed by staff, and run out.

A partner is Verified when each of the required kinds has a verified document that has not expired, Rejected when the
newest document of one of them is rejected, else Pending.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, notify
from accounts.models import User
from eventify.lib.desk.words import within, word
from eventify.lib.errors import Because, Conflict, Forbidden, Invalid
from partners import locking, papers, telling
from partners.models import Document, Partner

T, S, V = Document.Type, Document.Status, Partner.Verification
REQUIRED = (T.COMPANY_REG, T.PAN, T.CHEQUE)
SIZE_MOST = 10_000_000  # bytes of one file
WAITING_MOST = 20  # documents of one partner that wait for a review
NAME_MAX, REASON_MAX = 120, 2000  # characters
YEARS_MOST = 50  # that a document may be good for
_ACTIONS = {S.VERIFIED: "APPROVED_KYC", S.REJECTED: "REJECTED_KYC"}


def today() -> date:
    """The calendar day where the business is (EVENTIFY_TIME_ZONE)."""
    return day_of(timezone.now())


def day_of(moment: datetime) -> date:
    """The calendar day of a moment where the business is."""
    return timezone.localdate(moment, timezone=ZoneInfo(settings.EVENTIFY_TIME_ZONE))


def name_of(type: str) -> str:
    """The kind of document as people call it."""
    return str(word(type).label)


spoken = lazy(name_of, str)


def good(documents: QuerySet[Document]) -> QuerySet[Document]:
    """Those that are verified and have not expired. The day that a document says is the last on which it is good."""
    return documents.filter(Q(expires_on=None) | Q(expires_on__gte=today()), status=S.VERIFIED)


def upload(partner: Partner, type: str, file: UploadedFile, *, by: User | None) -> Document:
    """Take a document. Its kind of file is read from its content; it is kept in the private storage.

    Invalid (type; file: empty, over 10 MB, not a whole and open PDF, JPEG, PNG or WebP). Conflict when too many wait.
    """
    if type not in T.values:
        raise Invalid.field("type", _("Choose one of %(all)s.") % {"all": ", ".join(T.values)})
    data = _read(file)
    look = papers.look(data)
    document = Document(partner=partner, type=type, content_type=look.type, size=len(data), uploaded_by=by)
    document.name, document.sha256 = clean_name(file.name, look.type), papers.digest(data)
    document.file.save(document.name, ContentFile(data), save=False)
    is_saved = False
    try:
        _save_new(document, by)
        is_saved = True
    finally:
        if not is_saved:  # a file without a row would lie there for ever
            document.file.storage.delete(document.file.name)
    return document


def _read(file: UploadedFile) -> bytes:
    if file.size > SIZE_MOST:
        raise Invalid.field("file", _("This file is larger than 10 MB. Scan it at a lower resolution."))
    data = file.read(SIZE_MOST + 1)
    if not data:
        raise Invalid.field("file", _("This file is empty. Choose another one."))
    return data


def clean_name(name: str | None, content_type: str) -> str:
    """What the uploader called the file, without folders and odd characters, ending as its content wants it."""
    base = (name or "").replace("\\", "/").rpartition("/")[2]
    stem = base.rpartition(".")[0] or base
    plain = "".join(letter for letter in stem if letter.isprintable() and letter not in '<>:"/\\|?*').strip(" .")
    short = plain.encode("utf-8", "ignore").decode()[:NAME_MAX].strip(" .")
    return (short or "document") + papers.EXTENSIONS[content_type]


def check_room(partner: Partner) -> None:
    """Conflict when WAITING_MOST documents of the partner wait for a review already."""
    if partner.documents.filter(status=S.PENDING).count() >= WAITING_MOST:
        sentence = _("%(most)s documents wait for a review already.") % {"most": WAITING_MOST}
        raise Conflict(Because("documents_waiting", sentence, limit=WAITING_MOST))


@transaction.atomic
def _save_new(document: Document, by: User | None) -> None:
    partner = document.partner = locking.lock_one(document.partner)
    check_room(partner)
    document.save(force_insert=True)
    settle(partner)
    audit.record("UPLOADED_DOCUMENT", partner, by=by, **said(document), sha256=document.sha256)


def queue() -> QuerySet[Document]:
    """What waits for a review, the oldest first."""
    waiting = Document.objects.filter(status=S.PENDING).select_related("partner", "uploaded_by")
    return waiting.order_by("created_at", "id")


@transaction.atomic
def review(
    document: Document, *, verdict: str, reason: str = "", expires_on: date | None = None, by: User, again: bool = False
) -> Document:
    """Decide about a document, and with it about its partner; the partner's administrators are told.

    Locks the partner. A document is decided once: Conflict for a second decision, unless the reviewer means to change
    it (`again`, with a reason). Invalid (verdict; reason, required to reject; expires_on). Forbidden as in
    `check_reviewer`.
    """
    partner = locking.lock_one(document.partner)
    document.refresh_from_db()
    document.partner = partner
    reason = reason.strip()
    check_reviewer(document, by)
    _check_verdict(document, verdict, reason, expires_on, again)
    before = _state(document)
    document.status, document.expires_on = verdict, expires_on
    document.reason = reason if verdict == S.REJECTED else ""
    document.reviewed_by, document.reviewed_at, document.reminded_at = by, timezone.now(), None
    document.save()
    settle(partner)
    after = {**_state(document), "reason": reason}
    own = {"is_own_upload": True} if is_own_upload(document, by) else {}
    audit.record(_ACTIONS[S(verdict)], partner, by=by, **said(document), **own, before=before, after=after)
    _tell(document)
    return document


def check_reviewer(document: Document, by: User) -> None:
    """Forbidden for members of its partner, and for who uploaded the document.

    A Super Admin may decide about an upload of their own (there may be nobody else); the audit log says that it was.
    """
    if is_own_upload(document, by) and not by.is_superuser:
        raise Forbidden(Because("own_upload", _("You uploaded this document. Somebody else must review it.")))
    if document.partner.members.filter(user=by).exists():
        sentence = _("You work for this partner. Somebody else must review its documents.")
        raise Forbidden(Because("own_partner", sentence))


def is_own_upload(document: Document, by: User) -> bool:
    """Whether the person uploaded the document."""
    return document.uploaded_by_id == by.pk


def _check_verdict(document: Document, verdict: str, reason: str, expires_on: date | None, again: bool) -> None:
    if verdict not in _ACTIONS:
        raise Invalid.field("decision", _("Choose Verified or Rejected."))
    if len(reason) > REASON_MAX or "\x00" in reason:
        raise Invalid.field("reason", _("Use at most %(most)s characters.") % {"most": REASON_MAX})
    if not reason and (again or verdict == S.REJECTED):
        raise Invalid.field("reason", _("Say why. The partner will read it."))
    _check_expiry(verdict, expires_on)
    if document.status == S.PENDING:
        return
    if not again or document.status == verdict:
        sentence = _("This document was decided already: %(status)s.") % {"status": within(document.status)}
        raise Conflict(Because("document_decided", sentence, status=str(document.status)))


def _check_expiry(verdict: str, expires_on: date | None) -> None:
    if expires_on is None:
        return
    if verdict != S.VERIFIED:
        raise Invalid.field("expires_on", _("Only a verified document has a last day."))
    if expires_on < today():
        raise Invalid.field("expires_on", _("This day is over. A document that has expired cannot be verified."))
    if expires_on.year > today().year + YEARS_MOST:
        raise Invalid.field("expires_on", _("Use a day within %(years)s years.") % {"years": YEARS_MOST})


def derive(partner: Partner) -> str:
    """What the partner's documents make of it: Verified, Rejected or Pending. Two queries."""
    rows = partner.documents.filter(type__in=REQUIRED)
    newest = rows.order_by("type", "-id").distinct("type").values_list("type", "status")
    if any(status == S.REJECTED for _type, status in newest):
        return V.REJECTED
    fulfilled = set(good(rows).order_by().values_list("type", flat=True))
    return V.VERIFIED if fulfilled.issuperset(REQUIRED) else V.PENDING


def missing(partner: Partner) -> list[str]:
    """The required kinds without a good document."""
    there = set(good(partner.documents.all()).order_by().values_list("type", flat=True))
    return [type for type in REQUIRED if type not in there]


def settle(partner: Partner) -> bool:
    """Write what the documents make of a locked partner; returns whether that changed. The house stays Verified."""
    derived = V.VERIFIED if partner.is_house else derive(partner)
    if derived == partner.verification_status:
        return False
    partner.verification_status = derived
    partner.save(update_fields=["verification_status", "updated_at"])
    return True


def said(document: Document) -> dict:
    """Which document, for the audit log."""
    return {"document": str(document.uid), "type": document.type}


def _state(document: Document) -> dict:
    return {
        "status": document.status,
        "reason": document.reason,
        "expires_on": document.expires_on and document.expires_on.isoformat(),
        "verification_status": document.partner.verification_status,
    }


def _tell(document: Document) -> None:
    partner = document.partner
    verified = document.status == S.VERIFIED
    title = gettext_lazy("Verified: %(type)s") if verified else gettext_lazy("Not accepted: %(type)s")
    type = spoken(document.type)
    telling.tell(
        partner,
        "document_reviewed",
        notify.filled(title, {"type": type}),
        document.reason,
        level="success" if verified else "critical",
        type=type,
        is_verified=verified,
        reason=document.reason,
        is_partner_verified=partner.verification_status == V.VERIFIED,
    )
