"""How far a partner has come: each step, and what is still missing, in words."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eventify.lib.dates import date_format
from partners import bank, kyc
from partners.models import BankAccount, Document, Partner

T, S = Document.Type, Document.Status
DONE, FAILED, WAITING, MISSING = "done", "failed", "waiting", "missing"

# kind -> what to upload
HINTS = {
    T.COMPANY_REG: gettext_lazy("The certificate of incorporation, or the extract of the trade register."),
    T.PAN: gettext_lazy("The card or letter with the tax number of the organisation."),
    T.CHEQUE: gettext_lazy("A cancelled cheque or a bank statement that shows the account's holder and number."),
    T.OTHER: gettext_lazy("Anything else that we asked for."),
}
NO_ADDRESS = gettext_lazy("Enter your postal address: without it, the invoices of your buyers say only your name.")


@dataclass
class Paper:
    """One kind of document, and how it stands. `newest` was uploaded last, `good` is verified and has not expired."""

    type: str
    newest: Document | None
    good: Document | None
    state: str
    sentence: str

    @property
    def hint(self):
        return HINTS[T(self.type)]


@dataclass
class Step:
    """One step of the way to being paid. `state` as the stepper part knows it: done, failed, current or waiting."""

    key: str
    label: str
    state: str
    note: str = ""


def papers_of(partner: Partner) -> list[Paper]:
    """The required kinds of document, each with its state. Two queries."""
    documents = list(partner.documents.all())  # newest first
    account = bank.current(partner)
    return [_paper(type, [one for one in documents if one.type == type], account) for type in kyc.REQUIRED]


def _paper(type: str, documents: list[Document], account: BankAccount | None) -> Paper:
    newest = documents[0] if documents else None
    good = next((one for one in documents if is_good(one)), None)
    is_of_account = not (type == T.CHEQUE and good and account and good.created_at < account.created_at)
    state, sentence = _state(newest, good, is_of_account)
    return Paper(type, newest, good, state, sentence)


def is_good(document: Document) -> bool:
    """As kyc.good, of a row that is here."""
    return document.status == S.VERIFIED and not has_expired(document)


def has_expired(document: Document) -> bool:
    """Whether its last day is over."""
    return document.expires_on is not None and document.expires_on < kyc.today()


def _state(newest: Document | None, good: Document | None, is_of_account: bool) -> tuple[str, str]:
    if newest is None:
        return MISSING, _("Not uploaded yet.")
    if newest.status == S.REJECTED:
        return FAILED, _("Not accepted: %(reason)s") % {"reason": newest.reason}
    if newest.status == S.PENDING:
        return WAITING, _("Uploaded. We are checking it.")
    if good is None:
        return FAILED, _("It has expired. Upload a new one.")
    if not is_of_account:
        return MISSING, _("The bank account has changed since. Upload a cheque of the new one.")
    if good.expires_on:
        return DONE, _("Verified, good until %(day)s.") % {"day": date_format(good.expires_on, "j F Y")}
    return DONE, _("Verified.")


def steps_of(partner: Partner, papers: list[Paper]) -> list[Step]:
    """The way from the invitation to the first payout."""
    steps = [
        Step("organisation", _("Organisation"), DONE if partner.contact_email else MISSING),
        Step("contacts", _("Contacts"), DONE if partner.contacts.exists() else MISSING),
        Step("bank", _("Bank account"), DONE if bank.current(partner) else MISSING),
        _documents_step(papers),
        Step("ready", _("Ready to be paid"), DONE if bank.is_payable(partner) else MISSING),
    ]
    _mark_current(steps)
    return steps


def _documents_step(papers: list[Paper]) -> Step:
    done = sum(paper.state == DONE for paper in papers)
    states = {paper.state for paper in papers}
    state = DONE if states == {DONE} else FAILED if FAILED in states else MISSING
    note = _("%(done)s of %(all)s verified") % {"done": done, "all": len(papers)}
    return Step("documents", _("Documents"), state, note)


def _mark_current(steps: list[Step]) -> None:
    """The first step that is not done is the current one; those after it are still to come."""
    is_found = False
    for step in steps:
        if step.state == MISSING:
            step.state = WAITING if is_found else "current"
        is_found = is_found or step.state != DONE


def advice_of(partner: Partner) -> list[tuple[str, str]]:
    """What the partner should do, though nothing waits for it: (key of the step, sentence)."""
    return [] if partner.address else [("organisation", str(NO_ADDRESS))]


def missing_of(partner: Partner, papers: list[Paper]) -> list[tuple[str, str]]:
    """What the partner itself has to do next: (key of the step, sentence)."""
    todo = []
    if bank.current(partner) is None:
        todo.append(("bank", _("Enter the bank account that your money goes to.")))
    for paper in papers:
        if paper.state in (MISSING, FAILED):
            todo.append(("documents", f"{kyc.name_of(paper.type)}: {paper.sentence}"))
    if not partner.contacts.exists():
        todo.insert(0, ("contacts", _("Name somebody whom we can call.")))
    return todo
