"""What contract 002 answers, for its OpenAPI document. Beside this all is read from the code and from CONTRACT.md."""

from django.conf import settings

from eventify.contracts.described import Contract, Conventions
from eventify.contracts.evently import admin, auth, booking, conventions, events, fields, ops, stats, urls
from eventify.contracts.kinds import (
    COUNT,
    DAY,
    EMAIL,
    LINK,
    MOMENT,
    NUMBER,
    TEXT,
    TRUE_OR_FALSE,
    WHOLE,
    Body,
    example,
    made,
    many,
    maybe,
    op,
    thing,
    words,
)

ID = {"type": "integer", "minimum": 1, "examples": [86]}
_LOC = {"type": "array", "items": {"type": ["string", "integer"]}, "examples": [["body", "name"]]}
_PROBLEM = thing("Problem", loc=_LOC, msg=example("This field is required."), type=example("missing"))
_SAID = thing("Error", detail=TEXT)
_INVALID = thing("Invalid", detail={"anyOf": [many(_PROBLEM), TEXT]})
CONVENTIONS = Conventions(
    envelope=lambda operation: operation.answer,
    errors=lambda status: _INVALID if status == 422 else _SAID,
    id={**ID, "maximum": conventions.BIGINT_MAX},
)
KEY = settings.EVENTIFY_IDEMPOTENCY_KEY

USER = thing("User", id=ID, name=example("Meera Pillai"), email=EMAIL, role=words(auth.USER, auth.ADMIN))
TOKEN = thing("Token", access_token=example("eyJhbGciOi..."), token_type=words("bearer"))
SAID = thing("Said", detail=example("Logged out."))
EVENT = thing(
    "Event", id=ID, name=example("Lantern Walk"), venue=example("Riverside Steps"), start_time=maybe(MOMENT),
    end_time=maybe(MOMENT), capacity=COUNT, booked_count=COUNT, waitlisted_count=COUNT,
    status=words(events.ACTIVE, events.INACTIVE),
)  # fmt: skip
EVENTS = thing(
    "Events", items=many(EVENT),
    meta=thing("PageMeta", page=example(1, WHOLE), page_size=example(10, WHOLE), total=COUNT),
)  # fmt: skip
SEAT = thing(
    "Seat", id=ID, event_id=ID, label=example("A-1"), row_label=example("A"), col_number=example(1, WHOLE),
    reserved=TRUE_OR_FALSE, reserved_booking_id=maybe(ID),
)  # fmt: skip
BOOKING = thing(
    "Booking", id=ID, user_id=ID, event_id=ID, qty=example(2, WHOLE),
    status=words("CONFIRMED", "PENDING", "WAITLISTED", "CANCELLED"), seat_labels=many(example("A-1")),
    created_at=MOMENT, payment_url=maybe(LINK),
)  # fmt: skip
GRID = thing("SeatGrid", created=COUNT, generated=COUNT, capacity=COUNT)
HOMEPAGE = thing(
    "HomepageFigures", total_events=COUNT, total_tickets_sold=COUNT, total_customers=COUNT, cities_covered=COUNT
)
_DAYS = many(thing("DayCount", date=DAY, count=COUNT))
_WITH_SHARE = EVENT.with_("EventWithUtilization", utilization_pct=NUMBER)
SUMMARY = thing(
    "Summary", generated_at=MOMENT, events=many(_WITH_SHARE), top_events=many(_WITH_SHARE),
    totals=thing("Totals", events=COUNT, active_events=COUNT, capacity=COUNT, booked=COUNT, utilization_pct=NUMBER),
    timeseries_7d=thing("Week", bookings=_DAYS, cancellations=_DAYS),
)  # fmt: skip
_CHECK = thing("Check", status=words("ok", "warning", "failed"), detail=TEXT)
READY = thing(
    "Readiness", status=words("ok", "warning", "failed"),
    checks=thing("Checks", database=_CHECK, migrations=_CHECK, redis=_CHECK, worker=_CHECK, beat=_CHECK),
)  # fmt: skip

_PAGE = fields.Page

CONTRACT = Contract(
    name="evently",
    title="Evently",
    urls=urls.urlpatterns,
    conventions=CONVENTIONS,
    handler=conventions.answer_error,
    plain_error=conventions.plain_error,
    operations={
        "POST /auth/signup": op("Make an account", USER, body=auth.NewUser),
        "POST /auth/login": op("Log in", TOKEN, body=auth.Credentials),
        "POST /auth/logout": op("Log out", SAID, body=fields.Nothing),
        "GET /auth/me": op("Read who is logged in", USER),
        "GET /events": op("List events", EVENTS, events.Search),
        "GET /events/{id}": op("Read an event", EVENT),
        "GET /events/{id}/seats": op("List the seats of an event", many(SEAT), _PAGE, token="optional"),
        "POST /events/{id}/book": op("Book places", BOOKING, body=booking.NewBooking, key=KEY),
        "GET /me/bookings": op("List the own bookings", many(BOOKING), _PAGE),
        "GET /bookings/{id}": op("Read a booking", BOOKING),
        "DELETE /bookings/{id}": op("Cancel a booking", BOOKING, body=fields.Nothing),
        "GET /admin/events": op("List events to manage", many(EVENT), _PAGE),
        "POST /admin/events": op("Make an event", EVENT, body=admin.NewEvent),
        "PATCH /admin/events/{id}": op(
            "Change an event", EVENT, body=Body(admin.EventChanges, partial=True, nullable=True)
        ),
        "POST /admin/events/{id}/deactivate": op("Withdraw an event from booking", EVENT, body=fields.Nothing),
        "DELETE /admin/events/{id}": op("Delete an event", status=204, body=fields.Nothing),
        "POST /admin/events/{id}/seats/generate": op("Generate seats", GRID, body=admin.Grid),
        "GET /admin/bookings": op("List bookings", many(BOOKING), _PAGE),
        "GET /admin/users": op("List users", many(USER), admin.RoleQuery, _PAGE),
        "POST /admin/users": made("Make a user", USER, admin.NewUserWithRole),
        "PATCH /admin/users/{id}/role": op("Change a user's role", USER, body=admin.RoleChange),
        "GET /stats/homepage": op("Read the figures of the home page", HOMEPAGE),
        "GET /admin/analytics/summary": op("Read the summary for staff", SUMMARY, stats.Refresh),
        "GET /healthz": op("Ask whether the process answers", thing("Health", status=words("ok"))),
        "GET /readyz": op("Ask whether requests can be answered", READY, ops.Strictness, also={503: READY}),
        "GET /metrics": op("Read the metrics", example("# TYPE ..."), media_type="text/plain"),
    },
)
