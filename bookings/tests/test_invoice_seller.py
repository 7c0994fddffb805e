"""The seller on invoices and credit notes: as it was when the paper was issued, and of older papers what they know."""

import pytest

from accounts.factories import SuperAdminFactory
from bookings import cancelling
from bookings.models import Invoice
from bookings.papers import invoices, invoices_pdf
from bookings.tests.scenes import buy, pay, people, scene
from bookings.tests.test_papers_pdf import DEVANAGARI, pages
from partners import profile
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db
FACTS = {"legal_name": "Blue Note B.V.", "address": f"1 Main Road\n{DEVANAGARI}\nUtrecht", "tax_number": "NL12B01"}
REACHED = {"email": "hi@bluenote.example", "phone": "", "website": "https://bluenote.example"}


def sold(**facts):
    """A paid order of a ticket that the partner sells."""
    reached = {"contact_email": REACHED["email"], "website": REACHED["website"]}
    partner = PartnerFactory(name="Blue Note", **{"address": "", **reached, **facts})
    return pay(buy(people(1)[0], scene(price=100, partner=partner)[1])), partner


def text_of(paper: Invoice) -> str:
    return "\n".join(pages(invoices_pdf.of_invoice(paper)))


def test_an_invoice_names_the_seller_with_address_and_tax_number():
    order, _partner = sold(**FACTS)
    (paper,) = invoices.issue_for(order)
    assert paper.data["seller"] == {"name": "Blue Note", **FACTS, **REACHED}
    page = text_of(paper)
    for words in ("Blue Note B.V.", "1 Main Road", "Utrecht", "Tax number NL12B01", "hi@bluenote.example"):
        assert words in page, words
    assert page.index("Blue Note B.V.") < page.index("1 Main Road") < page.index("Tax number NL12B01")


def test_a_paper_never_changes_and_a_credit_note_says_what_is_so_when_it_is_issued():
    order, partner = sold(**FACTS)
    (paper,) = invoices.issue_for(order)
    before = invoices_pdf.of_invoice(paper)
    profile.change(partner, by=SuperAdminFactory(), legal_name="New Name N.V.", address="9 Other Street")
    cancelling.cancel(order, by=order.user)
    same, note = invoices.issue_for(order)
    assert same.data == paper.data and invoices_pdf.of_invoice(same) == before
    assert note.data["seller"] == {"name": "Blue Note", **FACTS, **REACHED} | {
        "legal_name": "New Name N.V.",
        "address": "9 Other Street",
    }
    assert "9 Other Street" in text_of(note) and "1 Main Road" not in text_of(note)


def test_without_an_address_the_invoice_is_made_with_the_name_alone():
    order, _partner = sold()
    (paper,) = invoices.issue_for(order)
    page = text_of(paper)
    assert paper.number == 1 and "Blue Note" in page and "hi@bluenote.example" in page and "Tax number" not in page


def test_a_registered_name_that_is_the_name_stands_once():
    order, _partner = sold(legal_name="Blue Note")
    (paper,) = invoices.issue_for(order)
    assert invoices_pdf._seller(paper.data["seller"])[:2] == ["Blue Note", REACHED["email"]]


def test_papers_that_know_no_address_are_printed_as_before():
    order, _partner = sold(**FACTS)
    (paper,) = invoices.issue_for(order)
    paper.data["seller"] = {"name": "Blue Note", **REACHED}
    page = text_of(paper)
    assert "Blue Note" in page and "1 Main Road" not in page and "Blue Note B.V." not in page
