"""Event types, and the events by pincode, category, month and day."""

import calendar
from collections import Counter
from datetime import date, timedelta

from django.db.models import Count, QuerySet, Value
from django.db.models.functions import Greatest, Least

from accounts.models import DeviceToken
from eventify.contracts.eventify_plus import body as bodies
from eventify.contracts.eventify_plus import spelling
from eventify.contracts.eventify_plus.conventions import TokenView
from eventify.lib import replica
from eventify.lib.errors import Missing
from events import queries
from events.models import Category, Event


class TypeList(TokenView):
    """POST /api/events/type-list/"""

    def answer(self, device: DeviceToken, body: dict) -> dict:
        return {"status": "success", "event_types": [self._spell(category) for category in Category.objects.all()]}

    def _spell(self, category: Category) -> dict:
        icon = spelling.absolute(self.request, category.icon.url) if category.icon else None
        return {"id": category.pk, "event_type": category.name, "event_type_icon": icon}


class PincodeEvents(TokenView):
    """POST /api/events/pincode-events/"""

    fields = ("pincode",)

    @replica.may_lag
    def answer(self, device: DeviceToken, body: dict) -> dict:
        pincode = bodies.pincode(body)
        events = spelling.listed().filter(pincode=pincode) if pincode else spelling.listed()
        return {"status": "success", "events": [spelling.listed_event(event, self.request) for event in events]}


class EventDetails(TokenView):
    """POST /api/events/event-details/"""

    fields = ("event_id",)

    def answer(self, device: DeviceToken, body: dict) -> dict:
        event = _event(body)
        images = spelling.images(event, self.request)
        return {**spelling.event_fields(event), "status": "success", "images": images}


class EventImages(TokenView):
    """POST /api/events/event-images/"""

    fields = ("event_id",)

    def answer(self, device: DeviceToken, body: dict) -> dict:
        images = spelling.images(_event(body), self.request)
        return {"status": "success", "images": [image["image"] for image in images]}


def _event(body: dict) -> Event:
    number = bodies.row_id(body, "event_id")
    event = spelling.listed().filter(pk=number).first() if number else None
    if event is None:
        raise Missing("Event not found")
    return event


class EventsByCategory(TokenView):
    """POST /api/events/events-by-category/"""

    fields = ("category_id",)

    @replica.may_lag
    def answer(self, device: DeviceToken, body: dict) -> dict:
        number = bodies.row_id(body, "category_id")
        events = spelling.listed().filter(category=number) if number else []
        return {"status": "success", "events": [spelling.short_event(event, self.request) for event in events]}


class EventsByMonthYear(TokenView):
    """POST /api/events/events-by-month-year/"""

    fields = ("month", "year")

    @replica.may_lag
    def answer(self, device: DeviceToken, body: dict) -> dict:
        year, month = bodies.month_and_year(body)
        last = calendar.monthrange(year, month)[1]
        days, total = days_with_events(spelling.listed(), date(year, month, 1), date(year, month, last))
        return {
            "status": "success",
            "dates": [day.isoformat() for day in days],
            "total_number_of_events": total,
            "date_events": [{"date_of_event": day.isoformat(), "events_of_date": n} for day, n in days.items()],
        }


def days_with_events(events: QuerySet[Event], first: date, last: date) -> tuple[dict[date, int], int]:
    """({local day: how many events it has}, how many events touch `first` to `last`) in one query.

    The database clips each event to the days asked for and counts equal stretches; of those a month has at
    most 496, however many events there are.
    """
    stretches = (
        queries.on_day(events, first, last)
        .annotate(first=Greatest("starts_on", Value(first)), last=Least("ends_on", Value(last)))
        .order_by()
        .values_list("first", "last")
        .annotate(events=Count("pk"))
    )
    days: Counter[date] = Counter()
    total = 0
    for start, end, how_many in stretches:
        total += how_many
        for number in range((end - start).days + 1):
            days[start + timedelta(days=number)] += how_many
    return dict(sorted(days.items())), total


class EventsByDate(TokenView):
    """POST /api/events/events-by-date/"""

    fields = ("date_of_event",)

    @replica.may_lag
    def answer(self, device: DeviceToken, body: dict) -> dict:
        events = queries.on_day(spelling.listed(), bodies.day(body, "date_of_event"))
        return {"status": "success", "events": [spelling.dated_event(event, self.request) for event in events]}
