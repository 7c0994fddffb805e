"""Invoices, credit notes and receipts on paper. The first two say only what was frozen when they were issued."""

from datetime import date
from decimal import Decimal

from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bookings.models import Invoice, Order
from bookings.papers import invoices
from bookings.papers.pdf import GREY, HEIGHT, INNER, MARGIN, WIDTH, Sheet, wrap
from eventify.lib.currencies import exact
from eventify.lib.dates import date_format

_RIGHT = WIDTH - MARGIN
_HALF = INNER / 2 - 12
_RATE, _QTY, _UNIT = MARGIN + 300, MARGIN + 350, MARGIN + 425  # where columns end
_BOTTOM = HEIGHT - 150  # below it a page has no more lines
_ADDRESS_MOST = 14  # lines
_NAMES = {"stripe": "Stripe", "sandbox": "Sandbox", "free": ""}


def of_invoice(invoice: Invoice) -> bytes:
    """The PDF of an invoice or credit note: the same for ever."""
    with translation.override(invoice.data["language"]):
        is_invoice = invoice.data["kind"] == Invoice.Kind.INVOICE
        return _pdf(_("Invoice") if is_invoice else _("Credit note"), invoice.data)


def of_receipt(order: Order) -> bytes:
    """The receipt of a paid order, also of one with nothing due: no tax paper and no number of a series."""
    return _pdf(_("Receipt"), invoices.receipt_data(order, get_language() or "en"))


def file_name(invoice: Invoice) -> str:
    """`invoice-2026-000001.pdf`."""
    return f"{invoice.kind.replace('_', '-')}-{invoice.data['number']}.pdf"


def _pdf(title: str, data: dict) -> bytes:
    sheet = Sheet(f"{title} {data['number']}", data["language"])
    y = _head(sheet, title, data)
    y = _columns(sheet, y)
    for line in data["lines"]:
        if y > _BOTTOM:
            sheet.next_page()
            y = _columns(sheet, 72)
        y = _line(sheet, line, data["currency"], y)
    if y > HEIGHT - 120 - 16 * len(data["taxes"]):
        sheet.next_page()
        y = 72
    _totals(sheet, data, y)
    return sheet.done()


def _head(sheet: Sheet, title: str, data: dict) -> float:
    sheet.text(MARGIN, 64, title, 24, bold=True)
    sheet.text(_RIGHT, 64, data["number"], 14, bold=True, align="right")
    sheet.rule(78)
    left = _party(sheet, MARGIN, 102, _("Seller"), _seller(data["seller"]))
    right = _party(sheet, MARGIN + INNER / 2, 102, _("Buyer"), _buyer(data["buyer"]))
    y = max(left, right) + 10
    for what, value in _facts(data):
        sheet.text(MARGIN, y, what, 9, color=GREY)
        y = sheet.paragraph(MARGIN + 110, y, value, 9.5, INNER - 110, most=3)
    return y + 14


def _party(sheet: Sheet, x: float, y: float, what: str, lines: list[str]) -> float:
    sheet.text(x, y, what, 9, color=GREY)
    y += 17
    for index, line in enumerate(lines):
        y = sheet.paragraph(x, y, line, 11 if index == 0 else 9.5, _HALF, bold=index == 0, most=_ADDRESS_MOST)
    return y


def _seller(seller: dict) -> list[str]:
    """The registered name, then what it is known as. Older papers know neither address nor tax number."""
    names = dict.fromkeys((seller.get("legal_name"), seller["name"]))
    reached = (seller["email"], seller["phone"], seller["website"], _("Sold on Eventify"))
    lines = (*names, seller.get("address"), _tax_number(seller.get("tax_number")), *reached)
    return [line for line in lines if line]


def _buyer(buyer: dict) -> list[str]:
    lines = (buyer["company"], buyer["name"], buyer["address"], _tax_number(buyer["tax_number"]), buyer["email"])
    return [line for line in lines if line]


def _tax_number(number: str | None) -> str:
    return _("Tax number %(number)s") % {"number": number} if number else ""


def _facts(data: dict) -> list[tuple[str, str]]:
    facts = [
        (_("Date"), _day(data["issued_on"])),
        (_("Paid on"), _paid(data)),
        (_("Order"), data["order"]),
        (_("Corrects invoice"), data["corrects"]),
        (_("Reason"), data["reason"]),
    ]
    return [(what, value) for what, value in facts if value]


