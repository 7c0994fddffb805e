"""What the made-up partners trade on: contacts, bank accounts, papers and their reviews, terms, and payouts."""

import io
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from accounts.models import User
from bookings.demo.people import latin
from partners import bank, contacts, inviting, kyc, payouts, standing
from partners.models import Document, Member, Partner

_A4 = (1240, 1754)  # pixels, 150 to the inch
_INK, _PAPER, _LINE = "#1f2937", "#fdfcf8", "#9ca3af"
D, T = Document.Status, Document.Type


class Account(NamedTuple):
    """Where a made-up partner wants its money."""

    number: str
    routing_code: str
    country: str


class Trade(NamedTuple):
    """A made-up partner's contact, account and papers: type -> what became of it (a reason: rejected)."""

    contact: str
    account: Account | None
    papers: dict[str, str]
    trust: str = Partner.Trust.NEW
    fee_percent: Decimal | None = None


_ALL = dict.fromkeys((T.COMPANY_REG, T.PAN, T.CHEQUE), D.VERIFIED)
TRADES = {
    "monsoon-live": Trade(
        "Priya Menon", Account("50100234567890", "HDFC0000240", "IN"), _ALL, Partner.Trust.KNOWN, Decimal("4.5")
    ),
    "noorderlicht": Trade(
        "Sanne de Boer", Account("NL91ABNA0417164300", "ABNANL2A", "NL"), _ALL, Partner.Trust.TRUSTED
    ),
    "song-hong": Trade(
        "Trần Thị Lan",
        Account("0071001234567", "BFTVVNVX", "VN"),
        dict.fromkeys((T.COMPANY_REG, T.PAN, T.CHEQUE), D.PENDING),
    ),
    "deccan-sports": Trade("Arjun Reddy", Account("30123456789", "SBIN0005943", "IN"), _ALL, Partner.Trust.KNOWN),
    "kaveri-hall": Trade(
        "Meera Krishnan", Account("914010012345678", "UTIB0000009", "IN"), _ALL, Partner.Trust.TRUSTED, Decimal(3)
    ),
    "chai-and-co": Trade("Imran Shaikh", None, {T.COMPANY_REG: D.VERIFIED, T.PAN: D.PENDING}),
    "lotus-drinks": Trade("Nguyễn Văn Bình", None, {}),
    "fly-by-night": Trade("A. Nonymous", None, {T.COMPANY_REG: "The registration number belongs to another company."}),
}
_WORDS = {
    T.COMPANY_REG: ("Certificate of incorporation", "Registered office, company number and directors as filed."),
    T.PAN: ("Permanent account number", "Issued for tax purposes."),
    T.CHEQUE: ("Cancelled cheque", "CANCELLED"),
}


def equip(partners: dict[str, Partner], staff: dict[str, User], *, by: User) -> None:
    """Give partners without a contact what TRADES says; reviews are the moderator's."""
    for slug, partner in partners.items():
        if not partner.contacts.exists():
            _equip(partner, TRADES[slug], reviewer=staff["moderator"], by=by)


def _equip(partner: Partner, trade: Trade, *, reviewer: User, by: User) -> None:
    contacts.add(partner, name=trade.contact, email=partner.contact_email, phone=partner.phone, by=by)
    standing.set_terms(partner, by=by, trust=trade.trust, fee_percent=trade.fee_percent)
    if trade.account:
        bank.set_account(partner, holder=partner.name, **trade.account._asdict(), by=by)
    if partner.status == Partner.Status.INVITED:
        inviting.invite(partner, partner.contact_email, Member.Role.ADMIN, by=by, name=trade.contact)
    for number, (type, outcome) in enumerate(trade.papers.items()):
        document = kyc.upload(partner, type, paper(partner, type, as_pdf=number == 0), by=by)
        _decide(document, outcome, reviewer)


def _decide(document: Document, outcome: str, reviewer: User) -> None:
    if outcome == D.PENDING:
        return
    is_good = outcome == D.VERIFIED
    # The last day of one paper comes soon, so that there is something to be reminded of.
    expires_on = kyc.today() + timedelta(days=20) if is_good and document.type == T.PAN else None
    verdict, reason = (D.VERIFIED, "") if is_good else (D.REJECTED, outcome)
    kyc.review(document, verdict=verdict, reason=reason, expires_on=expires_on, by=reviewer)


def paper(partner: Partner, type: str, *, as_pdf: bool) -> SimpleUploadedFile:
    """A made-up paper, drawn: a PDF or a PNG of one page."""
    title, text = _WORDS[type]
    page = Image.new("RGB", _A4, _PAPER)
    draw = ImageDraw.Draw(page)
    draw.rectangle((60, 60, _A4[0] - 60, _A4[1] - 60), outline=_LINE, width=6)
    lines = (
        (title, 64),
        (latin(partner.name), 48),
        (text, 34),
        (f"No. {partner.uid.hex[:12].upper()}", 34),
        ("SPECIMEN", 110),
    )
    for row, (line, size) in enumerate(lines):
        draw.text((140, 220 + row * 210), line, fill=_INK if size < 100 else _LINE, font=ImageFont.load_default(size))
    file = io.BytesIO()
    page.save(file, "PDF" if as_pdf else "PNG")
    name = f"{title.lower().replace(' ', '-')}.{'pdf' if as_pdf else 'png'}"
    return SimpleUploadedFile(name, file.getvalue())


def pay(partners: dict[str, Partner], staff: dict[str, User], *, by: User) -> None:
    """Two batches: one approved (the worker sends it), one that waits for a second person."""
    for slugs, is_approved in ((("monsoon-live", "kaveri-hall"), True), (("deccan-sports", "noorderlicht"), False)):
        batch = _draw_up([partners[slug] for slug in slugs], by=staff["finance"])
        if batch and is_approved:
            payouts.approve(batch, by=by)


def _draw_up(chosen: Iterable[Partner], *, by: User):
    try:
        return payouts.create(partners=chosen, by=by)
    except payouts.NothingToPay:  # a world whose sales are all too young
        return None


def date_back(partners: dict[str, Partner]) -> None:
    """Papers are as old as their partner; those that wait came in the last days."""
    now = timezone.now()
    papers = Document.objects.filter(partner__in=partners.values(), partner__joined_at__isnull=False)
    for age, document in enumerate(papers.select_related("partner")):
        joined = document.partner.joined_at
        document.partner.bank_accounts.update(created_at=joined)
        came = now - timedelta(days=1 + age % 5, hours=age) if document.status == D.PENDING else joined
        Document.objects.filter(pk=document.pk).update(created_at=came)
