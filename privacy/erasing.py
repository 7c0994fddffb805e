"""Erasure: what says who a person is goes, what the books need stays under a pseudonym, and nothing can be undone.

What goes and what stays is declared by each app (its module `privacy`); here is when it may be done, and how.
"""

from collections.abc import Callable, Iterator
from functools import partial

from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit, mail
from accounts.models import User
from bookings.models import Booking, Order, Payment, Refund, Resale, Ticket, TicketTransfer
from bookings.papers import invoices
from crew.models import Person
from eventify.lib.errors import Conflict, Forbidden
from eventify.lib.personal import Who
from partners.models import Contact, Member, PayoutBatch
from privacy import catalogue, erasures
from privacy.copies import PERMISSION, who_is
from privacy.models import Copy

# Locked in this order, each by id, before the person's own row: the one order of locks. Events are not: their
# counters stay as they are.
LOCKED = (Order, Booking, Ticket, Person)


class InTheWay(Conflict):
    """Something is still open that needs the person (409). `details["sentences"]` says what, and what to do."""

    code = "erasure_in_the_way"


def erase(user: User, *, by: User, reason: str = "") -> dict[str, int]:
    """Erase the person: every log-in, token and secret ends, names and addresses go, money stays. It cannot be undone.

    Locks orders, bookings, tickets and crew persons, then the person's row, so that a booking of the same moment is
    either seen here or refused (privacy/migrations/0002). Forbidden for somebody else without manage_privacy; InTheWay
    while something is open. An erased person again changes nothing. Returns how many rows of each table it was about.
    A last mail tells the address that the account had.
    """
    if user.pk != by.pk and not by.can(PERMISSION):
        raise Forbidden
    with transaction.atomic():
        user = _lock(user)
        if user.is_erased:
            return {}
        _check_nothing_is_open(user)
        return _erase_locked(user, by, reason)


def erase_again(user: User, *, reason: str) -> bool:
    """Erase somebody whom a restored backup brought back, without telling them once more; whether that was needed.

    Locks and refuses as `erase`. Only for the command that repeats erasures, so nobody's right is asked for.
    """
    with transaction.atomic():
        user = _lock(user)
        if user.is_erased:
            return False
        _check_nothing_is_open(user)
        _erase_locked(user, None, reason)
        return True