def _paid(data: dict) -> str:
    paid_with = _NAMES.get(data["paid_with"], data["paid_with"])
    return f"{_day(data['paid_on'])}, {paid_with}" if paid_with else _day(data["paid_on"])


def _day(iso: str) -> str:
    return date_format(date.fromisoformat(iso), "j F Y") if iso else ""


def _columns(sheet: Sheet, y: float) -> float:
    heads = ((_RATE, _("Tax")), (_QTY, _("Places")), (_UNIT, _("Price")), (_RIGHT, _("Amount")))
    sheet.text(MARGIN, y, _("What"), 9, color=GREY)
    for x, head in heads:
        sheet.text(x, y, head, 9, align="right", color=GREY)
    sheet.rule(y + 7)
    return y + 24


def _line(sheet: Sheet, line: dict, currency: str, y: float) -> float:
    sheet.text(_RATE, y, _percent(line["rate"]), 9.5, align="right")
    if line["qty"]:
        sheet.text(_QTY, y, str(line["qty"]), 9.5, align="right")
        sheet.text(_UNIT, y, _money(line["unit"], currency), 9.5, align="right")
    sheet.text(_RIGHT, y, _money(line["amount"], currency), 9.5, align="right")
    room = _RATE - MARGIN - 44
    below = sheet.paragraph(MARGIN, y, line["what"], 9.5, room, bold=True, most=2)
    below = sheet.paragraph(MARGIN, below, _about(line, currency), 8.5, room, most=3, color=GREY)
    sheet.rule(below - 3)
    return below + 12


def _about(line: dict, currency: str) -> str:
    said = [_day(line["on"]), line["event"]]
    if line["list"]:
        said.append(_("instead of %(price)s") % {"price": _money(line["list"], currency)})
    return ", ".join(part for part in said if part)


def _totals(sheet: Sheet, data: dict, y: float) -> None:
    currency = data["currency"]
    for one in data["taxes"]:
        if Decimal(one["rate"]):
            words = {"rate": _percent(one["rate"]), "net": _money(one["net"], currency)}
            sheet.text(_UNIT, y, _("Tax %(rate)s, on %(net)s") % words, 9.5, align="right", color=GREY)
            sheet.text(_RIGHT, y, _money(one["tax"], currency), 9.5, align="right", color=GREY)
            y += 16
    y += 6
    is_taxed = any(Decimal(one["rate"]) for one in data["taxes"])
    sheet.text(_UNIT, y, _("Total, tax included") if is_taxed else _("Total"), 12, bold=True, align="right")
    sheet.text(_RIGHT, y, _money(data["total"], currency), 12, bold=True, align="right")
    y = _refunds(sheet, data, y)
    for line in wrap(_closing(data), 9, INNER):
        y += 26
        sheet.text(MARGIN, y, line, 9, color=GREY)


def _refunds(sheet: Sheet, data: dict, y: float) -> float:
    """What went back of the order of a receipt, and what is left paid; other papers have no such part."""
    for one in data.get("refunds", ()):
        y += 18
        said = _("Went back on %(day)s") % {"day": _day(one["on"])} if one["on"] else _("Goes back to you")
        sheet.text(_UNIT, y, said, 9.5, align="right")
        sheet.text(_RIGHT, y, _money(one["amount"], data["currency"]), 9.5, align="right")
        if y > HEIGHT - 80:
            sheet.next_page()
            y = 72
    if data.get("refunds"):
        y += 20
        sheet.text(_UNIT, y, _("Total after refunds"), 12, bold=True, align="right")
        sheet.text(_RIGHT, y, _money(data["kept"], data["currency"]), 12, bold=True, align="right")
    return y


def _closing(data: dict) -> str:
    if data["kind"] == Invoice.Kind.INVOICE:
        return _("Paid in full. Nothing is left to pay.")
    if data["kind"] == Invoice.Kind.CREDIT_NOTE:
        return _("This amount goes back to you the way it came. You need not do anything.")
    return _("A receipt of your order. It is no invoice.")


def _percent(rate: str) -> str:
    return f"{number_format(f'{Decimal(rate).normalize():f}', use_l10n=True)} %"


def _money(amount: str, currency: str) -> str:
    return exact(Decimal(amount), currency)
