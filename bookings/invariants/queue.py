"""The queue is fair: first come, first served, and what is free is theirs before it is anybody else's.

Whether a place fits somebody is the waitlist's own rule (bookings/waitlist.py), so that is what is asked, of the few
events where somebody waits beside free places or offered tickets.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from bookings import resale_queue, sales, waitlist
from bookings.models import Booking, Resale
from eventify.lib.checks import RESTORE, Check, among
from events.models import Event

SWEPT_AFTER = timedelta(minutes=2)  # what one transaction does not give away, the sweep does within a minute
_SWEEP = "The sweep gives it away within a minute. If it stays: is the worker running, and what does its log say?"
_WAITING = f"SELECT count(*) FROM bookings_booking b WHERE status = 'waitlisted' AND {among('b.event_id')}"


def _waited_for(only: list[int] | None, having) -> QuerySet[Event]:
    """Events on which somebody waits; on the whole live database without those where something happened just now."""
    bookings = Booking.objects.filter(event=OuterRef("pk"))
    events = Event.objects.filter(having, Exists(bookings.filter(status=Booking.Status.WAITLISTED)))
    if only is not None:
        return events.filter(pk__in=only).select_related("partner")
    late = timezone.now() - SWEPT_AFTER
    return events.exclude(Exists(bookings.filter(updated_at__gt=late))).select_related("partner")


def _free_places(only: list[int] | None) -> Iterator[dict]:
    for event in filter(sales.is_open, _waited_for(only, _has_room())):
        head = waitlist.queue(event).first()
        if any(waitlist.fits(one, head.qty, event) for one in _wanted(event, head, head.qty)):
            yield {"id": event.pk, "name": event.name, "left": event.places_left, "booking": head.pk, "qty": head.qty}


def _offered_tickets(only: list[int] | None) -> Iterator[dict]:
    offered = Resale.objects.filter(event=OuterRef("pk"), status=Resale.Status.OFFERED)
    for event in filter(sales.is_open, _waited_for(only, Exists(offered))):
        rows = event.resales.filter(status=Resale.Status.OFFERED, ticket__status="valid").select_related("ticket")
        offers = list(rows.order_by("id"))
        for party in waitlist.queue(event) if offers else ():
            if resale_queue.fitting(offers, party, _wanted(event, party)):
                yield {"id": event.pk, "name": event.name, "booking": party.pk}


def _has_room():
    return Exists(Event.objects.filter(pk=OuterRef("pk"), booked_count__lt=F("capacity")))


def _wanted(event: Event, party: Booking, *qty: int) -> Iterable:
    types = {one.pk: one for one in event.ticket_types.all()}
    return waitlist.wanted_types(types, party.ticket_type_id, party.takes_any_type, *qty)


CHECKS = (
    Check(
        "free places and who waits",
        _WAITING,
        _free_places,
        "event {id} ({name}): {left} places are free while booking {booking} waits for {qty}",
        _SWEEP,
    ),
    Check(
        "offered tickets and who waits",
        _WAITING,
        _offered_tickets,
        "event {id} ({name}): offered tickets fit booking {booking}, which waits",
        _SWEEP,
    ),
    Check(
        "order of joining",
        _WAITING,
        # Somebody who came later, or never waited, has as many places of the same type. Not judged: who bought tickets
        # that others gave back, what was split off a sale, and who lost an offer and waits again at the old place (a
        # cancelled copy of the booking tells of the offer).
        f"""
        SELECT DISTINCT ON (w.id) w.id, w.qty, w.event_id, later.id AS later, later.qty AS got
        FROM bookings_booking w JOIN bookings_booking later ON later.event_id = w.event_id AND later.id > w.id
            AND later.ticket_type_id = w.ticket_type_id AND later.qty >= w.qty
        WHERE w.status = 'waitlisted' AND {among("w.event_id")}
            AND later.status IN ('pending', 'confirmed') AND later.split_from_id IS NULL
            AND NOT EXISTS (SELECT FROM bookings_resale r WHERE r.buyer_booking_id = later.id)
            AND NOT EXISTS (
                SELECT FROM bookings_booking copy WHERE copy.event_id = w.event_id AND copy.user_id = w.user_id
                    AND copy.status = 'cancelled' AND copy.promoted_at IS NOT NULL AND copy.id > w.id
            )
        ORDER BY w.id, later.id
        """,
        "booking {id} waits for {qty} places of event {event_id}, booking {later} came later and has {got}",
        "Talk to the person who waits, and give them a place by hand. " + RESTORE,
    ),
)
