"""Why not? What can be asked about partners: being paid out, payouts and their approval, papers, people."""

from uuid import UUID

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts import explaining
from accounts.explaining import UIDS_MOST, Action, Fix, Input, found, one_of, uid_list
from accounts.models import User
from eventify.lib.errors import Because, Conflict, Missing
from partners import contacts, inviting, kyc, members, payouts, profile, sending, standing
from partners.models import Contact, Document, Invitation, Member, Partner, Payout, PayoutBatch

S = Document.Status
SOMEBODY = "somebody@example.com"  # whom a contact or an invitation is for when the question is about nobody
REVIEW = "review_kyc"


def need(user: User | None, *permissions: str, on=None, is_scoped: bool = False) -> None:
    """As accounts.explaining.need; it names the roles of a partner's members that would do as well.

    `is_scoped`: it is about no partner, but holding it on one is enough.
    """
    wanted = set(permissions) if is_scoped or on is not None else set()
    roles = [(str(role), str(role.label)) for role, held in members.GRANTS.items() if wanted & set(held)]
    explaining.need(user, *permissions, on=on, members=roles)


def seen_with(asker: User | None, permission: str) -> QuerySet[Partner]:
    """The partners on which the asker holds the permission; a stranger holds none."""
    return members.partners_where(asker, permission) if asker else Partner.objects.none()


# --- Payouts ------------------------------------------------------------------------------------------


def _partner_of_money(asker: User | None, text: str) -> Partner:
    return found(seen_with(asker, "view_financials"), text)


def _be_paid(partner: Partner, *, by: User) -> None:
    payouts.create(partners=[partner], by=by)


def _draw_up(partner: Partner, *, by: User, others: tuple[UUID, ...] = ()) -> None:
    need(by, payouts.PERMISSION)
    seen = seen_with(by, "view_financials").filter(uid__in=others, is_house=False)
    payouts.create(partners=[partner, *seen], by=by)


def _batch(asker: User | None, text: str) -> PayoutBatch:
    return found(payouts.batches_visible_to(asker) if asker else PayoutBatch.objects.none(), text)


def _approve(batch: PayoutBatch, *, by: User) -> None:
    need(by, payouts.PERMISSION)
    payouts.approve(batch, by=by)


def _discard(batch: PayoutBatch, *, by: User) -> None:
    need(by, payouts.PERMISSION)
    payouts.discard(batch, by=by)


def _bank_file(batch: PayoutBatch, *, by: User) -> None:
    need(by, payouts.PERMISSION)
    sending.bank_file_of(batch, by=by)


def _at_bank(asker: User | None, text: str) -> PayoutBatch | Payout:
    """A batch of payouts, else one of them."""
    try:
        return _batch(asker, text)
    except Missing:
        mine = payouts.batches_visible_to(asker) if asker else PayoutBatch.objects.none()
        return found(Payout.objects.filter(batch__in=mine).select_related("batch", "partner"), text)


def _book_answer(row: PayoutBatch | Payout, *, by: User) -> None:
    """The bank has paid all of the batch that it has, or refused this one payout."""
    need(by, payouts.PERMISSION)
    if isinstance(row, Payout):
        sending.report_outcome(row, is_paid=False, reason="-", by=by)
    else:
        sending.report_executed(row, by=by)


# --- Standing -----------------------------------------------------------------------------------------


def _set_status(partner: Partner, *, by: User, status: str = Partner.Status.SUSPENDED) -> None:
    need(by, "manage_partners")
    standing.set_status(partner, status, reason="-", by=by)


def _rename(partner: Partner, *, by: User) -> None:
    """Another name than its own."""
    need(by, "manage_partners", on=partner)
    profile.change(partner, name=f"{partner.name[:100]}-", by=by)


# --- Papers -------------------------------------------------------------------------------------------


def _paper(asker: User | None, text: str) -> Document:
    seen = Document.objects.filter(partner__in=seen_with(asker, "view_partners").values("pk"))
    return found(seen.select_related("partner"), text)


def _upload(partner: Partner, *, by: User) -> None:
    """As far as there is room: a file that was written cannot be taken back."""
    need(by, "manage_partners", on=partner)
    kyc.check_room(partner)


def _review(document: Document, *, by: User, decision: str = S.VERIFIED, reason: str = "") -> None:
    need(by, REVIEW)
    kyc.review(document, verdict=decision, reason=reason, by=by)


def _verify(partner: Partner, *, by: User) -> None:
    """Verify what waits; the papers then say whether the partner is."""
    need(by, REVIEW)
    for document in partner.documents.filter(status=S.PENDING).select_related("partner").order_by("pk"):
        kyc.review(document, verdict=S.VERIFIED, by=by)
    partner.refresh_from_db()
    if partner.verification_status != Partner.Verification.VERIFIED:
        missing = kyc.missing(partner)
        words = {"partner": partner.name, "papers": ", ".join(map(kyc.name_of, missing))}
        sentence = _("%(partner)s is not verified: no good document of these kinds is there: %(papers)s.") % words
        raise Conflict(Because("papers_missing", sentence, missing=missing))


# --- People -------------------------------------------------------------------------------------------


def _managed(asker: User | None, text: str) -> Partner:
    return found(seen_with(asker, "manage_partners"), text)


def _add_contact(partner: Partner, *, by: User) -> None:
    need(by, "manage_partners", on=partner)
    contacts.add(partner, name="-", email=SOMEBODY, by=by)


def _invite(partner: Partner, *, by: User) -> None:
    need(by, "manage_partners", on=partner)
    inviting.invite(partner, SOMEBODY, by=by)


