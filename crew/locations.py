"""Locations: the places on the terrain where shifts begin. Every verb holds the event's lock."""

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from crew import editing
from crew.models import Location
from eventify.lib.errors import Invalid
from events.locking import lock_one
from events.models import Event


@transaction.atomic
def create(
    event: Event, *, by: User | None, name: str, address: str = "", latitude: Decimal | None = None,
    longitude: Decimal | None = None, instructions: str = "",
) -> Location:  # fmt: skip
    """Add a place; latitude and longitude in degrees. Invalid for impossible values. Locks the event."""
    location = Location(
        event=lock_one(event), name=name, address=address, latitude=latitude, longitude=longitude,
        instructions=instructions,
    )  # fmt: skip
    _check(location)
    location.save(force_insert=True)
    audit.record("CREATED_LOCATION", location, by=by, event=str(event.uid))
    return location


@transaction.atomic
def change(location: Location, *, by: User | None, **changes) -> Location:
    """Change what `create` gives. Invalid for impossible values. Locks the event."""
    location = editing.fresh(location)
    changed = editing.change(location, changes)
    _check(location)
    if changed:
        location.save(update_fields=[*changed, "updated_at"])
        audit.record("CHANGED_LOCATION", location, by=by, fields=sorted(changed))
    return location


@transaction.atomic
def delete(location: Location, *, by: User | None) -> None:
    """Delete a place; the shifts that begin there have none then. Locks the event, as making a shift does."""
    location = editing.fresh(location)
    audit.record("DELETED_LOCATION", location, by=by, name=location.name)
    location.delete()


def _check(location: Location) -> None:
    editing.check(location)
    for field, most in (("latitude", 90), ("longitude", 180)):
        degrees = getattr(location, field)
        if degrees is not None and abs(Decimal(degrees)) > most:
            raise Invalid.field(field, _("Use degrees from -%(most)s to %(most)s.") % {"most": most})
