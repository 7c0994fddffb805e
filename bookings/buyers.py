"""Who buys and who comes: the data of a checkout, and which orders a browser may see."""

from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts import mail, signup
from accounts.phones import to_e164
from bookings import cancelling, guests, promos
from bookings.models import Booking, Order
from eventify.lib.errors import Conflict, Invalid

NAME_MAX = 200  # characters
ADDRESS_MAX = 1000
TAX_NUMBER_MAX = 50
NAMED_MOST = 20  # places whose people a checkout asks for; a larger party comes under the buyer's name


class TooLate(Conflict):
    """The order is not waiting for its checkout any more: it is paid, cancelled, or its time ran out."""

    code = "too_late"


@dataclass(frozen=True)
class Buyer:
    """What a checkout asks of who pays. `attendees`: booking id -> a name for each place, or nothing."""

    name: str
    email: str
    phone: str = ""
    company: str = ""
    company_address: str = ""
    company_tax_number: str = ""
    attendees: dict[int, list[str]] = field(default_factory=dict)


def orders_seen_by(request) -> QuerySet[Order]:
    """The orders that this browser may see: the user's own, and those of its guest or opened through a mailed link."""
    seen = Q(user=request.user) if request.user.is_authenticated else Q(pk__in=[])
    guest = Q(user=request.session.get(guests.SESSION_KEY)) | Q(pk__in=guests.opened(request))
    return Order.objects.filter(seen | (guest & Q(user__is_guest=True)))


def save(order: Order, buyer: Buyer) -> Order:
    """Note who buys and who comes. Locks the events, then the order. A guest is mailed the links to the order.

    TooLate unless it is pending and in time; Invalid with the fields `name`, `email`, `phone`, `company`, ...,
    `attendee_<booking id>_<place>`, or `promo_code` and
    `email` when the person has used up their part of the code or of a kind of ticket.
    """
    facts = check(buyer)
    with transaction.atomic():
        events, order = cancelling.lock(order)
        check_open(order)
        _check_limits_of_person(order, facts["buyer_email"])
        is_new_address = order.buyer_email != facts["buyer_email"]
        for name, value in facts.items():
            setattr(order, name, value)
        order.save(update_fields=[*facts, "updated_at"])
        _name_places(order, buyer.attendees)
        if order.user.is_guest and is_new_address:
            mail_links(order, next(iter(events.values())).name)
        signup.note_language(order.user)
    return order


def mail_links(order: Order, event: str) -> None:
    """Owe a guest the mail with which the order opens in any browser, and becomes an account's."""
    mail.queue("guest_order", order.mail_to, order=str(order.uid), event=event)


def mail_links_to(uid, email: str) -> None:
    """Mail the links again when a guest's order of this uid went to this address; otherwise do nothing."""
    found = Order.objects.select_related("user").filter(uid=uid, user__is_guest=True).exclude(buyer_email="").first()
    if found and found.buyer_email.lower() == email.strip().lower():
        mail_links(found, found.bookings.select_related("event").order_by("pk")[0].event.name)


def check_open(order: Order) -> None:
    """TooLate when nothing of this order can be changed any more."""
    if order.status == Order.Status.PAID:
        raise TooLate(_("This order is finished already. Here are your tickets."))
    if order.status != Order.Status.PENDING or order.is_overdue:
        raise TooLate(_("The time to pay ran out, so the places are free for others again. You can book again."))


def check(buyer: Buyer) -> dict:
    """The columns of the order. Every field is judged, so that the buyer mends all in one go. Invalid as in `save`."""
    errors: dict[str, list] = {}
    name = _text(errors, "name", buyer.name, NAME_MAX)
    if not name and "name" not in errors:
        errors["name"] = [_("Enter your name.")]
    facts = {
        "buyer_name": name,
        "buyer_email": _judged(errors, "email", lambda: signup.clean_email(buyer.email.strip())),
        "buyer_phone": _judged(errors, "phone", lambda: to_e164(buyer.phone) if buyer.phone.strip() else ""),
        "company": _text(errors, "company", buyer.company, NAME_MAX),
        "company_address": _text(errors, "company_address", buyer.company_address, ADDRESS_MAX),
        "company_tax_number": _text(errors, "company_tax_number", buyer.company_tax_number, TAX_NUMBER_MAX),
    }
    if facts["buyer_email"].lower().endswith(f"@{guests.DOMAIN}"):
        errors["email"] = [_("Enter a valid email address.")]
    for booking, people in buyer.attendees.items():
        for place, person in enumerate(people):
            _text(errors, attendee_field(booking, place), person, NAME_MAX)
    if errors:
        raise Invalid(errors=errors)
    return facts


def _judged(errors: dict, name: str, judge) -> str:
    try:
        return judge()
    except Invalid as refusal:
        errors[name] = next(iter(refusal.errors.values()))
        return ""


def _text(errors: dict, name: str, value: str, most: int) -> str:
    """The value without spaces around it; a sentence in `errors` when the database cannot take it."""
    value = value.strip()
    if len(value) > most:
        errors[name] = [_("Use at most %(most)s characters.") % {"most": most}]
    elif not _is_storable(value):
        errors[name] = [_("This has characters that cannot be used.")]
    return value


def _is_storable(value: str) -> bool:
    try:
        value.encode()  # not with half of a surrogate pair
    except UnicodeEncodeError:
        return False
    return "\x00" not in value


def attendee_field(booking: int, place: int) -> str:
    """How the field for the name at this place (from 0) of the booking is called, in forms and refusals."""
    return f"attendee_{booking}_{place}"


def _check_limits_of_person(order: Order, email: str) -> None:
    """A guest is a new user each time, so whoever has this address counts as the same person."""
    same = Q(order__buyer_email__iexact=email) | Q(user__email__iexact=email) | Q(user=order.user_id)
    others = Booking.objects.filter(same).exclude(order=order).exclude(status=Booking.Status.CANCELLED)
    uses: dict = {}
    for booking in order.bookings.select_related("promo_code", "ticket_type").order_by("pk"):
        _check_limit_of_type(booking, others)
        if booking.promo_code:
            uses[booking.promo_code] = uses.get(booking.promo_code, 0) + booking.qty
    for promo, places in uses.items():
        promos.check_person(promo, places, others.filter(promo_code=promo))


def _check_limit_of_type(booking: Booking, others: QuerySet[Booking]) -> None:
    most = booking.ticket_type.max_per_person
    if not most:
        return
    held = others.filter(ticket_type=booking.ticket_type).aggregate(places=Sum("qty"))["places"] or 0
    if booking.qty + held > most:
        what = {"type": booking.ticket_type.shown_name, "most": most}
        raise Invalid.field("email", _("At most %(most)s of %(type)s per person.") % what)


def _name_places(order: Order, attendees: dict[int, list[str]]) -> None:
    for booking in order.bookings.filter(pk__in=attendees):
        booking.attendees = [{"name": name.strip()} for name in attendees[booking.pk]][: booking.qty]
        booking.save(update_fields=["attendees", "updated_at"])
