"""Which events somebody may see, and the questions that several surfaces ask of them."""

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from events import states
from events.models import Event
from partners import members


def visible_to(user: User | None) -> QuerySet[Event]:
    """Public events, and the drafts of the partners whose events the user may see."""
    if user is None or not user.is_authenticated:
        return public()
    if user.can("view_events"):
        return Event.objects.all()
    own = members.partners_where(user, "view_events").values("pk")
    return Event.objects.filter(~Q(state=Event.State.DRAFT) | Q(partner__in=own))


def public() -> QuerySet[Event]:
    """All that were ever published: drafts are nobody's business."""
    return Event.objects.exclude(state=Event.State.DRAFT)


def upcoming() -> QuerySet[Event]:
    """What can still be attended, soonest first."""
    on_sale = Event.objects.filter(state__in=states.ON_SALE, ends_at__gt=timezone.now())
    return on_sale.order_by(F("starts_at").asc(nulls_last=True), "id")


def on_day(events: QuerySet[Event], first, last=None) -> QuerySet[Event]:
    """Those that touch the local days from `first` to `last` (the one day when there is no last)."""
    return events.filter(starts_on__lte=last or first, ends_on__gte=first)
