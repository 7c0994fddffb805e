"""What an event still lacks: what stops its publishing, and what would only be a pity."""

from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.models import TicketType
from events import states
from events.models import Event

T = TicketType.Status


def missing(event: Event) -> list[str]:
    """What must be there before it can be published, as sentences (events/states.py)."""
    return states.missing_for(event, Event.State.PUBLISHED)


def advice(event: Event, types: list[TicketType]) -> list[str]:
    """What should be there, though nothing waits for it, as sentences. `types` are the event's ticket types."""
    said = []
    if event.is_over:
        said.append(_("The end is in the past, so nobody can book."))
    if event.kind == Event.Kind.EVENT and not event.outside_event_url:
        said += _of_sale(event, types)
    if event.partner.verification_status != event.partner.Verification.VERIFIED:
        said.append(_("Your papers are not verified yet. You can sell; the money is paid out once they are."))
    return said


def _of_sale(event: Event, types: list[TicketType]) -> list[str]:
    if not types:
        return [_("There is no ticket type yet, so nothing can be booked.")]
    if not event.capacity:
        return [_("There are no places yet. Say how many tickets of each type there are, or change the capacity.")]
    now = timezone.now()
    if not any(one.status == T.ACTIVE and not (one.sales_end_at and one.sales_end_at <= now) for one in types):
        return [_("No ticket type is on sale.")]
    return []
