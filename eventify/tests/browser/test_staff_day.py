"""A day of the staff in a real browser: two-factor, a paper, a role, payouts; each through what people see."""

import base64
import time
from decimal import Decimal

import pytest
from django_otp.oath import TOTP
from playwright.sync_api import expect

from accounts import roles
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Role
from partners import payouts, sending
from partners.factories import PartnerFactory
from partners.models import Document, Partner, PayoutBatch
from partners.tests import money
from partners.tests.papers import T, pdf, uploaded

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "secret"  # of the factories


def code(secret: str, steps: int = 0) -> str:
    """What an authenticator app shows for the typed secret now, or so many steps of 30 seconds later."""
    totp = TOTP(base64.b32decode(secret))
    totp.time = time.time() + steps * 30
    return f"{totp.token():06}"


def enter(page, user, otp: str = "") -> None:
    """Log in through the form, with the second step when there is a code."""
    page.goto("/login/")
    page.get_by_label("E-mail, username or phone number").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    if otp:
        page.get_by_role("textbox", name="code").fill(otp)
        page.get_by_role("main").get_by_role("button", name="Log in").click()


def person(name: str, role: str):
    user = UserFactory(full_name=name)
    return roles.assign(user, Role.objects.get(name=role), by=None)


@pytest.fixture
def second(browser, live_server):
    """Another person's window."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


def go(page, place: str) -> None:
    """Through the navigation at the side."""
    page.get_by_role("navigation").get_by_role("link", name=place, exact=True).first.click()


def test_a_day_of_the_command_center(page, second):
    chief = SuperAdminFactory(full_name="Vera Chief")
    finance = person("Farida Iyer", "Finance")

    # Vera sets two-factor up, leaves, and comes back with it.
    enter(page, chief)
    page.wait_for_url("**/command-center/")
    page.goto("/account/security/")
    page.get_by_role("link", name="Set two-factor up").click()
    page.get_by_role("button", name="Begin", exact=True).click()
    secret = "".join(page.locator("#secret").inner_text().split())
    page.get_by_role("textbox", name="code").fill(code(secret, -1))
    page.get_by_role("button", name="Turn two-factor on").click()
    page.get_by_role("heading", name="Your recovery codes").wait_for()
    expect(page.locator("#recovery-codes li")).to_have_count(10)
    page.goto("/account/security/")
    page.get_by_role("main").get_by_role("button", name="Log out").first.click()
    enter(page, chief, otp="000000")
    expect(page.get_by_text("This code is not right")).to_be_visible()
    page.get_by_role("textbox", name="code").fill(code(secret))
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.wait_for_url("**/command-center/")

    # Two papers wait: one is approved with a key, the other rejected with a reason.
    partner = PartnerFactory(name="Blue Note", verification_status="Pending")
    uploader = UserFactory()
    for kind in (T.PAN, T.CHEQUE):
        uploaded(partner, kind, pdf(2), by=uploader)
    go(page, "KYC queue")
    picture = page.locator(".kyc-pages img").first
    assert picture.evaluate("one => one.complete ? one.naturalWidth : one.decode().then(() => one.naturalWidth)") > 100
    page.keyboard.press("a")
    page.get_by_role("heading", name="Cheque of Blue Note").wait_for()
    page.keyboard.press("r")
    page.keyboard.type("The account number cannot be read.")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Nothing waits").first.wait_for()
    assert dict(partner.documents.values_list("type", "status")) == {"PAN": "Verified", "Cheque": "Rejected"}
    partner.refresh_from_db()
    assert partner.verification_status == Partner.Verification.REJECTED

    # Farida may not see the audit log; Vera gives it to her role, and it is there at the next click.
    enter(second, finance)
    second.wait_for_url("**/command-center/")
    assert second.goto("/command-center/audit/").status == 403
    go(page, "Roles")
    page.get_by_role("main").get_by_role("link", name="Finance").first.click()
    page.get_by_label("View the audit log").check()
    page.get_by_role("button", name="See what changes").click()
    expect(page.get_by_text("This touches 1 person with the role Finance")).to_be_visible()
    assert not Role.objects.filter(name="Finance", permissions__codename="view_audit").exists()
    page.get_by_role("button", name="Change it for 1 person").click()
    page.get_by_text("The role Finance is changed.").wait_for()
    second.goto("/command-center/")
    go(second, "Audit log")
    expect(second.get_by_text("Approved KYC").first).to_be_visible()

    # Farida draws payouts up from the preview; she cannot approve them herself, Vera does; the bank pays.
    rich = money.rich_partner(48_200, name="Monsoon Live")
    go(second, "Payouts")
    second.get_by_role("link", name="New payouts").first.click()
    expect(second.get_by_text("₹48,200.00 settled, so ₹48,200.00 can be paid out.")).to_be_visible()
    second.get_by_role("button", name="See what the chosen ones get").click()
    assert not PayoutBatch.objects.exists()
    second.get_by_role("button", name="Draw up 1 payout, ₹48,200.00").click()
    second.get_by_text("The payouts are drawn up.").wait_for()
    assert second.get_by_role("link", name="Approve").count() == 0
    go(page, "Payouts")
    page.get_by_role("main").get_by_role("row").nth(1).get_by_role("link").first.click()
    page.get_by_role("link", name="Approve 1 payout, ₹48,200.00").click()
    page.get_by_role("button", name="Approve 1 payout, ₹48,200.00").click()
    page.wait_for_url("**/command-center/payouts/*/")
    sending.send_due()
    batch = PayoutBatch.objects.get()
    assert batch.status == PayoutBatch.Status.PAID
    assert (batch.created_by, batch.approved_by) == (finance, chief)
    assert money.at_the_bank(batch.payouts.get()) == [(Decimal(48_200), "paid")]
    assert money.owed(rich) == 0
    page.reload()
    expect(page.get_by_role("main").get_by_text("Paid").first).to_be_visible()
    actions = list(AuditLog.objects.order_by("id").values_list("action", flat=True))
    expected = ("ENABLED_2FA", "APPROVED_KYC", "REJECTED_KYC", "CHANGED_ROLE", "CREATED_PAYOUTS", "APPROVED_PAYOUTS")
    assert [one for one in actions if one in expected] == list(expected)


def test_what_moved_since_the_preview_is_not_done(page):
    """Money goes back between looking and pressing: nothing is drawn up, and the page says why."""
    finance = person("Farida Iyer", "Finance")
    partner = money.payable_partner(name="Monsoon Live")
    order = money.sell(partner, 1000)
    enter(page, finance)
    page.goto("/command-center/payouts/new/")
    page.get_by_role("button", name="See what the chosen ones get").click()
    money.refund(partner, 400, order=order)
    page.get_by_role("button", name="Draw up 1 payout, ₹1,000.00").click()
    expect(page.get_by_text("Something has changed since you looked.")).to_be_visible()
    assert not PayoutBatch.objects.exists()
    page.get_by_role("button", name="Draw up 1 payout, ₹600.00").click()
    page.get_by_text("The payouts are drawn up.").wait_for()
    assert PayoutBatch.objects.get().payouts.get().amount == 600


def test_two_tabs_approve_once(page, browser, live_server):
    maker, chief = money.staff(2)
    batch = payouts.create(partners=[money.rich_partner(500)], by=maker)
    enter(page, chief)
    page.wait_for_url("**/command-center/")
    tab = page.context.new_page()
    for one in (page, tab):
        one.goto(f"/command-center/payouts/{batch.uid}/approve/")
    page.get_by_role("button", name="Approve 1 payout").click()
    page.wait_for_url(f"**/command-center/payouts/{batch.uid}/")
    tab.get_by_role("button", name="Approve 1 payout").click()
    expect(tab.get_by_text("These payouts are decided already")).to_be_visible()
    assert AuditLog.objects.filter(action="APPROVED_PAYOUTS").count() == 1


def test_without_javascript_a_paper_is_reviewed(browser, live_server):
    partner = PartnerFactory(name="Blue Note", verification_status="Pending")
    paper = uploaded(partner, T.PAN, pdf(), by=UserFactory())
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    enter(page, SuperAdminFactory())
    page.goto("/command-center/kyc/")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Say why.").first).to_be_visible()
    page.get_by_role("button", name="Approve").click()
    assert Document.objects.get(pk=paper.pk).status == Document.Status.VERIFIED
    context.close()
