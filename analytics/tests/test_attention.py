"""What waits for whom: each matter appears, for those who can deal with it, and goes when it is dealt with."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import roles
from accounts.factories import UserFactory
from accounts.mail import MOST_ATTEMPTS
from accounts.models import OutgoingMail, Role, User
from accounts.tests.coming_in import log_in
from analytics import attention
from analytics.attention import Matter
from analytics.models import FsckRun
from bookings import cancelling
from bookings.models import Order, Payment, Refund, WebhookDelivery
from bookings.tests.scenes import buy, pay, scene
from crew import assignments, persons
from crew.tests import scenes as crew_scenes
from partners import inviting, kyc, members, payouts
from partners.factories import PartnerFactory
from partners.models import Document, Invitation, Partner, Payout, PayoutBatch
from partners.tests.money import approved, paper, payable_partner, rich_partner

pytestmark = pytest.mark.django_db
EVERYBODY = ("Super Admin", "Finance", "Content Moderator", "Support", "Gate")


@pytest.fixture
def people() -> dict[str, User]:
    """Somebody in each of the default roles."""
    return {name: roles.assign(UserFactory(), Role.objects.get(name=name), by=None) for name in EVERYBODY}


def matters(user: User) -> list[Matter]:
    return attention.for_user(User.objects.get(pk=user.pk))


def told(people, page: str) -> set[str]:
    """The roles that are told something that leads to this page."""
    return {name for name, user in people.items() if any(one.page == page for one in matters(user))}


def only(user: User) -> Matter:
    (found,) = matters(user)
    return found


def test_nothing_waits(people):
    assert all(matters(user) == [] for user in people.values())


def test_a_failed_payout_until_the_partner_is_paid_again(people):
    partner = rich_partner(1000, name="Blue Hall")
    batch = approved(partner)
    Payout.objects.update(status=Payout.Status.FAILED)
    PayoutBatch.objects.update(status=PayoutBatch.Status.FAILED)
    text = "The payout of ₹1,000.00 to Blue Hall failed. The money is back in the balance."
    assert only(people["Finance"]) == Matter("negative", text, "See why", "desk-payout-batch", (batch.uid,))
    assert told(people, "desk-payout-batch") == {"Super Admin", "Finance"}
    other = approved(rich_partner(5))
    other.payouts.update(status=Payout.Status.FAILED)
    assert [one.text for one in matters(people["Finance"])] == [
        "2 payouts failed. Their money is back in the balances."
    ]
    assert matters(people["Finance"])[0].query == "status=failed"
    for failed in (batch, other):
        again = failed.payouts.get()
        again.pk, again.uid, again.status = None, None, Payout.Status.PAID
        again.uid = Payout._meta.get_field("uid").get_default()
        again.batch = PayoutBatch.objects.create(provider="sandbox", created_by=people["Finance"], status="paid")
        again.save()
    assert matters(people["Finance"]) == []


def test_payouts_that_take_long(people):
    approved(rich_partner())
    Payout.objects.update(status=Payout.Status.SENDING, sent_at=timezone.now() - timedelta(hours=23))
    assert matters(people["Finance"]) == []
    Payout.objects.update(sent_at=timezone.now() - timedelta(hours=25))
    assert only(people["Finance"]).text == "1 payout has been under way for more than a day."
    assert told(people, "desk-payout-list") == {"Super Admin", "Finance"}


def test_drafts_wait_for_somebody_else(people):
    batch = payouts.create(partners=[rich_partner(1000)], by=people["Finance"])
    text = "Payouts of ₹1,000.00 wait for your approval."
    assert only(people["Super Admin"]) == Matter("caution", text, "Look and decide", "desk-payout-batch", (batch.uid,))
    assert told(people, "desk-payout-batch") == {"Super Admin"}
    payouts.create(partners=[rich_partner()], by=people["Finance"])
    assert only(people["Super Admin"]).text == "2 batches of payouts wait for your approval."
    roles.assign(people["Super Admin"], Role.objects.get(name="Super Admin"), by=None)
    User.objects.filter(pk=people["Super Admin"].pk).update(is_active=False)
    assert only(people["Finance"]).text == "2 batches of payouts wait for your approval."
    for one in PayoutBatch.objects.all():
        payouts.discard(one, by=people["Finance"])
    assert matters(people["Finance"]) == []


def test_refunds_that_do_not_leave(people):
    event, kind = scene(price="100.00")
    for _number in range(2):
        order = pay(buy(UserFactory(), kind))
        Refund.objects.create(payment=order.payments.get(), amount=30)
    assert matters(people["Finance"]) == []
    Refund.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    text = "2 refunds (₹60.00) could not be sent to their payment provider yet."
    assert only(people["Finance"]).text == text
    assert told(people, "desk-orders") == {"Super Admin", "Finance"}
    Refund.objects.update(status=Refund.Status.DONE)
    assert matters(people["Finance"]) == []


def test_refunds_of_a_provider_that_nobody_knows(people):
    order = pay(buy(UserFactory(), scene(price=10)[1]))
    cancelling.cancel(order, by=order.user)
    assert matters(people["Finance"]) == []
    Payment.objects.update(provider="paypal")
    text = "1 refund cannot be sent: its payment is of paypal, which this version does not know."
    assert only(people["Finance"]) == Matter("negative", text, "See the order", "desk-order", (order.uid,))
    assert told(people, "desk-order") == {"Super Admin", "Finance"}


def test_what_the_last_check_of_everything_found(people):
    now = timezone.now()
    old = FsckRun.objects.create(finished_at=now - timedelta(hours=1), breaches=2)
    text = "The last check of everything found 2 things that do not hold."
    assert only(people["Super Admin"]) == Matter("negative", text, "See what", "desk-fsck")
    assert told(people, "desk-fsck") == {"Super Admin"}  # who may see the page
    FsckRun.objects.create(finished_at=now)
    assert told(people, "desk-fsck") == set()
    FsckRun.objects.update(finished_at=now - timedelta(hours=4))
    old.delete()
    text = "Nobody has checked everything for 4\xa0hours. Do the worker and beat run?"
    assert only(people["Super Admin"]) == Matter("caution", text, "Check now", "desk-fsck")


def test_documents_to_review(people):
    partner = PartnerFactory()
    paper(partner, "PAN", status="Pending")
    found = only(people["Content Moderator"])
    assert (found.tone, found.page) == ("information", "desk-kyc")
    assert found.text == "1 document waits for a review."
    Document.objects.update(created_at=timezone.now() - timedelta(hours=3))
    assert only(people["Content Moderator"]).text.replace("\xa0", " ").endswith("has waited for a review for 3 hours.")
    Document.objects.update(created_at=timezone.now() - timedelta(days=3))
    paper(partner, "Cheque", status="Pending")
    found = only(people["Content Moderator"])
    assert found.tone == "caution"
    assert found.text.replace("\xa0", " ") == "2 documents wait for a review, the oldest for 3 days."
    assert told(people, "desk-kyc") == {"Super Admin", "Content Moderator"}
    members.add(partner, people["Content Moderator"], "org_member", by=None)
    assert told(people, "desk-kyc") == {"Super Admin"}


def test_documents_that_expire(people):
    partner, other = payable_partner(name="Blue Hall"), payable_partner()
    assert matters(people["Content Moderator"]) == []
    soon = kyc.today() + timedelta(days=30)
    partner.documents.filter(type="PAN").update(expires_on=soon)
    other.documents.filter(type="PAN").update(expires_on=soon + timedelta(days=1))
    found = only(people["Content Moderator"])
    assert found.text.startswith("A document of Blue Hall expires on ") and found.args == (partner.uid,)
    other.documents.filter(type="PAN").update(expires_on=soon)
    assert only(people["Content Moderator"]).text.startswith("Documents of 2 partners expire within a month")
    assert told(people, "desk-partner") == {"Super Admin", "Content Moderator"}
    for one in (partner, other):
        paper(one, "PAN")
    assert matters(people["Content Moderator"]) == []


def test_invitations_without_an_answer(people):
    contact = {"name": "Ann", "email": "ann@example.com", "phone": ""}
    first = inviting.invite_partner(name="Red Barn", type="Venue", contact=contact, by=None)
    assert matters(people["Super Admin"]) == []
    Invitation.objects.update(expires_at=timezone.now())
    found = only(people["Super Admin"])
    assert (found.text, found.args) == ("The invitation of Red Barn ran out without an answer.", (first.uid,))
    inviting.invite_partner(name="Green Barn", type="Venue", contact={**contact, "email": "bo@example.com"}, by=None)
    Invitation.objects.update(expires_at=timezone.now())
    assert only(people["Super Admin"]).text == "The invitations of 2 partners ran out without an answer."
    assert told(people, "desk-partners") == {"Super Admin"}
    inviting.invite(first, "ann@example.com", by=people["Super Admin"])
    assert only(people["Super Admin"]).text == "The invitation of Green Barn ran out without an answer."


def test_a_worker_that_does_not_run(people):
    event, kind = scene(price=10)
    order = buy(UserFactory(), kind)
    Order.objects.update(expires_at=timezone.now() - timedelta(minutes=9))
    assert matters(people["Content Moderator"]) == []
    Order.objects.update(expires_at=timezone.now() - timedelta(minutes=11))
    assert only(people["Content Moderator"]).text.startswith("1 order is held past its time.")
    assert told(people, "desk-orders") == {"Super Admin", "Finance", "Content Moderator"}
    assert order.status == Order.Status.PENDING


def test_mail_that_does_not_leave(people):
    mail = OutgoingMail.objects.create(to="x@example.com", template="tickets")
    assert matters(people["Super Admin"]) == []
    OutgoingMail.objects.update(next_attempt_at=timezone.now() - timedelta(minutes=11))
    assert only(people["Super Admin"]).text == "1 mail could not be sent."
    assert told(people, "admin:accounts_outgoingmail_changelist") == {"Super Admin"}
    OutgoingMail.objects.update(next_attempt_at=timezone.now() + timedelta(hours=1), attempts=MOST_ATTEMPTS)
    assert only(people["Super Admin"]).text == "1 mail could not be sent."
    mail.sent_at = timezone.now()
    mail.save()
    assert matters(people["Super Admin"]) == []


def delivery(number: int, *, minutes: int, **facts) -> None:
    made = WebhookDelivery.objects.create(provider="stripe", delivery_id=f"evt_{number}", body={}, **facts)
    WebhookDelivery.objects.filter(pk=made.pk).update(received_at=timezone.now() - timedelta(minutes=minutes))


def test_messages_of_providers_that_cannot_be_processed(people):
    delivery(1, minutes=9, attempts=2, error="Once more")
    delivery(2, minutes=60, processed_at=timezone.now())
    delivery(3, minutes=15 * 24 * 60, attempts=9, error="Long ago")
    assert matters(people["Finance"]) == []
    delivery(4, minutes=1, attempts=3, error="There is no such payment.")
    assert only(people["Finance"]) == Matter(
        "negative",
        "1 message of a payment provider could not be processed.",
        "See why",
        "desk-webhooks",
        query="state=failing",
    )
    delivery(5, minutes=11)  # nobody has looked at it at all
    assert only(people["Finance"]).text == "2 messages of payment providers could not be processed."
    assert told(people, "desk-webhooks") == {"Super Admin", "Finance"}


def test_the_list_shows_the_messages_that_it_tells_of(people, client):
    for number, minutes in ((1, 1), (2, 11)):
        delivery(number, minutes=minutes, attempts=1, error="x")
    log_in(client, people["Finance"])
    page = client.get(f"/command-center/webhooks/?{only(people['Finance']).query}")
    assert [row.object.delivery_id for row in page.context["table_rows"]] == ["evt_2"]


def test_messages_that_nobody_signed_ask_for_the_secret(people):
    unsigned = {"attempts": 1, "error": "The signature is missing, wrong or too old."}
    for number, minutes in enumerate((60, 25 * 60)):  # the older one is not talked about any more
        made = WebhookDelivery.objects.create(provider="stripe", delivery_id=f"unsigned:{number}", body={}, **unsigned)
        WebhookDelivery.objects.filter(pk=made.pk).update(received_at=timezone.now() - timedelta(minutes=minutes))
    found = only(people["Finance"])
    assert found.text == "1 payment message had a wrong signature today. Is the signing secret right?"
    assert (found.tone, found.query) == ("caution", "state=unsigned")


@pytest.mark.parametrize(
    ("is_open", "what"),
    [
        (False, "Its payment page is closed here, so nobody can pay."),
        (True, "Anybody can say that they have paid: no real money is taken."),
    ],
)
def test_production_that_takes_no_money_tells_the_administrators(people, settings, is_open, what):
    settings.PRODUCTION, settings.EVENTIFY_SANDBOX_PAYMENTS = True, is_open
    found = only(people["Super Admin"])
    assert (found.tone, found.text) == ("negative", f"Payments are in sandbox mode. {what}")
    assert told(people, "desk-webhooks") == {"Super Admin"}
    settings.EVENTIFY_PAYMENT_PROVIDER = "stripe"
    assert matters(people["Super Admin"]) == []


def test_the_people_of_a_partner_hear_what_it_lacks():
    partner, user, plain = PartnerFactory(name="Blue Hall"), UserFactory(), UserFactory()
    members.add(partner, user, "org_admin", by=None)
    members.add(partner, plain, "org_member", by=None)
    members.add(PartnerFactory(name="Not mine"), user, "org_member", by=None)
    found = only(user)
    assert found.text.startswith("Blue Hall cannot be paid yet. ") and found.args == (partner.slug,)
    assert matters(plain) == []
    Partner.objects.filter(pk=partner.pk).update(status="Suspended", status_reason="Complaints.")
    assert [one.tone for one in matters(user)] == ["negative", "caution"]
    assert matters(user)[0].text == "Blue Hall is suspended: Complaints."


def test_the_people_of_a_partner_that_lacks_nothing_hear_nothing():
    partner, user = payable_partner(contact_email="x@example.com"), UserFactory()
    partner.contacts.create(name="Ann", email="ann@example.com", is_primary=True)
    members.add(partner, user, "org_admin", by=None)
    assert matters(user) == []


def test_the_worst_first_and_each_with_a_page(people):
    payouts.create(partners=[rich_partner()], by=people["Finance"])
    paper(PartnerFactory(), "PAN", status="Pending")
    OutgoingMail.objects.create(to="x@example.com", template="tickets", attempts=MOST_ATTEMPTS)
    found = matters(people["Super Admin"])
    assert [one.tone for one in found] == ["negative", "caution", "information"]
    assert all(reverse(one.page, args=one.args) and one.act for one in found)


def test_as_many_queries_whatever_waits(people):
    def cost() -> int:
        user = User.objects.get(pk=people["Super Admin"].pk)
        with CaptureQueriesContext(connection) as counted:
            attention.for_user(user)
        return len(counted)

    costs = []
    for _number in range(3):
        paper(payable_partner(), "PAN", status="Pending", expires_on=None)
        payouts.create(partners=[rich_partner()], by=people["Finance"])
        approved(rich_partner()).payouts.update(status=Payout.Status.FAILED)
        FsckRun.objects.create(finished_at=timezone.now() - timedelta(hours=4), breaches=1)
        costs.append(cost())
    assert max(costs) <= 22 and costs[1] == costs[2], costs


def test_a_planner_is_told_of_their_own_crews_alone(people):
    event, foreign = (crew_scenes.event_with(partner=PartnerFactory()) for _number in range(2))
    planner = UserFactory()
    members.add(event.partner, planner, "crew_coordinator", by=None)
    assert matters(planner) == []
    for place in (event, foreign):
        person = crew_scenes.volunteer(place, waits=True)
        assignments.claim(crew_scenes.shift_at(place), person, by=person.user)
        account = UserFactory()
        persons.create(place, by=None, crowd_type=person.crowd_type, name="Jan", email=account.email)
    assert matters(planner) == [
        Matter("caution", "1 claim of a shift waits.", "Look and decide", "desk-crew"),
        Matter("caution", "1 person waits to join a crew.", "Look and decide", "desk-crew"),
        Matter("information", "1 identity match waits.", "Compare", "desk-crew-matches"),
    ]
    assert told(people, "desk-crew") == set()
