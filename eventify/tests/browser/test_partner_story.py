"""The life of a partner in real browsers: invited by staff, the mailed link, an account, bank and papers, the review by
keyboard, the first event, its first sale on a phone, and the money in its own ledger and statement."""

import re

import pytest
from django.core import mail as outbox
from playwright.sync_api import expect

from accounts import mail
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog
from bookings.models import Order
from bookings.tests import invariants
from eventify.tests.browser.judging import window
from eventify.tests.browser.test_purchase import Steps, choose, pay
from eventify.tests.browser.test_staff_day import enter, go
from events.models import Event
from partners import bank
from partners.models import Document, Partner
from partners.tests import money
from partners.tests.papers import picture

pytestmark = pytest.mark.django_db(transaction=True)
OWNER, PASSWORD = "rosa@alhambra.example", "Goud-en-zilver-19"
EVENT = {
    "title": "Flamenco Night",
    "location": "Alhambra Hall, Pune",
    "city": "Pune",
    "start_time": "2030-05-01T18:00:00+05:30",
    "end_time": "2030-05-01T23:00:00+05:30",
    "status": "published",
    "ticket_types": [{"name": "Stalls", "price": 1000, "quantity_total": 20}],
}


@pytest.fixture
def windows(browser, live_server):
    """Makes windows, and closes them all."""
    opened = []

    def make(look: str = "light, desk", user=None):
        opened.append(window(browser, live_server, look, user))
        return opened[-1]

    yield make
    for one in opened:
        one.context.close()


def letter_to(address: str):
    """The newest mail to this address, once what is owed is sent."""
    mail.send_pending()
    return [one for one in outbox.outbox if one.to == [address]][-1]


def invite(staff) -> None:
    """From the list of partners."""
    go(staff, "Partners")
    staff.get_by_role("link", name="Invite a partner").click()
    staff.get_by_label("Name of the organisation").fill("Alhambra Nights")
    staff.get_by_label("Contact's name").fill("Rosa Luz")
    staff.get_by_label("Contact's e-mail").fill(OWNER)
    staff.get_by_role("button", name="Send the invitation").click()
    expect(staff.get_by_text(f"Alhambra Nights is invited. We wrote to {OWNER}.")).to_be_visible()


def accept(rosa, steps) -> None:
    """The link in the mail, and a password."""
    rosa.goto(re.search(r"/invitations/\w+/", letter_to(OWNER).body)[0])
    expect(rosa.get_by_label("Your name")).to_have_value("Rosa Luz")
    steps.look("invitation")
    rosa.get_by_role("button", name="Make an account and join").click()  # without a password: the name stays
    expect(rosa.locator(".error").first).to_be_visible()
    expect(rosa.get_by_label("Your name")).to_have_value("Rosa Luz")
    rosa.get_by_label("Choose a password").fill(PASSWORD)
    rosa.get_by_role("button", name="Make an account and join").click()
    rosa.wait_for_url("**/partner/alhambra-nights/")
    expect(rosa.get_by_role("heading", name="What is missing")).to_be_visible()
    steps.look("home")


def enter_details(rosa, steps) -> None:
    """Who sells, for the invoices; and where the money goes."""
    rosa.get_by_role("link", name="Organisation", exact=True).click()
    rosa.get_by_label("Registered name").fill("Alhambra Nights Pvt Ltd")
    rosa.get_by_label("Postal address").fill("1 Rose Lane\n411001 Pune")
    rosa.get_by_label("Tax number").fill("27AAPFU0939F1ZV")
    steps.look("organisation")
    rosa.get_by_role("button", name="Save").click()
    rosa.get_by_text("Saved.").wait_for()
    rosa.get_by_role("link", name="Bank account", exact=True).first.click()
    rosa.get_by_label("Country of the bank").select_option("NL")
    rosa.get_by_label("Account holder").fill("Alhambra Nights")
    rosa.get_by_label("IBAN").fill("NL91 ABNA 0417 1643 01")
    rosa.get_by_role("button", name="Save the account").click()
    expect(rosa.get_by_text("This IBAN is not right.")).to_be_visible()
    expect(rosa.get_by_label("IBAN")).to_have_value("NL91 ABNA 0417 1643 01")  # what was typed stays
    steps.look("bank-refused")
    rosa.get_by_label("IBAN").fill("NL91 ABNA 0417 1643 00")
    rosa.get_by_role("button", name="Save the account").click()
    expect(rosa.get_by_text("Your bank account is saved.")).to_be_visible()