def _of_managed(rows: QuerySet, asker: User | None, text: str) -> Model:
    """A row of a partner that the asker manages."""
    mine = seen_with(asker, "manage_partners").values("pk")
    return found(rows.filter(partner__in=mine).select_related("partner"), text)


def _remove_contact(contact: Contact, *, by: User) -> None:
    need(by, "manage_partners", on=contact.partner)
    contacts.remove(contact, by=by)


def _remove_member(member: Member, *, by: User) -> None:
    need(by, "manage_partners", on=member.partner)
    members.remove_other(member, by=by)


def _decide_invitation(invitation: Invitation, *, by: User, decision: str = "resend") -> None:
    need(by, "manage_partners", on=invitation.partner)
    (inviting.revoke if decision == "revoke" else inviting.resend)(invitation, by=by)


# --- What can be asked --------------------------------------------------------------------------------


def _status(text: str) -> str:
    """A status of a partner; ValueError for a word that is none."""
    return Partner.Status(text).value


def _page(name: str):
    return lambda row: reverse(name, args=[getattr(row, "partner", row).slug])


FIXES = {
    **explaining.FIXES,
    "partner_not_verified": Fix(gettext_lazy("Hand in the papers that are missing."), _page("partner-documents")),
    "papers_missing": Fix(gettext_lazy("Hand in the papers that are missing."), _page("partner-documents")),
    "no_bank_account": Fix(gettext_lazy("Enter the bank account."), _page("partner-bank")),
    "account_not_proven": Fix(gettext_lazy("Hand in a cheque of the account."), _page("partner-documents")),
    "partner_suspended": Fix(gettext_lazy("Our staff can end the suspension.")),
    "own_partner": Fix(gettext_lazy("Ask somebody of our staff who does not work for it.")),
    "primary_contact": Fix(gettext_lazy("Make another contact the primary one."), _page("partner-contacts")),
    "last_administrator": Fix(gettext_lazy("Invite another administrator."), _page("partner-people")),
    "contacts_full": Fix(gettext_lazy("Remove a contact first."), _page("partner-contacts")),
    "invitations_full": Fix(gettext_lazy("Take an invitation back first."), _page("partner-people")),
    "documents_waiting": Fix(gettext_lazy("Wait until our staff have looked at some of them.")),
    "name_verified": Fix(gettext_lazy("Our staff can change it.")),
    "own_payouts": Fix(gettext_lazy("Ask another person who manages payouts.")),
}
_PARTNER = gettext_noop("the uid of a partner")
ACTIONS = (
    Action("be_paid", gettext_lazy("Be paid out"), _PARTNER, _partner_of_money, _be_paid, fixes=FIXES),
    Action("draw_up_payout", gettext_lazy("Draw up a payout"), _PARTNER, _partner_of_money, _draw_up,
           (Input("others", uid_list, "uids with commas between them: partners who are paid by the same batch",
                  UIDS_MOST),), fresh=True, fixes=FIXES),
    Action("approve_payout", gettext_lazy("Approve payouts"), gettext_noop("the uid of a batch of payouts"), _batch,
           _approve, fresh=True, fixes=FIXES),
    Action("fetch_bank_file", gettext_lazy("Get the file for the bank"), gettext_noop("the uid of a batch of payouts"),
           _batch, _bank_file, fresh=True, fixes=FIXES),
    Action("book_bank_answer", gettext_lazy("Book what the bank did"),
           gettext_noop("the uid of a batch of payouts (paid), or of a payout (refused)"), _at_bank, _book_answer,
           fresh=True, fixes=FIXES),
    Action("discard_payout", gettext_lazy("Discard payouts"), gettext_noop("the uid of a batch of payouts"), _batch,
           _discard, fresh=True, fixes=FIXES),
    Action("change_partner_status", gettext_lazy("Suspend or activate a partner"), _PARTNER,
           lambda asker, text: found(seen_with(asker, "view_partners"), text), _set_status,
           (Input("status", _status, "Suspended (default) or Active"),), fixes=FIXES),
    Action("review_paper", gettext_lazy("Review a document"), gettext_noop("the uid of a document"), _paper, _review,
           (Input("decision", str, "Verified (default) or Rejected"), Input("reason", str, "needed to reject")),
           fresh=True, fixes=FIXES),
    Action("upload_paper", gettext_lazy("Upload a document"), _PARTNER, _managed, _upload, fixes=FIXES),
    Action("rename_partner", gettext_lazy("Change the name of an organisation"), _PARTNER, _managed, _rename,
           fixes=FIXES),
    Action("add_contact", gettext_lazy("Add a contact"), _PARTNER, _managed, _add_contact, fixes=FIXES),
    Action("invite_member", gettext_lazy("Invite somebody to an organisation"), _PARTNER, _managed, _invite,
           fixes=FIXES),
    Action("remove_contact", gettext_lazy("Remove a contact"), gettext_noop("the uid of a contact"),
           lambda asker, text: _of_managed(Contact.objects.all(), asker, text), _remove_contact, fixes=FIXES),
    Action("remove_member", gettext_lazy("Remove somebody from an organisation"), gettext_noop("the uid of a member"),
           lambda asker, text: _of_managed(Member.objects.select_related("user"), asker, text), _remove_member,
           fixes=FIXES),
    Action("decide_invitation", gettext_lazy("Send an invitation again, or take it back"),
           gettext_noop("the uid of an invitation"),
           lambda asker, text: _of_managed(Invitation.objects.all(), asker, text), _decide_invitation,
           (Input("decision", one_of("resend", "revoke"), "resend (default) or revoke"),), fixes=FIXES),
    Action("verify_partner", gettext_lazy("Verify a partner"), _PARTNER,
           lambda asker, text: found(seen_with(asker, "view_partners"), text), _verify, fresh=True, fixes=FIXES),
)  # fmt: skip
