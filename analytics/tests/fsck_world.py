"""A world in which everything holds and every check has something to look at, and how to break each check by hand."""

from typing import NamedTuple

from django.utils import timezone

from accounts import audit, bans, sessions
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import Role, User
from accounts.permissions import SUPER_ADMIN
from analytics import tally
from bookings import cancelling, checkin, promos, resales, transfers
from bookings.models import MassRefund
from bookings.papers import invoices
from bookings.tests.books_world import every_kind
from bookings.tests.doors import device_of, doubled, tickets_of
from bookings.tests.rooms import a_room, begin, come
from bookings.tests.scenes import book, buy, pay, people, scene, wait
from crew.models import CrowdList
from eventify.tests.page_world import more_crew
from events.factories import EventFactory
from events.models import Event
from partners import members
from partners.factories import PartnerFactory
from partners.models import Member, PayoutBatch
from privacy import erasing


class Break(NamedTuple):
    """SQL that breaks one check by hand, and the checks that see the same damage from another side."""

    check: str
    sql: tuple[str, ...]
    also: frozenset[str] = frozenset()


def make() -> None:
    """The world; what is counted beforehand was counted in the middle of it."""
    every_kind()
    _queues()
    _sales()
    tally.catch_up()
    _door()
    _people()
    _crew()
    for boss in User.objects.filter(is_superuser=True):  # the factory leaves the role out
        boss.groups.add(Role.objects.get(name=SUPER_ADMIN))
    book(scene()[0], UserFactory())  # too new to be counted


def _queues() -> None:
    """Two parties that wait at a full event; a ticket that its holder gave back, held for who waits; a waiting room."""
    full, kind = scene(capacity=2, name="Full")
    buy(UserFactory(), kind, qty=2)
    wait(full, UserFactory()), wait(full, UserFactory())
    priced, kind = scene(capacity=1, price=10, partner=PartnerFactory(fee_percent=10), name="Given back")
    ticket = pay(buy(UserFactory(), kind)).tickets.get()
    wait(priced, UserFactory())
    resales.offer(ticket, by=ticket.user)
    room, _kind = a_room(max_inside=1)
    come(room, 3)
    begin(room)


def _sales() -> None:
    """Seats, a code, keys, an order that waits to be paid, a ticket on its way, one that was cancelled, invoices."""
    seated, kind = scene(capacity=4, seating=Event.Seating.AUTOMATIC, name="Seated")
    book(seated, UserFactory(), 2, key="twice")
    event, kind = scene(price=20, partner=PartnerFactory(fee_percent=10), name="Priced")
    promos.create(event, by=None, code="HALF", percent_off=50)
    buy(UserFactory(), kind, promo="HALF", key="once")
    invoices.issue_for(pay(buy(UserFactory(), kind)))
    ticket, gone = tickets_of(2, name="Passed on")
    transfers.offer(ticket, "friend@example.com", by=ticket.user)
    cancelling.cancel_tickets(gone.order, [gone], by=gone.user)


def _door() -> None:
    """A ticket let in at the desk, one let in twice by two phones, and everybody's money back at another event."""
    desk, twice = tickets_of(2, name="Door")
    checkin.admit(desk.ticket_code, by=None, gate="Desk", event=desk.event)
    doubled(twice, device_of(twice.event, "North"), device_of(twice.event, "South"))
    MassRefund.objects.create(
        event=twice.event, reason="Rain", requested_by=UserFactory(), newest_booking=0, finished_at=timezone.now()
    )


def _people() -> None:
    """Somebody who is banned, a member, a family of events, and payouts that were approved under a key."""
    boss, spammer = SuperAdminFactory(), UserFactory()
    sessions.start(spammer)
    bans.ban(spammer, reason="spam", by=boss)
    erasing.erase(UserFactory(), by=boss, reason="Asked by letter")
    partner = PartnerFactory()
    members.add(partner, UserFactory(), Member.Role.MEMBER, by=boss)
    festival = EventFactory(kind=Event.Kind.FESTIVAL, partner=partner)
    EventFactory(parent=festival, partner=partner)
    batch = PayoutBatch.objects.get(status="paid")
    PayoutBatch.objects.filter(pk=batch.pk).update(
        idempotency_key="k", fingerprint="f", approved_by=boss, approved_at=timezone.now()
    )
    audit.record("APPROVED_PAYOUTS", batch, by=boss)


