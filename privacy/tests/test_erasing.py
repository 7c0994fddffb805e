"""Erasure: what says who somebody is goes, the books stay as they are, and nothing is open that needs the person."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import audit_chain, bans, closing, mail, roles, sessions, signup
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Notification, OutgoingMail, Role, Session, User
from analytics import fsck
from bookings import resales, tickets, transfers
from bookings.door import devices
from bookings.models import Device, Order, Payment, Refund, Ticket, WebhookDelivery
from bookings.papers import invoices
from bookings.tests.scenes import book, buy, decide, hear, pay, scene, wait
from crew.models import Person
from crew.tests.scenes import volunteer
from eventify.lib.errors import Conflict, Forbidden
from eventify.lib.ids import to_ulid
from partners import members
from partners.factories import PartnerFactory
from partners.models import Contact, PayoutBatch
from privacy import copies, erasing
from privacy.tests import lives

pytestmark = pytest.mark.django_db


def broken() -> dict[str, list[str]]:
    """What the check of everything finds."""
    return {result.check: result.sentences for result in fsck.look() if result.breaches}


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_who_they_are_goes_and_the_books_stay():
    user = lives.a_life()
    assert broken() == {}
    before = lives.books()
    assert lives.where_named() >= {"accounts_user", "bookings_order", "bookings_ticket", "crew_person", *lives.KEPT}
    done = erasing.erase(fresh(user), by=fresh(user))
    assert done["bookings.Order"] == 2 and done["crew.Person"] == 2
    assert lives.where_named() == set(lives.KEPT)
    assert lives.books() == before
    assert broken() == {}
    audit_chain.verify()


def test_the_row_stays_under_a_pseudonym():
    user = lives.a_life()
    erasing.erase(user, by=user)
    row = fresh(user)
    assert (row.email, row.full_name) == (f"erased-{user.uid.hex}@erased.invalid", "")
    assert (row.phone, row.place, row.latitude, row.email_confirmed_at) == (None, "", None, None)
    assert row.is_erased and not row.is_active and not row.has_usable_password()
    assert row.groups.count() == row.memberships.count() == row.totpdevice_set.count() == 0
    order = Order.objects.get(user=user)
    assert (order.buyer_name, order.buyer_email, order.company, order.total_amount) == ("", "", "", 60)
    assert set(Ticket.objects.values_list("attendee_name", "attendee_email")) == {("", "")}
    persons = Person.objects.values_list("name", "email", "phone", "notes")
    assert set(persons) == {("(erased)", "", "", "")}
    heard = WebhookDelivery.objects.get(body__payment=str(order.payments.get().uid))
    assert (bytes(heard.raw_body), heard.headers, heard.processed_at is None) == (b"", {}, False)


def test_what_others_did_and_are_stays():
    other = UserFactory(full_name="Other Person", email_confirmed_at=timezone.now())
    event, kind = scene(price=5)
    order = pay(buy(other, kind))
    Order.objects.filter(pk=order.pk).update(buyer_name="Other Person", buyer_email=other.email)
    session, token = sessions.start(other)
    user = lives.a_life()
    erasing.erase(user, by=user)
    order.refresh_from_db()
    assert (order.buyer_name, order.buyer_email) == ("Other Person", other.email)
    assert sessions.find(token) == session and fresh(other).full_name == "Other Person"


def test_what_others_own_stays_theirs_though_the_address_stands_on_it():
    friend = UserFactory(full_name="Friend")
    event, kind = scene()
    order = buy(friend, kind)
    Order.objects.filter(pk=order.pk).update(buyer_name="For Q", buyer_email=lives.EMAIL)
    order.tickets.update(attendee_name=lives.NAME, attendee_email=lives.EMAIL)
    part = volunteer(scene()[0], user=friend, name="Friend", email=lives.EMAIL)
    user = lives.somebody()
    assert list(erasing.in_the_way(user)) == []
    erasing.erase(user, by=user)
    order.refresh_from_db(), part.refresh_from_db()
    assert (order.buyer_name, order.buyer_email) == ("For Q", lives.EMAIL)
    assert (part.name, part.email) == ("Friend", lives.EMAIL)
    ticket = order.tickets.get()
    assert (ticket.status, ticket.attendee_name, ticket.attendee_email) == ("valid", "", "")  # only the name was theirs


def test_an_address_that_was_never_confirmed_makes_nothing_theirs():
    mine = UserFactory(email=lives.EMAIL)  # signed up with somebody else's address
    guest = UserFactory(is_guest=True, is_active=False)
    order = buy(guest, scene()[1])
    Order.objects.filter(pk=order.pk).update(buyer_name=lives.NAME, buyer_email=lives.EMAIL)
    person = volunteer(scene()[0], user=None, name=lives.NAME, email=lives.EMAIL)
    erasing.erase(mine, by=mine)
    assert Order.objects.get(pk=order.pk).buyer_name == lives.NAME
    assert Person.objects.get(pk=person.pk).name == lives.NAME


def test_again_changes_nothing():
    user = lives.a_life()
    erasing.erase(user, by=user)
    row, lines = User.objects.filter(pk=user.pk).values().get(), AuditLog.objects.count()
    assert erasing.erase(fresh(user), by=fresh(user)) == {}
    assert User.objects.filter(pk=user.pk).values().get() == row and AuditLog.objects.count() == lines


def test_the_audit_log_says_that_it_was_done_under_the_pseudonym():
    user, boss = lives.a_life(), SuperAdminFactory()
    erasing.erase(user, by=boss, reason="Asked by letter")
    line = AuditLog.objects.get(action="ERASED_PERSON")
    assert (line.actor, line.target_uid, line.target_label) == (boss, user.uid, fresh(user).email)
    assert line.details == {"reason": "Asked by letter"}


def test_one_last_mail_goes_to_the_old_address():
    user = lives.a_life()
    erasing.erase(user, by=user)
    last = OutgoingMail.objects.get(to=lives.EMAIL)
    assert last.template == "account_erased" and not Notification.objects.filter(recipient=user).exists()


def test_a_mail_that_is_owed_about_the_account_is_not_sent_any_more():
    user = lives.somebody(email_confirmed_at=None)
    mail.queue("tickets", lives.EMAIL, order="1")  # a guest's, perhaps: nobody has proved that it is this person
    copies.request(user, by=user)
    copies.make()
    erasing.erase(fresh(user), by=fresh(user))
    owed = OutgoingMail.objects.filter(to=lives.EMAIL).order_by("pk").values_list("template", flat=True)
    assert list(owed) == ["tickets", "account_erased"]


def test_somebody_else_needs_the_permission():
    user = lives.somebody()
    support = roles.assign(UserFactory(), Role.objects.get(name="Support"), by=None)
    with pytest.raises(Forbidden):
        erasing.erase(user, by=support)
    assert not fresh(user).is_erased


def test_the_address_is_free_again_and_nobody_is_taken_for_who_was_erased():
    user = lives.a_life()
    erasing.erase(user, by=user)
    again = signup.register(email=lives.EMAIL, password="another-Secret-1", full_name="New")
    assert again.pk != user.pk and not again.orders.exists() and not again.crew_persons.exists()


def test_nobody_lets_an_erased_person_in_again():
    user, boss = lives.somebody(), SuperAdminFactory()
    bans.ban(user, reason="spam", by=boss)
    erasing.erase(user, by=boss, reason="Asked by letter")
    for act in (lambda: closing.set_open(fresh(user), True, by=boss), lambda: bans.unban(fresh(user), by=boss)):
        with pytest.raises(Conflict):
            act()
    assert broken().keys() <= {"roles of staff"}  # the factory's Super Admin has no role


# --- Dead at once ---------------------------------------------------------------------------------------


def test_every_token_is_dead_on_every_contract(client):
    user = lives.somebody()
    partner = PartnerFactory()
    for member in (UserFactory(), user):
        members.add(partner, member, "org_admin", by=None)
    session, access = sessions.start(user)
    refresh, device = sessions.refresh_token(session), sessions.new_device_token(user)
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {access}"}
    mine = {
        "/api/v1/auth/me": bearer,  # contract 000
        "/api/orders": bearer,  # contract 001
        "/me/bookings": bearer,  # contract 002
        f"/api/v1/organisations/{to_ulid(partner.uid)}": bearer,  # contract 004
    }

    def answers() -> list[int]:
        body = {"token": device, "username": "quetzal"}  # contract 003
        posted = client.post("/api/events/type-list", body, content_type="application/json")
        return [posted.status_code, *(client.get(path, **headers).status_code for path, headers in mine.items())]

    assert answers() == [200] * 5
    erasing.erase(user, by=user)
    assert answers() == [401] * 5
    assert sessions.find(access) is None and sessions.find_device_token(device) is None
    with pytest.raises(sessions.TokenRefused):
        sessions.refresh(refresh)
    assert not Session.objects.filter(user=user).exists()


def test_a_log_in_is_refused_as_of_somebody_unknown():
    user = lives.somebody()
    erasing.erase(user, by=user)
    refusals = set()
    for name in (lives.EMAIL, "quetzal", lives.PHONE, fresh(user).email, "nobody@example.com"):
        with pytest.raises(sessions.WrongCredentials) as refusal:
            sessions.check_credentials(name, "secret")
        refusals.add((type(refusal.value), str(refusal.value.message)))
    assert len(refusals) == 1


def test_the_phone_that_they_enrolled_scans_no_more():
    user = lives.somebody()
    event, _kind = scene()
    device = Device.objects.create(
        event=event, name="Quetzal's phone", enrolled_by=user, enrolment_hash="e", token_hash=devices.hashed("t"),
        enrolment_expires_at=timezone.now(), enrolled_at=timezone.now(),
    )  # fmt: skip
    erasing.erase(user, by=user)
    device.refresh_from_db()
    assert device.revoked_at and device.name == "-"
    with pytest.raises(devices.NotEnrolled):
        devices.of("t")


# --- What is in the way ---------------------------------------------------------------------------------


def _unpaid(user):
    buy(user, scene(price=5)[1])


def _unsettled(user):
    order = buy(user, scene(price=5)[1])
    Order.objects.filter(pk=order.pk).update(status="cancelled", cancelled_at=timezone.now())


def _refund_on_its_way(user):
    event, kind = scene(price=5)
    order = pay(buy(user, kind))
    invoices.issue_for(order)
    lives.over(event)
    refund = Refund.objects.create(payment=order.payments.get(), amount=1)
    User.objects.filter(pk=user.pk).update(total_spent=4)
    Refund.objects.filter(pk=refund.pk).update(created_at=timezone.now() - timedelta(days=900))


def _no_invoice_yet(user):
    event, kind = scene(price=5)
    pay(buy(user, kind))
    lives.over(event)


def _waits(user):
    event, _kind = scene(capacity=1)
    book(event, UserFactory())
    wait(event, user)


def _passes_on(user):
    event, _kind = scene()
    transfers.offer(book(event, user).order.tickets.get(), "friend@example.com", by=user)
    lives.over(event)


def _gives_back(user):
    event, kind = scene(capacity=1, price=5)
    mine = pay(buy(user, kind))
    invoices.issue_for(mine)
    wait(event, UserFactory())
    resales.offer(mine.tickets.get(), by=user)
    lives.over(event)


def _last_administrator(user):
    members.add(PartnerFactory(name="Blue Hall"), user, "org_admin", by=None)


def _main_contact(user):
    Contact.objects.create(partner=PartnerFactory(name="Blue Hall"), name="Q", email=lives.EMAIL, is_primary=True)


def _staff(user):
    roles.assign(user, Role.objects.get(name="Support"), by=None)


IN_THE_WAY = [
    (_unpaid, "An order waits to be paid. Pay or cancel it first."),
    (_unsettled, "A payment is not settled yet. Its provider is asked within minutes; try again a little later."),
    (_refund_on_its_way, "Money is on its way back. Wait until the refund has arrived."),
    (_no_invoice_yet, "An invoice is being written. Try again in some minutes."),
    (lambda user: book(scene()[0], user, 1),
     "There is 1 ticket for an event that is still to come. Cancel it, pass it on, or wait until then."),
    (lambda user: book(scene(starts_at=None, ends_at=None)[0], user, 2),
     "There are 2 tickets for events that are still to come. Cancel them, pass them on, or wait until then."),
    (_waits, "There is a place on a waitlist. Leave the waitlist first."),
    (_passes_on, "A ticket is on its way to somebody. Wait until it is accepted, or take it back first."),
    (_gives_back, "A ticket was given back to the queue and is not sold yet. Take it back first."),
    (lambda user: volunteer(scene(name="Spring")[0], user=user),
     "There is a part in the crew of Spring. Withdraw from it first, or ask its organisers."),
    (_last_administrator, "Blue Hall has no other administrator. Make somebody else one first."),
    (_main_contact, "Blue Hall names this address as its main contact. Name another one first."),
    (lambda user: PayoutBatch.objects.create(provider="sandbox", created_by=user),
     "Payouts that this account prepared wait for a decision. Approve or discard them first."),
    (_staff, "This is an account of staff. Its role has to be taken away first (Team, in the command center)."),
]  # fmt: skip


@pytest.mark.parametrize(("make", "sentence"), IN_THE_WAY, ids=lambda one: getattr(one, "__name__", "")[:30])
def test_what_is_open_is_in_the_way(make, sentence):
    user = lives.somebody()
    assert list(erasing.in_the_way(user)) == []
    make(user)
    user = fresh(user)
    assert list(erasing.in_the_way(user)) == [sentence]
    boss = SuperAdminFactory()
    for by in (user, boss):
        with pytest.raises(erasing.InTheWay) as refusal:
            erasing.erase(user, by=by)
        assert refusal.value.details == {"sentences": [sentence]}
    assert fresh(user).email == lives.EMAIL and not AuditLog.objects.filter(action="ERASED_PERSON").exists()


def test_money_that_comes_after_the_erasure_goes_back():
    user = lives.somebody()
    order = buy(user, scene(price=5)[1])
    payment = decide(order)
    Order.objects.filter(pk=order.pk).update(status="cancelled", has_expired=True, cancelled_at=timezone.now())
    order.bookings.update(status="cancelled", cancelled_at=timezone.now())
    Payment.objects.update(status="failed")
    erasing.erase(user, by=user)
    hear(payment)
    assert Refund.objects.get().amount == 5 and not tickets.Ticket.objects.filter(user=user).exists()


def test_a_copy_that_is_there_goes_along(django_capture_on_commit_callbacks):
    user = lives.somebody()
    copy = copies.request(user, by=user)
    assert copies.make() == 1
    copy.refresh_from_db()
    assert copy.file.storage.exists(copy.file.name)
    with django_capture_on_commit_callbacks(execute=True):
        erasing.erase(user, by=user)
    assert not copy.file.storage.exists(copy.file.name) and not user.data_copies.exists()
