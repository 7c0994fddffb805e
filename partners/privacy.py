"""What partners' organisations know about people: who works for them, whom to call, who handed papers in."""

from collections.abc import Iterator

from django.db.models import F
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from eventify.lib.personal import DELETED, NOBODY, Data, File, Kind, NoData, Who
from partners.models import Document, Invitation

_LAW = _("Bookkeeping and the law against money laundering: who was paid, on whose papers, decided by whom.")

DECLARED = (
    Data("partners.Member", "memberships", ("partner__name", "role", "created_at"), user=("user",), erased=DELETED),
    Data(
        "partners.Contact", "contacts", ("partner__name", "name", "email", "phone", "is_primary", "created_at"),
        address=("email",), erased=DELETED,
    ),
    Data(
        "partners.Invitation", "invitations",
        ("partner__name", "email", "name", "role", "created_at", "expires_at", "accepted_at", "revoked_at"),
        user=("accepted_by",), address=("email",), mentions=("invited_by",),
        erased={"email": NOBODY, "name": "", "revoked_at": Coalesce(F("revoked_at"), F("accepted_at"), Now())},
        why=_("That somebody was invited, and by whom."),
    ),
    Data(
        "partners.Document", "documents",
        ("partner__name", "type", "name", "size", "status", "reason", "created_at", "expires_on"),
        user=("uploaded_by",), mentions=("reviewed_by",), why=_LAW,
    ),
    Data("partners.BankAccount", "-", mentions=("added_by",), silent=("holder", "number"), why=_LAW),
    Data("partners.PayoutBatch", "-", mentions=("created_by", "approved_by"), why=_LAW),
    Data("partners.Transfer", "-", mentions=("by",), silent=("note",), why=_LAW),
)  # fmt: skip
NOTHING = (
    NoData("partners.Partner", "An organisation: its name, address and number are on its invoices."),
    NoData("partners.Entry", "Amounts under the uids of orders; the payments of a copy say the same."),
    NoData("partners.Balance", "Sums of amounts."),
    NoData("partners.Payout", "Amounts owed to an organisation."),
    NoData("partners.SandboxTransfer", "The test bank's own books."),
)
KINDS = (
    Kind(
        "invitations", "invitations that nobody accepted",
        lambda before: Invitation.objects.filter(accepted_at=None, expires_at__lt=before), by="expires_at",
    ),
)  # fmt: skip


def files(who: Who) -> Iterator[File]:
    """The papers that the person uploaded."""
    for document in Document.objects.filter(uploaded_by=who.key).order_by("pk"):
        name = f"documents/{document.pk}-{document.get_type_display()}.{document.content_type.rpartition('/')[2]}"
        yield File(name, lambda document=document: _content(document))


def _content(document: Document) -> bytes | None:
    try:
        with document.file.storage.open(document.file.name, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