def _crew() -> None:
    more_crew(EventFactory(), "Quokka", people(1)[0])
    CrowdList.objects.update(max_persons=1)


def _breaks(check: str, *sql: str, also: str = "") -> Break:
    return Break(check, sql, frozenset(also.split("; ") if also else ()))


_OLD = "now() - interval '30 days'"
_EVENT = "(SELECT id FROM events_event WHERE name = '{}')"
_FULL, _SEATED, _DOOR = _EVENT.format("Full"), _EVENT.format("Seated"), _EVENT.format("Door")
_QUIET = f"UPDATE bookings_booking SET updated_at = {_OLD}"
_NEWEST = "id = (SELECT max(id) FROM {})"

BREAKS = (
    # Places and seats
    _breaks("places of events", f"UPDATE events_event SET waitlisted_count = 9 WHERE id = {_SEATED}"),
    _breaks("places of events", f"UPDATE events_event SET booked_count = 1 WHERE id = {_SEATED}"),
    _breaks("places of ticket types", f"UPDATE bookings_tickettype SET quantity_sold = 1 WHERE event_id = {_SEATED}"),
    _breaks("places of promo codes", "UPDATE bookings_promocode SET used_places = 9"),
    _breaks(
        "nothing is oversold",
        "ALTER TABLE events_event DROP CONSTRAINT event_not_oversold",
        f"UPDATE events_event SET capacity = 1 WHERE id = {_SEATED}",
    ),
    _breaks("prices before a code", f"UPDATE bookings_booking SET list_price = 1 WHERE event_id = {_SEATED}"),
    _breaks("starts of ticket types", f"UPDATE bookings_tickettype SET event_starts_at = {_OLD}"),
    _breaks("seats that are taken", "UPDATE bookings_seat SET label = 'Z-9' WHERE label = 'A-1'"),
    _breaks("seats of bookings", f"UPDATE bookings_booking SET seat_labels = '[]' WHERE event_id = {_SEATED}",
            also="seats that are taken"),
    _breaks("companion seats", "UPDATE bookings_seat SET kind = 'companion' WHERE label = 'A-4'"),
    _breaks("areas of seats", f"UPDATE bookings_tickettype SET area = 'Balcony' WHERE event_id = {_SEATED}"),
    _breaks("tickets of bookings", f"DELETE FROM bookings_ticket WHERE {_NEWEST.format('bookings_ticket')}"),
    _breaks(
        "seats of tickets",
        "UPDATE bookings_ticket SET seat_id = (SELECT id FROM bookings_seat WHERE label = 'A-4') WHERE seat_id = "
        "(SELECT id FROM bookings_seat WHERE label = 'A-1')",
    ),
    _breaks("cancelled tickets",
            "UPDATE bookings_ticket SET used_at = now() WHERE status = 'cancelled' AND seat_id IS NULL"),
    # Idempotency keys
    _breaks("keys of bookings", "UPDATE bookings_booking SET fingerprint = '' WHERE idempotency_key <> ''"),
    _breaks(
        "keys of bookings",
        "DROP INDEX booking_once_per_key",
        f"UPDATE bookings_booking b SET idempotency_key = 'again', fingerprint = 'x', user_id = ("
        f"SELECT max(user_id) FROM bookings_booking WHERE event_id = {_FULL}) "
        f"WHERE b.status = 'waitlisted' AND event_id = {_FULL}",
    ),
    _breaks("keys of orders", "UPDATE bookings_order SET fingerprint = '' WHERE idempotency_key <> ''"),
    # Waitlist
    _breaks("free places and who waits", f"UPDATE events_event SET capacity = 9 WHERE id = {_FULL}", _QUIET),
    _breaks(
        "offered tickets and who waits",
        "INSERT INTO bookings_resale (uid, created_at, updated_at, ticket_id, seller_id, event_id, ticket_type_id, "
        "price, status) SELECT gen_random_uuid(), now(), now(), id, user_id, event_id, ticket_type_id, 0, 'offered' "
        f"FROM bookings_ticket WHERE event_id = {_FULL} LIMIT 1",
        _QUIET,
    ),
    _breaks("order of joining", "UPDATE bookings_booking SET id = -id WHERE status = 'waitlisted'"),
    _breaks("tickets given back", "UPDATE bookings_resale SET price = price + 1 WHERE status = 'held'"),
    _breaks("tickets given back", "UPDATE bookings_resale SET status = 'sold' WHERE status = 'held'",
            also="places of events; places of ticket types; nothing is oversold"),
    _breaks(
        "tickets held for buyers",
        "UPDATE bookings_booking SET qty = 2 WHERE id IN (SELECT buyer_booking_id FROM bookings_resale)",
        "UPDATE bookings_payment SET amount = 20 WHERE order_id IN (SELECT order_id FROM bookings_booking WHERE id IN "
        "(SELECT buyer_booking_id FROM bookings_resale))",
        "UPDATE bookings_order SET total_amount = 20 WHERE id IN (SELECT order_id FROM bookings_booking WHERE id IN "
        "(SELECT buyer_booking_id FROM bookings_resale))",
    ),
    _breaks("tickets passed on", "UPDATE bookings_tickettransfer SET recipient_id = sender_id"),
    # Orders and payments
    _breaks(
        "orders and their bookings",
        "UPDATE bookings_order SET status = 'cancelled' WHERE id = (SELECT max(order_id) FROM bookings_booking)",
    ),
    _breaks(
        "totals of orders",
        "UPDATE bookings_payment SET amount = 99 WHERE status = 'open'",
        "UPDATE bookings_order SET total_amount = 99 WHERE status = 'pending'",
    ),
    _breaks(
        "orders paid once",
        "UPDATE bookings_order SET payment_transaction_id = 'another' "
        "WHERE id = (SELECT order_id FROM bookings_invoice LIMIT 1)",
        also="payments in vain; missing lines; lines without a fact; orders paid",
    ),
    _breaks("payments of orders", "UPDATE bookings_payment SET amount = 99 WHERE status = 'open'"),
    _breaks("providers of payments", "UPDATE bookings_payment SET provider = 'paypal' WHERE status = 'open'"),
    _breaks(
        "payments in vain",
        "DELETE FROM bookings_refund WHERE reason LIKE 'paid twice%'",
        also="spent by people; lines without a fact; refunds",
    ),
    _breaks("bookings that were split", "UPDATE bookings_booking SET tax_rate = 9 WHERE split_from_id IS NOT NULL"),
    _breaks("money that was not paid", f"UPDATE bookings_booking SET is_forfeited = true WHERE event_id = {_SEATED}",
            also="money given"),
    _breaks("numbers of invoices", "UPDATE bookings_invoiceseries SET last_number = last_number + 1"),
    _breaks("spent by people", "UPDATE accounts_user SET total_spent = total_spent + 1"),
    # Door
    _breaks("admissions", "UPDATE bookings_ticket SET used_gate = 'Nowhere' WHERE used_gate = 'Desk'"),
    _breaks("admissions", "UPDATE bookings_scan SET undone_at = now() WHERE gate = 'Desk'"),
    _breaks("double admissions", "DELETE FROM bookings_doubleadmission"),
    _breaks("double admissions", "UPDATE bookings_doubleadmission SET settled_at = now(), settled_scans = '[]'"),
    _breaks("scans at the right door", f"UPDATE bookings_scan SET event_id = {_FULL} WHERE gate = 'Desk'"),
    _breaks("codes that were not good", "UPDATE bookings_scan SET was_let_in = true"),
    _breaks("dead codes", f"UPDATE bookings_revokedcode SET event_id = {_FULL}"),
    _breaks(
        "dead codes",
        "INSERT INTO bookings_revokedcode (event_id, ticket_id, at, code_hash) SELECT event_id, id, now(), "
        f"encode(sha256(convert_to(ticket_code, 'UTF8')), 'hex') FROM bookings_ticket WHERE event_id = {_DOOR}",
    ),
    # Ledger
    _breaks("balanced", "UPDATE partners_entry SET debit = debit + 1 WHERE debit > 0",
            also="whole ledger; seals; balances; missing lines; lines without a fact; fees; refunds; tallies"),
    _breaks("whole ledger", "UPDATE partners_entry SET debit = debit + 1 WHERE debit > 0",
            also="balanced; seals; balances; missing lines; lines without a fact; fees; refunds; tallies"),
    _breaks("entries belong", "UPDATE partners_entry SET transfer_id = -1 WHERE account = 'cash'",
            also="balanced; seals; missing lines"),
    _breaks("seals", "UPDATE partners_transfer SET note = note || ' x' WHERE kind = 'refund'"),
    _breaks("row numbers", "UPDATE partners_balance SET id = 1000000 + id"),
    _breaks("balances", "UPDATE partners_balance SET amount = amount + 1"),
    _breaks("missing lines", "UPDATE partners_transfer SET kind = 'sale' WHERE kind = 'refund_sent'",
            also="seals; lines without a fact"),
    _breaks("lines without a fact", "UPDATE partners_transfer SET key = 'x' || key WHERE kind = 'refund_sent'",
            also="seals; missing lines"),
    _breaks("fees", "UPDATE partners_transfer SET kind = 'fee' WHERE kind = 'refund_sent'",
            also="seals; missing lines"),
    _breaks("orders paid", "UPDATE bookings_order SET paid_at = NULL WHERE total_amount > 0",
            also="missing lines; lines without a fact; payments in vain; money that was not paid"),
    _breaks("refunds", "UPDATE bookings_refund SET amount = amount + 1 WHERE status = 'requested'",
            also="spent by people"),
    _breaks("money given", "UPDATE bookings_refund SET shares = '{}' WHERE shares <> '{}'",
            also="lines without a fact"),
    _breaks("refunds within payments", "UPDATE bookings_refund SET amount = amount + 9999",
            also="missing lines; lines without a fact; refunds; money given; spent by people"),
    _breaks("never negative", "UPDATE partners_entry SET account = 'cash' WHERE account = 'platform_fees' "
            "AND credit > 0", also="fees; seals"),
    # Partners and payouts
    _breaks("rights of members", "DELETE FROM guardian_userobjectpermission WHERE id = (SELECT max(id) FROM "
            "guardian_userobjectpermission)"),
    _breaks("rights of members", "DELETE FROM partners_member"),
    _breaks("accounts that are paid", "UPDATE partners_payout p SET bank_account_id = (SELECT min(id) FROM "
            "partners_bankaccount a WHERE a.partner_id <> p.partner_id)"),
    _breaks("payouts in their batch", "UPDATE partners_payoutbatch SET status = 'draft' WHERE status = 'paid'"),
    _breaks("approvals in the audit log", "UPDATE partners_payoutbatch SET approved_by_id = created_by_id"),
    _breaks("payouts that are unknown", f"UPDATE partners_payout SET sent_at = {_OLD}"),
    _breaks("keys of payouts", "UPDATE partners_payoutbatch SET fingerprint = ''"),
    # Whose rows they are
    _breaks("rows of one event", f"UPDATE bookings_device SET event_id = {_FULL}"),
    _breaks(
        "buyers of bookings",
        f"UPDATE bookings_booking SET user_id = (SELECT max(id) FROM accounts_user) WHERE event_id = {_SEATED}",
    ),
    _breaks(
        "bookings of tickets",
        "UPDATE bookings_ticket SET ticket_type_id = (SELECT min(id) FROM bookings_tickettype) "
        f"WHERE event_id = {_SEATED}",
    ),
    _breaks("sellers on invoices", "UPDATE bookings_invoiceseries SET partner_id = -id"),
    _breaks("families of events", "UPDATE events_event SET kind = 'event' WHERE kind = 'festival'"),
    # Accounts and audit log
    _breaks("audit log", "UPDATE accounts_auditlog SET details = '{}' WHERE action = 'CREATED_PROMO_CODE'"),
    _breaks("audit log", "DELETE FROM accounts_auditlog WHERE action = 'CREATED_PROMO_CODE'"),
    _breaks("bans in the audit log", "UPDATE accounts_user SET banned_at = now() WHERE id = (SELECT max(id) FROM "
            "accounts_user)"),
    _breaks("sessions of the banned", "UPDATE accounts_session SET ended_at = NULL"),
    _breaks("erased people", "UPDATE accounts_user SET full_name = 'Asha' WHERE erased_at IS NOT NULL"),
    _breaks("roles of staff", "UPDATE accounts_user SET is_superuser = true"),
    _breaks("mails that are owed", f"UPDATE accounts_outgoingmail SET sent_at = NULL, next_attempt_at = {_OLD}"),
    # Crew
    _breaks("places of shifts", "UPDATE crew_shift SET claimed_slots = 9"),
    _breaks("places of shifts", "UPDATE crew_shift SET status = 'full', slots_total = 9"),
    _breaks("people of dead shifts", "UPDATE crew_shift SET deleted_at = now()"),
    _breaks("people on lists", "UPDATE crew_crowdlist SET max_persons = 0"),
    _breaks("rows of one organisation",
            "UPDATE crew_crowdtype SET partner_id = (SELECT max(id) FROM partners_partner)"),
    # Waiting rooms
    _breaks("events behind waiting rooms", f"UPDATE events_event SET has_waiting_room = true WHERE id = {_FULL}"),
    _breaks("events behind waiting rooms", f"UPDATE bookings_waitingroom SET ended_at = {_OLD}"),
    _breaks("people inside waiting rooms", f"UPDATE bookings_waitingroom SET max_inside = 0, limited_at = {_OLD}"),
    _breaks("numbers of a draw", "UPDATE bookings_waitingroom SET entry_count = entry_count + 1"),
    _breaks("order of waiting rooms", "UPDATE bookings_waitingroom SET head = 0"),
    _breaks("seeds and lists of draws", "UPDATE bookings_waitingroom SET seed = repeat('ab', 32)"),
    # Work that is owed
    _breaks("waiting rooms", f"UPDATE bookings_waitingroom SET drawn_at = NULL, opens_at = {_OLD}, draw_at = {_OLD}"),
    _breaks("admissions that ran out", f"UPDATE bookings_roomentry SET expires_at = {_OLD} WHERE status = 'inside'"),
    _breaks("holds that ran out", f"UPDATE bookings_order SET expires_at = {_OLD} WHERE status = 'pending'"),
    _breaks("refunds that are owed", f"UPDATE bookings_refund SET updated_at = {_OLD}"),
    _breaks(
        "messages of providers",
        f"UPDATE bookings_webhookdelivery SET processed_at = NULL, attempts = 0, received_at = {_OLD}",
    ),
    _breaks(
        "events that were called off",
        f"UPDATE events_event SET state = 'cancelled', updated_at = {_OLD} WHERE id = {_SEATED}",
    ),
    _breaks("refunds of whole events", f"UPDATE bookings_massrefund SET finished_at = NULL, created_at = {_OLD}"),
    _breaks("tallies", "UPDATE analytics_tally SET number = number + 1"),
    _breaks("tallies", "DELETE FROM analytics_tally WHERE what = 'ledger'"),
)  # fmt: skip
