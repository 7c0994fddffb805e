"""What is done with orders, money, tickets and offers: each a world, the work in it, and what is true at its end."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from django.utils import timezone

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import OutgoingMail
from bookings import (
    buyers,
    calling_off,
    cancelling,
    carts,
    checkout,
    guests,
    lost_pages,
    orders,
    payments,
    promos,
    refunds,
    resales,
    transfers,
    webhooks,
)
from bookings.models import Booking, Invoice, Order, Payment, Refund, Resale, SandboxCharge, Ticket, TicketTransfer
from bookings.papers import invoices
from bookings.providers.base import RefundReport
from bookings.tests.scenes import buy, charge_of, decide, hear, pay, people, scene, settled, wait, webhook
from events.models import Event
from partners.factories import PartnerFactory


class Story(NamedTuple):
    """What is done again and again until it is through, the events it is about, and what is true at the end."""

    work: Callable[[], object]
    events: tuple[Event, ...]
    ending: Callable[[], bool]


def sold(qty: int = 2, **options) -> tuple[Event, Order]:
    """An order that is paid, at an event of a partner with a fee that does not divide evenly."""
    event, kind = scene(price="9.99", partner=PartnerFactory(fee_percent="33.33"), **options)
    return event, pay(buy(people(1)[0], kind, qty=qty))


def unless(is_done: Callable[[], bool], work: Callable[[], object]) -> Callable[[], object]:
    """The work of somebody who looks first whether it has been done."""
    return lambda: None if is_done() else work()


def late(order: Order) -> Payment:
    """Paid at the provider; the hold ran out before we heard of it."""
    payment = decide(order)
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    cancelling.expire_overdue()
    return payment


# --- Checkout and payment


def ordering() -> Story:
    event, kind = scene(price=10, partner=PartnerFactory(), seating=Event.Seating.AUTOMATIC)
    buyer = people(1)[0]
    work = lambda: buy(buyer, kind, qty=2, key="once")  # noqa: E731
    return Story(work, (event,), lambda: (Order.objects.count(), SandboxCharge.objects.count()) == (1, 1))


def finishing_a_free_order() -> Story:
    event, kind = scene()
    buyer = people(1)[0]

    def work():
        order = orders.place([orders.Line(kind.pk, 2)], by=buyer, key="once", at_checkout=True)
        if order.status == Order.Status.PENDING:
            buyers.save(order, buyers.Buyer("Asha", "asha@example.com"))
            carts.finish_free(order)

    return Story(work, (event,), lambda: settled(Order.objects.get()) == ("paid", 2, 0, 0) and mails("tickets") == 1)


def using_a_code() -> Story:
    event, kind = scene(price=10)
    promos.create(event, by=None, code="HALF", percent_off=Decimal(50), max_places=2)
    order = orders.place([orders.Line(kind.pk, 2)], by=people(1)[0], at_checkout=True)
    work = lambda: carts.use_code(order, "half")  # noqa: E731
    return Story(work, (event,), lambda: Order.objects.get().total_amount == 10)


def hearing_of_a_payment() -> Story:
    event, kind = scene(price="9.99", partner=PartnerFactory(fee_percent="33.33"))
    payment = decide(buy(people(1)[0], kind, qty=2))
    return Story(lambda: hear(payment), (event,), lambda: settled(payment.order)[:3] == ("paid", 2, 0))


def taking_up_what_was_heard() -> Story:
    event, kind = scene(price="9.99", partner=PartnerFactory())
    payment = decide(buy(people(1)[0], kind))
    body, headers = webhook(payment)
    said = webhooks.WebhookDelivery.objects.create(
        provider="sandbox", delivery_id="unsigned:x", body={}, raw_body=body, headers=dict(headers)
    )
    webhooks.WebhookDelivery.objects.filter(pk=said.pk).update(received_at=timezone.now() - timedelta(minutes=2))
    return Story(webhooks.sweep, (event,), lambda: settled(payment.order)[:3] == ("paid", 1, 0))


def asking_for_a_payment() -> Story:
    event, kind = scene(price="9.99", partner=PartnerFactory())
    payment = decide(buy(people(1)[0], kind))
    Payment.objects.filter(pk=payment.pk).update(created_at=timezone.now() - timedelta(minutes=5))

    def work():
        Payment.objects.update(asked_at=None)
        payments.ask_open()

    return Story(work, (event,), lambda: settled(payment.order)[:3] == ("paid", 1, 0))


def paying_late_for_free_places() -> Story:
    event, kind = scene(price="9.99", partner=PartnerFactory(), seating=Event.Seating.AUTOMATIC)
    payment = late(buy(people(1)[0], kind, qty=2))
    return Story(lambda: hear(payment), (event,), lambda: settled(payment.order)[:3] == ("paid", 2, 0))


def paying_late_for_places_that_are_gone() -> Story:
    event, kind = scene(price="9.99", partner=PartnerFactory(), capacity=1)
    payment = late(buy(people(1)[0], kind))
    buy(people(1)[0], kind)
    return Story(lambda: hear(payment), (event,), lambda: settled(payment.order)[:3] == ("cancelled", 0, 1))


def paying_twice() -> Story:
    event, kind = scene(price="9.99", partner=PartnerFactory())
    order = buy(people(1)[0], kind)
    first = decide(order, "failed")
    hear(first, "failed")
    payments.try_again(order)
    pay(order)
    return Story(lambda: hear(first), (event,), lambda: settled(order)[:3] == ("paid", 1, 1))


def finding_what_nobody_told_of() -> Story:
    """Paid, and given up: no message came, and nobody asks about it any more."""
    event, kind = scene(price="9.99", partner=PartnerFactory(), seating=Event.Seating.AUTOMATIC)
    payment = late(buy(people(1)[0], kind))
    Payment.objects.update(status="failed")

    def work():
        Payment.objects.update(look_at=timezone.now())  # its time comes again
        lost_pages.look()

    return Story(work, (event,), lambda: settled(payment.order)[:3] == ("paid", 1, 0))


def letting_holds_go() -> Story:
    event, kind = scene(price=10, capacity=2)
    order = buy(people(1)[0], kind, qty=2)
    waiting = [wait(event, one) for one in people(3)]
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    def ending() -> bool:
        now = [Booking.objects.get(pk=one.pk).status for one in waiting]
        return (settled(order)[0], now) == ("cancelled", ["pending", "pending", "waitlisted"]) and mails("offer") == 2

    return Story(cancelling.expire_overdue, (event,), ending)


# --- Money back


def cancelling_an_order() -> Story:
    event, order = sold(capacity=2)
    wait(event, people(1)[0])
    boss = SuperAdminFactory()
    work = unless(Refund.objects.exists, lambda: cancelling.cancel(order, by=boss))
    return Story(work, (event,), lambda: settled(order)[:3] == ("refunded", 0, 1) and mails("order_cancelled") == 1)


def cancelling_a_booking() -> Story:
    (event, a), (other, b) = (scene(price=10, partner=PartnerFactory()) for _number in range(2))
    order = pay(buy(people(1)[0], a, b))
    booking = order.bookings.get(event=event)
    work = unless(Refund.objects.exists, lambda: cancelling.cancel_booking(booking, by=order.user))
    return Story(work, (event, other), lambda: settled(order)[:3] == ("paid", 1, 1))


def cancelling_a_ticket() -> Story:
    event, order = sold(qty=3)
    some = list(order.tickets.order_by("pk")[:1])
    work = unless(Refund.objects.exists, lambda: cancelling.cancel_tickets(order, some, by=order.user))
    return Story(work, (event,), lambda: settled(order)[:3] == ("paid", 2, 1))


def forfeiting_a_ticket() -> Story:
    event, order = sold(qty=3)
    boss, some = SuperAdminFactory(), list(order.tickets.order_by("pk")[:1])
    work = unless(
        lambda: Booking.objects.filter(is_forfeited=True).exists(),
        lambda: cancelling.cancel_tickets(order, some, by=boss, is_refunded=False),
    )
    return Story(work, (event,), lambda: settled(order)[:3] == ("paid", 2, 0))


def giving_a_part() -> Story:
    event, order = sold()
    boss = SuperAdminFactory()
    work = unless(Refund.objects.exists, lambda: refunds.give(order, Decimal("7.77"), by=boss, reason="Late"))
    return Story(work, (event,), lambda: settled(order)[:3] == ("paid", 2, 1) and mails("money_back") == 1)


def cancelling_an_event() -> Story:
    event, order = sold()
    other = pay(buy(people(1)[0], event.ticket_types.get()))
    boss = SuperAdminFactory()

    def work():
        event.refresh_from_db()
        if event.state != Event.State.CANCELLED:
            calling_off.cancel_event(event, reason="Storm", by=boss)
        calling_off.sweep()

    def ending() -> bool:
        return settled(order)[:3] == settled(other)[:3] == ("refunded", 0, 1) and mails("event_cancelled") == 2

    return Story(work, (event,), ending)


def refunding_an_event() -> Story:
    event, order = sold()
    boss = SuperAdminFactory()

    def work():
        if not event.mass_refunds.exists():
            calling_off.refund_event(event, reason="Postponed", by=boss)
        calling_off.sweep()

    def ending() -> bool:
        return settled(order)[:3] == ("refunded", 0, 1) and event.mass_refunds.filter(finished_at=None).count() == 0

    return Story(work, (event,), ending)


def sending_refunds() -> Story:
    event, order = sold()
    cancelling.cancel(order, by=order.user)

    def ending() -> bool:
        return Refund.objects.get().status == "done" and len(charge_of(order.payments.get()).refunds) == 1

    return Story(refunds.send, (event,), ending)


def failing_to_refund_and_sending_again() -> Story:
    event, order = sold()
    cancelling.cancel(order, by=order.user)
    refunds.send()
    refund, boss = Refund.objects.get(), SuperAdminFactory()
    report = RefundReport(refund.uid, 1, "expired_or_canceled_card", "evt_1")

    def work():
        refunds.heard(report)
        now = Refund.objects.get()
        if now.status == Refund.Status.FAILED:
            refunds.try_again(now, by=boss)
        refunds.send()

    def ending() -> bool:
        now, charge = Refund.objects.get(), charge_of(order.payments.get())
        return (now.status, now.attempt, now.came_back, len(charge.refunds)) == ("done", 2, [1], 2)

    return Story(work, (event,), ending)


def writing_invoices() -> Story:
    event, order = sold()
    cancelling.cancel(order, by=order.user)
    kinds = lambda: sorted(Invoice.objects.values_list("kind", flat=True))  # noqa: E731
    return Story(invoices.sweep, (event,), lambda: kinds() == ["credit_note", "invoice"])


# --- Tickets that change hands


def sending_a_ticket() -> Story:
    event, order = sold()
    ticket = order.tickets.order_by("pk")[0]
    work = unless(TicketTransfer.objects.exists, lambda: transfers.offer(ticket, "t@example.com", by=order.user))
    return Story(work, (event,), lambda: mails("ticket_offered") == 1)


def accepting_a_ticket() -> Story:
    event, order = sold()
    ticket, taker = order.tickets.order_by("pk")[0], people(1)[0]
    token = transfers.token_of(transfers.offer(ticket, "t@example.com", by=order.user).seed)
    is_theirs = lambda: Ticket.objects.get(pk=ticket.pk).user_id == taker.pk  # noqa: E731
    work = unless(is_theirs, lambda: transfers.accept(token, by=taker))
    return Story(work, (event,), lambda: is_theirs() and ticket.revoked_codes.count() == mails("ticket_received") == 1)


def taking_a_ticket_back() -> Story:
    event, order = sold()
    sent = transfers.offer(order.tickets.order_by("pk")[0], "t@example.com", by=order.user)
    is_back = lambda: TicketTransfer.objects.get().status == "withdrawn"  # noqa: E731
    return Story(unless(is_back, lambda: transfers.withdraw(sent, by=order.user)), (event,), is_back)


def ending_old_links() -> Story:
    event, order = sold()
    for ticket in order.tickets.all():
        transfers.offer(ticket, "t@example.com", by=order.user)
    TicketTransfer.objects.update(expires_at=timezone.now())
    return Story(transfers.expire, (event,), lambda: mails("ticket_not_accepted") == 2)


def offered(qty: int = 1, **options) -> tuple[Event, Order, Booking]:
    """A paid order whose tickets fill the event, and somebody who waits for one."""
    event, order = sold(qty=qty, capacity=qty, **options)
    return event, order, wait(event, people(1)[0])


def offering_to_the_queue() -> Story:
    event, order, waiting = offered()
    work = unless(Resale.objects.exists, lambda: resales.offer(order.tickets.get(), by=order.user))
    is_held = lambda: (Resale.objects.get().status, Booking.objects.get(pk=waiting.pk).status)  # noqa: E731
    return Story(work, (event,), lambda: is_held() == ("held", "pending") and mails("offer") == 1)


def held(**options) -> tuple[Event, Order, Order]:
    """The event, the seller's order, and that of the party that its ticket is held for."""
    event, order, waiting = offered(**options)
    resales.offer(order.tickets.order_by("pk")[0], by=order.user)
    bought = Booking.objects.get(pk=waiting.pk).order
    checkout.open_page(bought)
    return event, order, bought


