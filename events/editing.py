"""Making, changing and deleting events. Capacity is stock: bookings/capacity.py changes it."""

from datetime import datetime
from uuid import UUID
from zoneinfo import available_timezones

import nh3
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from eventify.lib.errors import Because, Conflict, Forbidden, Invalid, Missing
from eventify.lib.ids import new_uid
from events import days, family, pictures
from events.locking import lock_one
from events.models import Category, Event
from events.signals import event_changed, zone_changed
from partners import members
from partners.models import Partner

# Slugs that are words of the contracts' paths, where an event's slug could stand.
RESERVED_SLUGS = {
    "roster",  # /crew/roster/
    "featured",
    "type-list",
    "pincode-events",
    "event-details",
    "event-images",
    "events-by-category",
    "events-by-month-year",
    "events-by-date",
}
_ZONES = available_timezones()
_WITHOUT_DATES = (Event.State.DRAFT, Event.State.CANCELLED)  # the states in which an event may have no dates
YEARS = range(1900, 9999)  # of starts and ends: their local days, too, must be days of Python's calendar


def partner_for(user: User) -> Partner:
    """Whose the events are that this user makes: the house's for staff, else their own organisation's."""
    partner = members.home_of(user, "manage_events")
    if partner is None:
        raise Forbidden
    return partner


@transaction.atomic
def create(partner: Partner, *, by: User, **fields) -> Event:
    """Make a draft (`state` is walked to by states.advance). Invalid for impossible fields.

    `starts_on` and `ends_on` may stand for the moments (events/days.py). Locks the `parent`, if it has one.
    """
    if "timezone" in fields:
        _check_zone(fields["timezone"])
    event = Event(partner=partner)
    for name, value in days.into_moments(fields, event).items():
        setattr(event, name, value)
    if event.parent_id:
        event.parent = lock_one(event.parent)
    event.slug = free_slug(fields.get("slug") or event.name)
    _check(event)
    family.check(event)
    _write(event, force_insert=True)
    audit.record("CREATED_EVENT", event, by=by, name=event.name)
    _announce(event)
    return event


def create_once(uid: UUID, partner: Partner, *, by: User, **fields) -> tuple[Event, bool]:
    """(the event with this uid, whether it is new): `create`, once for each uid, however often a form is sent.

    Forbidden when the uid is of an event that the person may not manage.
    """
    made = Event.objects.select_related("partner").filter(uid=uid)
    try:
        if not made.exists():
            return create(partner, by=by, uid=uid, **fields), True
    except IntegrityError:  # the same form, sent twice at once
        if not made.exists():
            raise
    event = made.get()
    if not by.can("manage_events", event):
        raise Forbidden
    return event, False


@transaction.atomic
def change(event: Event, *, by: User, **changes) -> Event:
    """Change descriptive fields under the event's lock (never state, capacity or counters).

    Invalid as `create`; for another partner or currency once anybody has booked, for the money is owed to the one who
    sold; for another partner once its crew is planned; for a partner's member who would end a booked event earlier than
    now, for that frees its refund cover; and without a start or end once it was published. Locks a new `parent`, too.
    """
    event, parent = family.lock(event, changes.get("parent"))
    if parent:
        changes["parent"] = parent
    _check_zone(changes.get("timezone", event.timezone))
    changes = days.into_moments(changes, event)
    _check_partner(event, changes.get("partner", event.partner))
    _check_currency(event, changes.get("currency", event.currency))
    _check_end(event, changes.get("ends_at"), by)
    left, kind = event.parent, event.kind
    for name, value in changes.items():
        setattr(event, name, value)
    if "slug" in changes:
        event.slug = free_slug(event.slug or event.name, but=event)
    _check(event)
    _check_dates_stay(event, changes)
    if changes.keys() & family.FIELDS:
        family.check(event)
        family.check_left(event, left, kind)
    _write(event, update_fields=[*changes, "content", "updated_at"])
    if "timezone" in changes:
        zone_changed.send(Event, event=event)
    audit.record("CHANGED_EVENT", event, by=by, fields=sorted(changes))
    _announce(event)
    return event


def _check_partner(event: Event, partner: Partner) -> None:
    if partner == event.partner:
        return
    if event.bookings.exists():
        raise Invalid.field("partner", _("This event was booked already, so it stays with its partner."))
    # Its crew are people and crowd types of the organisation.
    if event.persons.exists() or event.crowd_lists.exists() or hasattr(event, "crew_plan"):
        raise Invalid.field("partner", _("The crew of this event is planned already, so it stays with its partner."))


