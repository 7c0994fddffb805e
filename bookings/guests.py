"""People who buy without an account: a user that nobody can log in as, known by the browser session that made it.

Its orders are seen in that session, or through the signed link in their mail; they can be moved to a real account,
once.
"""

import hashlib
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import PROTECT, Exists, OuterRef, ProtectedError, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import signup
from accounts.letters import Extras, enriches, knows_language
from accounts.models import Notification, User
from bookings import inventory, spent, tickets
from bookings.models import Booking, Order, Resale, Ticket, TicketTransfer
from eventify.lib.errors import Conflict, Missing
from eventify.lib.personal import refusing_the_erased
from eventify.lib.prepared import Param, Prepared
from eventify.lib.ratelimit import client_address, hit

DOMAIN = "guests.invalid"  # nobody's, for ever (RFC 2606)
LINK_LIFE = 400 * 24 * 60 * 60  # seconds that the links of a mail are good: past the event, for its papers
EMPTY_FOR = timedelta(days=30)  # that a guest who has bought nothing is kept, longer than the browser's session
AT_ONCE = 1000  # guests that are forgotten in one run
OPENED_MOST = 50  # orders that one browser has opened through links
SESSION_KEY, _OPENED = "guest", "opened_orders"  # what the session says
_OPEN, _CLAIM = "bookings.guests.open", "bookings.guests.claim"  # salts: a link is good for one thing


class LinkExpired(Missing):
    """The link is none of ours, too old, or the order belongs to an account by now (404)."""

    code = "link_expired"


def of(request) -> User | None:
    """The guest of this browser session, if it has bought without an account."""
    key = request.session.get(SESSION_KEY)
    return User.objects.filter(pk=key, is_guest=True).first() if key else None


def start(request, key: str = "") -> User:
    """The guest of this browser session, made when there is none yet. TooManyRequests past settings.RATE_LIMITS.

    A double click sends the same form `key` and the same CSRF cookie twice, before the session is known: both find
    the same guest, so that orders.place makes one order.
    """
    guest = of(request)
    if guest is None:
        hit("guest", client_address(request))
        guest = _make(_name(request, key))
        request.session[SESSION_KEY] = guest.pk
    return guest


def nobody() -> User:
    """A guest whom no browser knows: who a stranger would be, for a sale that is taken back."""
    return _make("")


def _name(request, key: str) -> str:
    cookie = request.COOKIES.get(settings.CSRF_COOKIE_NAME, "")
    if not (key and cookie):
        return ""
    # Only this browser knows its cookie, so nobody meets the guest of another one.
    return salted_hmac("bookings.guests", f"{cookie}\x00{key}", algorithm="sha256").hexdigest()[:32]


def _make(name: str) -> User:
    known = name and User.objects.filter(is_guest=True, email=f"guest-{name}@{DOMAIN}").first()
    if known:
        return known
    guest = User(is_guest=True, is_active=False, language=get_language() or "")
    name = name or guest.uid.hex
    guest.email, guest.username = f"guest-{name}@{DOMAIN}", f"guest-{name}"
    guest.set_unusable_password()
    try:
        with transaction.atomic():
            guest.save(force_insert=True)
    except IntegrityError:  # the other click of a double click was faster
        return User.objects.get(is_guest=True, email=guest.email)
    return guest


def empty() -> QuerySet[User]:
    """The guests of long ago that nothing points to which has to be kept: no order, place in a queue, ticket, line."""
    old = User.objects.filter(is_guest=True, created_at__lt=timezone.now() - EMPTY_FOR)
    for relation in User._meta.get_fields(include_hidden=True):
        if getattr(relation, "on_delete", None) is PROTECT:
            old = old.filter(~Exists(relation.related_model.objects.filter(**{relation.field.name: OuterRef("pk")})))
    return old.order_by("created_at")


def forget_empty() -> int:
    """Delete guests who chose tickets once and bought nothing; returns how many. Safe beside everything else."""
    return sum(_forget(guest) for guest in list(empty()[:AT_ONCE]))


def _forget(guest: User) -> bool:
    try:
        with transaction.atomic():
            guest.delete()
    except (ProtectedError, IntegrityError):  # they have bought something in this moment
        return False
    return True


# --- Links in mails -------------------------------------------------------------------------------------


def links(order: Order) -> dict[str, str]:
    """What a mail about the order says: the path of its page, and of making it an account's (empty: it is one's)."""
    if order.user.is_guest:
        return {"order_path": open_path(order), "claim_path": claim_path(order)}
    return {"order_path": f"/orders/{order.uid}/", "claim_path": ""}


_language_of_order = Prepared(lambda: Order.objects.filter(uid=Param("uid")).values_list("user__language"))


@knows_language
def language_of_buyer(context: dict) -> str:
    """The language of whoever bought the order that a mail is about."""
    uid = context.get("order") or next(iter(context.get("orders") or ()), "")
    try:
        found = _language_of_order(uid=UUID(str(uid)))
    except ValueError:
        return ""
    return found[0][0] if found else ""


