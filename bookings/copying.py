"""Making an event like another one: next week's evening, next year's festival."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from bookings import capacity, halls, ticket_types
from eventify.lib.errors import Invalid
from events import editing, pictures
from events.models import Event

_FIELDS = (
    "kind",
    "parent",
    "sub_event_label",
    "category",
    "title",
    "description",
    "content",
    "important_information",
    "venue_name",
    "location",
    "place",
    "district",
    "state_name",
    "country",
    "pincode",
    "latitude",
    "longitude",
    "timezone",
    "outside_event_url",
    "banner_image",
    "thumbnail_image",
    "currency",
    "lets_smaller_parties_pass",
    "licensed_capacity",
    "is_eventify_event",
)
_TYPE_FIELDS = (
    "name",
    "description",
    "price",
    "original_price",
    "quantity_total",
    "status",
    "min_per_order",
    "max_per_order",
    "max_per_person",
    "position",
    "tax_rate",
    "area",
)


@transaction.atomic
def copy(event: Event, *, uid: UUID, name: str, starts_at: datetime | None, by: User) -> Event:
    """A draft like the event, that starts at another moment: its texts, pictures, hall, ticket types and capacity.

    The end and the sale windows keep their distance to the start, as clocks there show it; without a start none of
    them is copied. Not copied are sub-events, promo codes, the crew and whatever was sold. Once for each `uid`.
    Invalid (starts_at) when a moment would be too far away.
    """
    event = Event.objects.select_related("partner").get(pk=event.pk)
    moved = _mover(event, starts_at)
    fields = {field: getattr(event, field) for field in _FIELDS}
    if event.seating == Event.Seating.AUTOMATIC:
        fields["seating"] = event.seating
    when = {"starts_at": starts_at, "ends_at": moved(event.ends_at)}
    made, is_new = editing.create_once(uid, event.partner, by=by, name=name, **when, **fields)
    if not is_new:
        return made
    pictures.share(made, event)
    if event.seating == Event.Seating.EXPLICIT:
        halls.save(made, halls.spots(event), by=by, stage=halls.stage_of(event))
    for one in event.ticket_types.all():
        window = {field: moved(getattr(one, field)) for field in ("sales_start_at", "sales_end_at")}
        ticket_types.create(made, by=by, **window, **{field: getattr(one, field) for field in _TYPE_FIELDS})
    if event.is_capacity_fixed:
        capacity.change(made, event.capacity, by=by)
    audit.record("COPIED_EVENT", made, by=by, of=str(event.uid))
    return Event.objects.select_related("partner").get(pk=made.pk)


def _mover(event: Event, starts_at: datetime | None):
    """What moves a moment of the event along with its start."""

    def clock(moment: datetime) -> datetime:
        return moment.astimezone(event.zone).replace(tzinfo=None)

    def moved(moment: datetime | None) -> datetime | None:
        if not (moment and starts_at and event.starts_at):
            return None
        try:
            there = clock(moment) + (clock(starts_at) - clock(event.starts_at))
        except OverflowError:
            there = datetime.max
        if there.year not in editing.YEARS:
            limits = {"first": editing.YEARS[0], "last": editing.YEARS[-1]}
            raise Invalid.field("starts_at", _("Use a year from %(first)s to %(last)s.") % limits)
        return there.replace(tzinfo=event.zone)

    return moved
