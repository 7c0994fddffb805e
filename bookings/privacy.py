"""What sales and the door know about people: what they bought, for whom, what they paid, and when they came in.

Money stays: amounts, payments, invoices and the ledger are kept as the law of bookkeeping wants them. Names, addresses
and telephone numbers beside them go.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking, Device, Invoice, Order, Payment, RoomEntry, Ticket, WebhookDelivery
from bookings.models.selling import NAMED_BOOKING, NAMED_UNPAID
from bookings.models.tickets import NAMED_TICKET
from bookings.papers import of_tickets
from eventify.lib.personal import Data, File, Kind, NoData, Who
from eventify.lib.when_needed import WhenNeeded

invoices_pdf = WhenNeeded("bookings.papers.invoices_pdf")
tickets_pdf = WhenNeeded("bookings.papers.tickets_pdf")

_BOOKS = _("Bookkeeping law: what was sold, paid and given back stays, under the pseudonym.")
_ISSUED = _("An invoice stays as it was issued, with the name that stands on it: the law asks for that.")
_DOOR = _("Who was let in when: it decides disputes, under the pseudonym.")
_LOTS = _("A lot without its holder: the draw that was published can still be checked.")
_GUESTS = Q(user__is_guest=True)
_BUYER = ("buyer_name", "buyer_email", "buyer_phone", "company", "company_address", "company_tax_number")
NO_BUYER = dict.fromkeys(_BUYER, "")
NO_HOLDER = {"user": None, "holder": None}
NO_ATTENDEE = {"attendee_name": "", "attendee_email": ""}


def _messages_about(who: Who) -> Q:
    """The providers' messages about the person's payments, which may say who paid."""
    paid = Payment.objects.filter(order__user=who.key).values_list("uid", flat=True)
    return Q(body__payment__in=[str(uid) for uid in paid], processed_at__isnull=False)


DECLARED = (
    Data(
        "bookings.Order", "orders",
        ("uid", "created_at", "status", "total_amount", "currency", "paid_at", "cancelled_at", "payment_method",
         *_BUYER),
        user=("user",), address=("buyer_email",), owned_by_address=_GUESTS, erased=NO_BUYER, why=_BOOKS,
    ),
    Data(
        "bookings.Booking", "bookings",
        ("uid", "created_at", "event__name", "event__starts_at", "ticket_type__name", "qty", "unit_price", "status",
         "seat_labels", "attendees", "order__uid", "promoted_at", "cancelled_at"),
        user=("user",), address=("order__buyer_email",), owned_by_address=_GUESTS, erased={"attendees": []},
        why=_BOOKS,
    ),
    Data(
        "bookings.Ticket", "tickets",
        ("uid", "created_at", "event__name", "event__starts_at", "ticket_type__name", "seat__label", "status",
         "used_at", "used_gate", "attendee_name", "attendee_email", "price_at_purchase", "order__uid"),
        user=("user",), address=("order__buyer_email",), owned_by_address=_GUESTS, mentions=("used_by",),
        erased=NO_ATTENDEE, why=_BOOKS,
    ),
    Data(
        "bookings.Ticket", "tickets-with-my-address",  # bought by whoever named this person as the one who comes
        ("event__name", "event__starts_at", "ticket_type__name", "status", "attendee_name", "attendee_email"),
        address=("attendee_email",), erased=NO_ATTENDEE, why=_BOOKS,
    ),
    Data(
        "bookings.TicketTransfer", "tickets-passed-on",
        ("created_at", "ticket__uid", "to_email", "message", "status", "decided_at"),
        user=("sender", "recipient"), address=("to_email",), erased={"to_email": "", "message": ""}, why=_DOOR,
        silent=("token_hash", "seed"),
    ),
    Data(
        "bookings.Resale", "tickets-given-back", ("created_at", "ticket__uid", "price", "status", "decided_at"),
        user=("seller",), silent=("buyer_booking",), why=_BOOKS,
    ),
    Data(
        "bookings.Payment", "payments",
        ("uid", "created_at", "order__uid", "provider", "provider_reference", "amount", "currency", "status",
         "paid_at"),
        user=("order__user",), address=("order__buyer_email",), owned_by_address=Q(order__user__is_guest=True),
        why=_BOOKS,
    ),
    Data(
        "bookings.Refund", "refunds",
        ("uid", "created_at", "payment__uid", "amount", "reason", "status", "done_at"), user=("payment__order__user",),
        address=("payment__order__buyer_email",), owned_by_address=Q(payment__order__user__is_guest=True), why=_BOOKS,
    ),
    Data(
        "bookings.Invoice", "invoices",
        ("uid", "order__uid", "kind", "number", "issued_at", "total", "tax", "currency", "data"), user=("order__user",),
        address=("order__buyer_email",), owned_by_address=Q(order__user__is_guest=True), why=_ISSUED,
    ),
    Data(
        "bookings.WebhookDelivery", "messages-of-payment-providers", ("received_at", "provider", "body"),
        also=_messages_about, erased={"raw_body": b"", "headers": {}}, why=_BOOKS,
    ),
    Data(
        "bookings.Scan", "scans", ("scanned_at", "event__name", "ticket__uid", "gate", "verdict", "undo_reason"),
        user=("ticket__user",), mentions=("by", "undone_by"), why=_DOOR,
    ),
    Data(
        "bookings.DoubleAdmission", "double-admissions", ("created_at", "event__name", "ticket__uid", "settled_at"),
        user=("ticket__user",), mentions=("settled_by",), silent=("note",), why=_DOOR,
    ),
    Data(
        "bookings.Device", "door-devices",
        ("created_at", "event__name", "name", "gate", "enrolled_at", "last_seen_at", "revoked_at", "readiness"),
        user=("enrolled_by",), mentions=("revoked_by",), silent=("token_hash", "enrolment_hash"),
        erased={"name": "-", "readiness": {}, "token_hash": "", "revoked_at": Coalesce(F("revoked_at"), Now())},
        why=_DOOR,
    ),
    Data(
        "bookings.RoomEntry", "waiting-rooms",
        ("uid", "room__event__name", "status", "rank", "place", "joined_at", "admitted_at", "expires_at", "ended_at",
         "order__uid"),
        user=("user",), silent=("holder",), erased=NO_HOLDER, why=_LOTS,
    ),
    Data("bookings.MassRefund", "-", mentions=("requested_by",), why=_BOOKS),
)  # fmt: skip
NOTHING = (
    NoData("bookings.TicketType", "What is sold."),
    NoData("bookings.PromoCode", "A word that makes tickets cheaper."),
    NoData("bookings.PromoCode_ticket_types", "What a code is for."),
    NoData("bookings.WaitingRoom", "How an event lets people in, and its draw by lot."),
    NoData("bookings.Hall", "How a hall lies."),
    NoData("bookings.Seat", "A place in a hall."),
    NoData("bookings.DoorKey", "Signs the tickets of an event."),
    NoData("bookings.RevokedCode", "The hash of a code."),
    NoData("bookings.SandboxCharge", "The test provider's own books."),
    NoData("bookings.InvoiceSeries", "Counts the invoices of an organisation."),
)


# --- How long ---------------------------------------------------------------------------------------------


def _never_paid(before: datetime) -> QuerySet[Order]:
    """Whoever paid, even too late, has money here: those stay."""
    return Order.objects.filter(NAMED_UNPAID, cancelled_at__lt=before).exclude(payments__status="paid")


KINDS = (
    Kind("carts", "names on orders that were never paid", _never_paid, by="cancelled_at", becomes=NO_BUYER),
    Kind(
        "attendees", "names on tickets",
        lambda before: Ticket.objects.filter(NAMED_TICKET, event__ends_at__lt=before), by="event",
        becomes=NO_ATTENDEE,
    ),
    Kind(
        "attendees", "names on bookings",
        lambda before: Booking.objects.filter(NAMED_BOOKING, event__ends_at__lt=before), by="event",
        becomes={"attendees": []},
    ),
    Kind(
        "waiting_rooms", "whose place in a waiting room was whose",
        lambda before: RoomEntry.objects.filter(room__event__ends_at__lt=before).exclude(holder=None), by="room",
        becomes=NO_HOLDER,
    ),
    Kind(
        "webhooks", "messages of payment providers as they came",
        lambda before: WebhookDelivery.objects.filter(
            processed_at__isnull=False, received_at__lt=before
        ).exclude(raw_body=b"", headers={}),
        by="received_at", becomes={"raw_body": b"", "headers": {}},
    ),
    Kind(
        "door_devices", "what phones at the door said of themselves",
        lambda before: Device.objects.filter(event__ends_at__lt=before).exclude(token_hash="", readiness={}, name="-"),
        by="event", becomes={"name": "-", "token_hash": "", "readiness": {}},
    ),
)  # fmt: skip


def files(who: Who) -> Iterator[File]:
    """The person's good tickets and all invoices, as PDF."""
    good = of_tickets.good(of_tickets.joined(Ticket.objects.filter(user=who.key)))
    orders: dict = {}
    for ticket in good:
        orders.setdefault(ticket.order_id, []).append(ticket)
    for tickets in orders.values():
        yield File(f"tickets/{tickets[0].order.uid}.pdf", partial(tickets_pdf.of_several, tickets))
    for invoice in Invoice.objects.filter(order__user=who.key).order_by("pk"):
        name = f"invoices/{invoice.pk}-{invoices_pdf.file_name(invoice)}"
        yield File(name, partial(invoices_pdf.of_invoice, invoice))