@enriches("guest_order")
def links_of_mail(context: dict) -> Extras:
    """The links are made when the mail is sent: they are no part of the stored mail."""
    return Extras(context=links(Order.objects.select_related("user").get(uid=context["order"])))


def open_path(order: Order) -> str:
    """The path that opens a guest's order in whichever browser."""
    return f"/orders/{order.uid}/open/{signing.dumps(str(order.uid), salt=_OPEN, compress=False)}/"


def claim_path(order: Order) -> str:
    """The path where who reads the mail of a guest's order makes it an account's. It proves the mail's address."""
    proof = [order.user_id, _fingerprint(order.mail_to)]
    return f"/account/claim/{signing.dumps([str(order.uid), *proof], salt=_CLAIM)}/"


def _fingerprint(address: str) -> str:
    return hashlib.sha256(address.lower().encode()).hexdigest()[:16]


def _read(token: str, salt: str):
    try:
        return signing.loads(token, salt=salt, max_age=LINK_LIFE)
    except signing.BadSignature:
        raise LinkExpired(_("This link is too old or not complete. Copy it whole from the mail.")) from None


def open_by(request, uid, token: str) -> Order:
    """Let this browser see the guest's order of a mailed link. LinkExpired when it is not good."""
    order = Order.objects.select_related("user").filter(uid=uid).first()
    if order is None or _read(token, _OPEN) != str(uid):
        raise LinkExpired(_("This link is too old or not complete. Copy it whole from the mail."))
    if order.user.is_guest:
        opened = [one for one in request.session.get(_OPENED, []) if one != order.pk]
        request.session[_OPENED] = [*opened, order.pk][-OPENED_MOST:]
    return order


def opened(request) -> list[int]:
    """The orders that this browser has opened through links."""
    return request.session.get(_OPENED, [])


def linked(token: str) -> Order:
    """The order of a mailed claim link; its user is an account once it was claimed. LinkExpired when it is not good."""
    uid, _guest, address = _read(token, _CLAIM)
    order = Order.objects.select_related("user").filter(uid=uid).first()
    if order is None or _fingerprint(order.mail_to) != address:
        raise LinkExpired(_("This link is too old or not complete. Copy it whole from the mail."))
    return order


# --- Becoming an account --------------------------------------------------------------------------------


@transaction.atomic
def sign_up(order: Order, *, full_name: str, password: str) -> User:
    """Make an account of the address that the order was mailed to, which the link has proved, and move its orders.

    Raises Invalid, signup.Taken, and Conflict when the order was claimed meanwhile.
    """
    user = signup.register(email=order.mail_to, password=password, full_name=full_name)
    user.email_confirmed_at = timezone.now()
    user.save(update_fields=["email_confirmed_at", "updated_at"])
    claim(order.user, user, only=order.mail_to)
    return user


@refusing_the_erased()
@transaction.atomic
def claim(guest: User, user: User, *, only: str = "", only_order: Order | None = None) -> int:
    """Move the guest's orders to a real account; returns how many. `only`: those mailed to this address, or this one.

    Locks the events, then the orders; what another account has claimed meanwhile stays there. Conflict when nothing
    is left to move.
    """
    if not guest.is_guest or user.is_guest:
        raise Conflict(_("Only what was bought without an account can be moved."))
    theirs = Order.objects.filter(user=guest)
    if only:
        theirs = theirs.filter(buyer_email__iexact=only)
    if only_order:
        theirs = theirs.filter(pk=only_order.pk)
    wanted = list(theirs.values_list("pk", flat=True))
    inventory.lock(Booking.objects.filter(order__in=wanted).values_list("event", flat=True))
    locked = Order.objects.select_for_update(no_key=True).filter(pk__in=wanted, user=guest).order_by("pk")
    keys = [order.pk for order in locked]
    if not keys:
        raise Conflict(_("This order belongs to an account already. Log in to see it."))
    _move(keys, guest, user)
    return len(keys)


def _move(keys: list[int], guest: User, user: User) -> None:
    orders = Order.objects.filter(pk__in=keys)
    own = Order.objects.filter(user=user, idempotency_key=OuterRef("idempotency_key"))
    orders.exclude(idempotency_key="").filter(Exists(own)).update(idempotency_key="")
    orders.update(user=user)
    Booking.objects.filter(order__in=keys).update(user=user)
    theirs = Ticket.objects.filter(order__in=keys, user=guest)
    tickets.lock(theirs)  # in the order in which devices lock theirs
    theirs.update(user=user)
    Resale.objects.filter(ticket__order__in=keys, seller=guest).update(seller=user)
    TicketTransfer.objects.filter(ticket__order__in=keys, sender=guest).update(sender=user)
    Notification.objects.filter(recipient=guest).update(recipient=user)
    _move_spent(keys, guest, user)


def _move_spent(keys: list[int], guest: User, user: User) -> None:
    """What these orders cost moves along. The user rows come last, as they do when a payment arrives."""
    moved = spent.of_orders(keys)
    for pk, change in sorted({guest.pk: -moved, user.pk: moved}.items()):
        spent.count(pk, change, settings.EVENTIFY_CURRENCY)