def buying_from_the_queue() -> Story:
    event, order, bought = held(qty=2, seating=Event.Seating.AUTOMATIC)
    payment = decide(bought)

    def ending() -> bool:
        is_right = settled(order)[:3] == ("paid", 1, 1) and settled(bought)[:3] == ("paid", 1, 0)
        return is_right and Resale.objects.get().status == "sold" and mails("resale_sold") == 1

    return Story(lambda: hear(payment), (event,), ending)


def not_paying_for_an_offer() -> Story:
    """The hold of the first party runs out; the ticket is held for the next one."""
    event, order, bought = held()
    after = wait(event, people(1)[0])
    Order.objects.filter(pk=bought.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    def ending() -> bool:
        resale = Resale.objects.get()
        return (resale.status, resale.buyer_booking_id, settled(order)[:3]) == ("held", after.pk, ("paid", 1, 0))

    return Story(cancelling.expire_overdue, (event,), ending)


def withdrawing_an_offer() -> Story:
    event, order = sold()
    offer = resales.offer(order.tickets.order_by("pk")[0], by=order.user)
    is_over = lambda: Resale.objects.get().status == "withdrawn"  # noqa: E731
    return Story(unless(is_over, lambda: resales.withdraw(offer, by=order.user)), (event,), is_over)


def tidying_an_offer() -> Story:
    """The offered ticket was used at the door: who was to buy it waits again."""
    event, order, bought = held()
    Ticket.objects.filter(order=order).update(status="used", used_at=timezone.now())
    ending = lambda: (Resale.objects.get().status, settled(bought)[0], mails("offer_gone"))  # noqa: E731
    return Story(resales.tidy, (event,), lambda: ending() == ("withdrawn", "cancelled", 1))


def claiming_an_order() -> Story:
    event, kind = scene(price="9.99", partner=PartnerFactory())
    guest = UserFactory(is_guest=True, is_active=False)
    order = buy(guest, kind)
    Order.objects.filter(pk=order.pk).update(buyer_email="asha@example.com")
    pay(order)
    order.refresh_from_db()
    user = UserFactory()
    is_theirs = lambda: Order.objects.get().user_id == user.pk  # noqa: E731
    work = unless(is_theirs, lambda: guests.claim(guest, user))
    return Story(work, (event,), lambda: is_theirs() and Ticket.objects.get().user_id == user.pk)


def mails(template: str) -> int:
    return OutgoingMail.objects.filter(template=template).count()


STORIES = [one for one in list(globals().values()) if getattr(one, "__annotations__", {}).get("return") is Story]