def upload(rosa, steps) -> None:
    """Three pictures, one at each paper."""
    rosa.wait_for_url("**/documents/")
    for number, kind in enumerate(Document.Type.values[:3]):
        rosa.locator(f"#file-{kind}").set_input_files(
            {"name": f"{kind}.png", "mimeType": "image/png", "buffer": picture(size=(300, 200 + number))}
        )
        rosa.locator("form", has=rosa.locator(f"#file-{kind}")).get_by_role("button", name="Upload").click()
        expect(rosa.get_by_text(f"{kind}.png is uploaded. We check it and write to you.")).to_be_visible()
    expect(rosa.get_by_text("Being checked")).to_have_count(3)
    steps.look("papers")


def review(staff) -> None:
    """Three documents, by one key each."""
    go(staff, "KYC queue")
    for left in (3, 2, 1):
        expect(staff.locator(".kyc-queue li")).to_have_count(left)
        staff.locator(".kyc-pages img").first.evaluate("one => one.decode()")
        staff.keyboard.press("a")
        staff.wait_for_function("left => document.querySelectorAll('.kyc-queue li').length < left", arg=left)
    expect(staff.get_by_text("Nothing waits").first).to_be_visible()


def publish(rosa) -> Event:
    """As the partner's own program does it: contract 001 with a token of her account."""
    said = rosa.request.post("/api/auth/login", data={"email": OWNER, "password": PASSWORD}).json()
    token = said["data"]["token"]
    made = rosa.request.post("/api/admin/events", data=EVENT, headers={"Authorization": f"Bearer {token}"})
    assert made.status == 201, made.text()
    return Event.objects.get(uid=made.json()["data"]["id"])


def test_from_the_invitation_to_the_first_sale(windows, tmp_path):
    staff, rosa = windows(), windows("dark, phone")
    steps = Steps(rosa, tmp_path)
    enter(staff, SuperAdminFactory(full_name="Vera Chief"))
    staff.wait_for_url("**/command-center/")
    invite(staff)
    accept(rosa, steps)
    enter_details(rosa, steps)
    upload(rosa, steps)
    review(staff)
    partner = Partner.objects.get(slug="alhambra-nights")
    assert (partner.status, partner.verification_status) == ("Active", "Verified")
    assert bank.is_payable(partner)
    assert "All papers that we need are verified." in letter_to(OWNER).body
    rosa.goto("/partner/")
    expect(rosa.get_by_role("heading", name="All is done")).to_be_visible()
    steps.look("verified")

    event = publish(rosa)
    buyer = windows("dark, phone", UserFactory(full_name="Asha Rao", email="asha@example.com"))
    choose(buyer, event, {"Stalls": "1"})
    pay(buyer, "₹1,000")
    order = Order.objects.get()
    owed = money.owed(partner)
    assert (order.status, owed > 0) == (Order.Status.PAID, True)
    invariants.check(event)

    rosa.get_by_role("link", name="Events, sales and payouts").click()
    rosa.wait_for_url("**/command-center/")
    steps.look("dashboard")
    rosa.goto("/command-center/ledger/")
    expect(rosa.get_by_role("main").get_by_text("Alhambra Nights").first).to_be_visible()
    steps.look("ledger")
    rosa.goto(f"/command-center/partners/{partner.uid}/statement/")
    expect(rosa.get_by_role("link", name=event.name)).to_be_visible()
    expect(rosa.get_by_role("main").get_by_text("₹1,000.00").first).to_be_visible()
    steps.look("statement")
    assert {"INVITED_PARTNER", "ACCEPTED_INVITATION", "APPROVED_KYC"} <= set(
        AuditLog.objects.values_list("action", flat=True)
    )