def _check_currency(event: Event, currency: str) -> None:
    if currency != event.currency and event.bookings.exists():
        raise Invalid.field("currency", _("This event was booked already, so its currency stays."))


def _check_dates_stay(event: Event, changes: dict) -> None:
    for field, moment in (("start_time", "starts_at"), ("end_time", "ends_at")):
        if event.state not in _WITHOUT_DATES and changes.get(moment, event) is None:
            raise Invalid.field(field, _("A published event needs a start and an end."))


def _check_end(event: Event, ends_at: datetime | None, by: User) -> None:
    would_be_over = ends_at is not None and ends_at <= timezone.now() and not event.is_over
    if would_be_over and event.booked_count and not by.can("manage_events"):
        raise Invalid.field("end_time", _("This event was booked, so only our staff can say that it is over."))


@transaction.atomic
def delete(event: Event, *, by: User) -> None:
    """Delete an event that nobody ever booked, and its pictures; Conflict otherwise. Locks the event."""
    # Locked for deletion, so that a booking at this moment is seen here or finds no event.
    event = Event.objects.select_for_update().filter(pk=event.pk).first()
    if event is None:
        raise Missing
    audit.record("DELETED_EVENT", event, by=by, name=event.name)
    pictures.go_with(event)
    try:
        event.delete()
    except ProtectedError:
        sentence = _("This event has bookings, sub-events or a crew. Deactivate it instead of deleting it.")
        raise Conflict(Because("event_in_use", sentence)) from None
    _announce(event)


@transaction.atomic
def set_bookable(event: Event, is_bookable: bool, *, by: User) -> Event:
    """Withdraw the event from booking, or restore it; its state stays."""
    event = lock_one(event)
    event.is_bookable = is_bookable
    event.save(update_fields=["is_bookable", "updated_at"])
    audit.record("OPENED_BOOKING" if is_bookable else "WITHDREW_BOOKING", event, by=by)
    _announce(event)
    return event


def _write(event: Event, **how) -> None:
    try:
        with transaction.atomic():
            event.save(**how)
    except IntegrityError as error:
        if "slug" not in str(error):
            raise
        event.slug = f"{event.slug[:100]}-{new_uid().hex[-8:]}"  # somebody took it between the look and now
        event.save(**how)


def category_named(name: str) -> Category | None:
    """The category of this name in any case, made when it is new; None for no name."""
    name = name.strip()
    if not name:
        return None
    return Category.objects.filter(name__iexact=name).first() or _new_category(name[:100])


def _new_category(name: str) -> Category:
    # Names that differ may have one slug: "C" and "C++", or any two in a script without Latin letters.
    slug = slugify(name)[:80] or "category"
    if Category.objects.filter(slug=slug).exists():
        slug = f"{slug}-{new_uid().hex[-8:]}"
    try:
        with transaction.atomic():
            return Category.objects.create(name=name, slug=slug)
    except IntegrityError:  # somebody made it, or another with this slug, between the look and now
        return Category.objects.filter(name__iexact=name).first() or _new_category(name)


def free_slug(text: str, but: Event | None = None) -> str:
    """A slug of the text that no other event has."""
    stem = slugify(text)[:100].strip("-") or "event"
    others = Event.objects.exclude(pk=but.pk) if but else Event.objects.all()
    if stem not in RESERVED_SLUGS and not others.filter(slug=stem).exists():
        return stem
    return f"{stem}-{new_uid().hex[-8:]}"


def _check_zone(zone: str) -> None:
    if zone not in _ZONES:
        raise Invalid.field("timezone", _("%(zone)s is not a time zone.") % {"zone": zone})


def _check(event: Event) -> None:
    event.content = nh3.clean(event.content) if event.content else ""
    for field, moment in (("start_time", event.starts_at), ("end_time", event.ends_at)):
        if moment and moment.year not in YEARS:
            limits = {"first": YEARS[0], "last": YEARS[-1]}
            raise Invalid.field(field, _("Use a year from %(first)s to %(last)s.") % limits)
    if event.starts_at and event.ends_at and event.ends_at < event.starts_at:
        raise Invalid.field("end_time", _("The end is before the start."))


def _announce(event: Event) -> None:
    transaction.on_commit(lambda: event_changed.send(Event, event=event), robust=True)