def _lock(user: User) -> User:
    who = who_is(user)
    for model in LOCKED:
        mine = Q(pk__in=())
        for data in (data for data in catalogue.DATA if data.table is model):
            mine |= Q(pk__in=data.rows(who).order_by().values("pk"))
        rows = model._base_manager.filter(mine).order_by("pk")
        list(rows.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
    # FOR UPDATE, for which an insert that refers to the person waits as well.
    return User.objects.select_for_update().get(pk=user.pk)


def _check_nothing_is_open(user: User) -> None:
    sentences = list(in_the_way(user))
    if sentences:
        raise InTheWay(" ".join(sentences), sentences=sentences)


def _erase_locked(user: User, by: User | None, reason: str) -> dict[str, int]:
    who, address, name, language = who_is(user), user.email, user.first_name, user.language
    files = [copy.file for copy in Copy.objects.filter(user=user).exclude(file="")]
    done: dict[str, int] = {}
    for data in catalogue.DATA:
        done[data.model] = done.get(data.model, 0) + data.erase(who)
    user.refresh_from_db()  # the audit log calls them by the pseudonym
    audit.record("ERASED_PERSON", user, by=by, reason=reason)
    if by and not user.is_guest:
        last = mail.owed("account_erased", address, name=name)
        last.language = language or last.language
        last.save(force_insert=True)
    transaction.on_commit(lambda: [file.delete(save=False) for file in files], robust=True)
    transaction.on_commit(partial(erasures.note, user.uid, user.erased_at), robust=True)
    return {model: rows for model, rows in done.items() if rows}


def _rows(model: type[Model], who: Who) -> QuerySet:
    """The rows of this table that are the person's own: its first declaration."""
    return next(data for data in catalogue.DATA if data.table is model).rows(who)


# --- What is in the way -------------------------------------------------------------------------------


def in_the_way(user: User) -> Iterator[str]:
    """What has to be ended before the person can be erased: a sentence each, which says what to do."""
    who = who_is(user)
    for find in FINDERS:
        yield from find(user, who)


def _a_role(user: User, who: Who) -> Iterator[str]:
    if user.is_staff or user.is_superuser:
        yield _("This is an account of staff. Its role has to be taken away first (Team, in the command center).")


def _last_of_a_partner(user: User, who: Who) -> Iterator[str]:
    others = Member.objects.filter(role=Member.Role.ADMIN).exclude(user=user).values("partner")
    mine = Member.objects.filter(user=user, role=Member.Role.ADMIN).exclude(partner__in=others)
    for member in mine.select_related("partner").order_by("pk"):
        words = {"partner": member.partner.name}
        yield _("%(partner)s has no other administrator. Make somebody else one first.") % words


def _main_contact(user: User, who: Who) -> Iterator[str]:
    for contact in _rows(Contact, who).filter(is_primary=True).select_related("partner"):
        words = {"partner": contact.partner.name}
        yield _("%(partner)s names this address as its main contact. Name another one first.") % words


def _drafts(user: User, who: Who) -> Iterator[str]:
    if PayoutBatch.objects.filter(created_by=user, status=PayoutBatch.Status.DRAFT).exists():
        yield _("Payouts that this account prepared wait for a decision. Approve or discard them first.")


def _money(user: User, who: Who) -> Iterator[str]:
    if _rows(Order, who).filter(status=Order.Status.PENDING).exists():
        yield _("An order waits to be paid. Pay or cancel it first.")
    if _rows(Payment, who).filter(status=Payment.Status.OPEN).exclude(order__status=Order.Status.PENDING).exists():
        yield _("A payment is not settled yet. Its provider is asked within minutes; try again a little later.")
    if _rows(Refund, who).exclude(status=Refund.Status.DONE).exists():
        yield _("Money is on its way back. Wait until the refund has arrived.")
    if invoices.are_due(_rows(Order, who)):
        yield _("An invoice is being written. Try again in some minutes.")


def _tickets(user: User, who: Who) -> Iterator[str]:
    held = _rows(Ticket, who).filter(_to_come(), status=Ticket.Status.VALID)
    count = held.count()
    if count:
        sentence = ngettext(
            "There is %(count)s ticket for an event that is still to come. Cancel it, pass it on, or wait until then.",
            "There are %(count)s tickets for events that are still to come. Cancel them, pass them on, or wait until "
            "then.",
            count,
        )
        yield sentence % {"count": count}
    if _rows(Booking, who).filter(_to_come(), status=Booking.Status.WAITLISTED).exists():
        yield _("There is a place on a waitlist. Leave the waitlist first.")


def _on_their_way(user: User, who: Who) -> Iterator[str]:
    if TicketTransfer.objects.filter(sender=user, status=TicketTransfer.Status.OPEN).exists():
        yield _("A ticket is on its way to somebody. Wait until it is accepted, or take it back first.")
    if Resale.objects.filter(seller=user, status__in=(Resale.Status.OFFERED, Resale.Status.HELD)).exists():
        yield _("A ticket was given back to the queue and is not sold yet. Take it back first.")


def _crews(user: User, who: Who) -> Iterator[str]:
    taking_part = (
        _rows(Person, who).filter(_to_come()).exclude(status__in=(Person.Status.REJECTED, Person.Status.NO_SHOW))
    )
    for person in taking_part.select_related("event"):
        words = {"event": person.event.name}
        yield _("There is a part in the crew of %(event)s. Withdraw from it first, or ask its organisers.") % words


def _to_come() -> Q:
    return Q(event__ends_at=None) | Q(event__ends_at__gt=timezone.now())


FINDERS: tuple[Callable[[User, Who], Iterator[str]], ...] = (
    _a_role,
    _last_of_a_partner,
    _main_contact,
    _drafts,
    _money,
    _tickets,
    _on_their_way,
    _crews,
)
