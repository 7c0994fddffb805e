"""Which events somebody may see, and the questions that several surfaces ask of them."""

from datetime import date

from django.contrib.postgres.expressions import ArraySubquery
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import BooleanField, F, Func, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from events import states
from events.models import Days, Event
from partners import members

FAMILIES = (Event.Kind.FESTIVAL, Event.Kind.SERIES)


class IsOneOf(Func):
    """Whether a value is among the rows of a query that is run once, however many rows are judged."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()

    def __init__(self, field: str, rows: QuerySet):
        super().__init__(F(field), ArraySubquery(rows))


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


def held() -> QuerySet[Event]:
    """All that took place, takes place or will: neither drafts nor what was cancelled."""
    return Event.objects.exclude(state__in=(Event.State.DRAFT, Event.State.CANCELLED))


def children(events: QuerySet[Event], parent) -> QuerySet[Event]:
    """The sub-events among these, in the order of a page."""
    return events.filter(parent=parent).select_related("partner").order_by("starts_at", "id")


def upcoming() -> QuerySet[Event]:
    """What can still be attended, soonest first."""
    on_sale = Event.objects.filter(state__in=states.ON_SALE, ends_at__gt=timezone.now())
    return on_sale.order_by(F("starts_at").asc(nulls_last=True), "id")


def top_level(events: QuerySet[Event]) -> QuerySet[Event]:
    """Without the sub-events of a festival or series that can be attended itself: it stands for them."""
    families = Event.objects.filter(state__in=states.ON_SALE, kind__in=FAMILIES)
    return events.filter(Q(parent=None) | ~Q(IsOneOf("parent_id", families.values("pk"))))


def on_day(events: QuerySet[Event], first: date, last: date | None = None) -> QuerySet[Event]:
    """Those that touch the local days from `first` to `last` (the one day when there is no last)."""
    dated = events.filter(starts_on__isnull=False, ends_on__isnull=False)
    return dated.alias(days=Days("starts_on", "ends_on")).filter(days__overlap=DateRange(first, last or first, "[]"))
