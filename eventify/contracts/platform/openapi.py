"""What our own API answers, for its OpenAPI document. Beside this all is read from the code and from CONTRACT.md."""

from accounts.explaining import KINDS
from analytics.explaining import ACTIONS, INPUTS
from eventify.contracts import api_v1
from eventify.contracts.described import PREFIX_V1, Contract
from eventify.contracts.kinds import (
    ANYTHING,
    COUNT,
    CURRENCY,
    EMAIL,
    MOMENT,
    NOTHING,
    TEXT,
    TRUE_OR_FALSE,
    UID,
    WHOLE,
    Operation,
    example,
    many,
    maybe,
    op,
    page,
    some,
    thing,
    words,
)
from eventify.contracts.platform import api_keys, feed, urls, webhooks
from integrations import feed as feed_rules
from integrations.keys import SCOPES
from integrations.kinds import IDS

KIND = thing(
    "Kind",
    kind=example("order.paid"),
    version=example(1, WHOLE),
    description=example("An order is paid."),
    fields={"type": "object", "additionalProperties": TEXT, "examples": [{"order_id": "id", "amount": "amount"}]},
    nullable=many(example("event_id")),
    example=ANYTHING,
)
FACT = thing(
    "Fact",
    id=UID,
    kind=example("order.paid"),
    version=example(1, WHOLE),
    occurred_at=MOMENT,
    organisation_id=UID,
    data={"type": "object", "examples": [{"order_id": UID["examples"][0], "amount": "499.50", "currency": "INR"}]},
)
FEED_META = thing("FeedMeta", next=example("f2a"), has_more=TRUE_OR_FALSE)
ORGANISATION = {"organisation": {**UID, "description": "Of people who may act for more than one. A key has its own."}}
FEED_QUERY = {
    "after": {**example("f2a"), "description": "The cursor `next` of an earlier answer; `latest` for the end."},
    "limit": {"type": "integer", "minimum": 1, "maximum": feed_rules.MOST, "default": feed.USUAL},
    "kinds": {**example("order.paid,ticket.issued"), "description": "Only these, with commas between them."},
    **ORGANISATION,
}
SECRET = {"secret": example("whsec_3q2+7w=="), "key": example("evk_...")}
ENDPOINT = thing(
    "Endpoint",
    id=UID,
    organisation_id=UID,
    url=example("https://crm.example.com/hooks"),
    description=TEXT,
    kinds=many(words(*IDS)),
    state=words("active", "paused", "disabled"),
    failing_since=maybe(MOMENT),
    retry_at=maybe(MOMENT),
    created_at=MOMENT,
)
NEW_ENDPOINT = ENDPOINT.with_("NewEndpoint", secret=SECRET["secret"])
ATTEMPT = thing(
    "Attempt", started_at=MOMENT, status=maybe(example(204, WHOLE)), milliseconds=COUNT, answer=TEXT, error=TEXT
)
DELIVERY = thing(
    "Delivery",
    id=UID,
    fact_id=maybe(UID),
    kind=example("order.paid"),
    status=words("waiting", "delivered", "given_up"),
    created_at=MOMENT,
    next_attempt_at=maybe(MOMENT),
    delivered_at=maybe(MOMENT),
    attempts=many(ATTEMPT),
)
REPLAYED = thing("Replayed", facts=COUNT)
API_KEY = thing(
    "ApiKey",
    id=UID,
    organisation_id=UID,
    name=example("CRM"),
    prefix=example("evk_Jx3kP0aQ"),
    scopes=many(words(*SCOPES)),
    created_at=MOMENT,
    expires_at=maybe(MOMENT),
    last_used_at=maybe(MOMENT),
    revoked_at=maybe(MOMENT),
)
NEW_API_KEY = API_KEY.with_("NewApiKey", key=SECRET["key"])
BUYER = thing("OrderBuyer", name=TEXT, email=EMAIL, phone=TEXT, company=TEXT)
TICKET = thing(
    "OrderTicket",
    id=UID,
    status=words("valid", "used", "cancelled"),
    seat=maybe(example("A-1")),
    attendee_name=TEXT,
    attendee_email=TEXT,
    used_at=maybe(MOMENT),
)
BOOKING = thing(
    "OrderBooking",
    id=UID,
    event_id=UID,
    ticket_type_id=UID,
    ticket_type=example("Balcony"),
    quantity=COUNT,
    unit_price=example("499.50"),
    status=words("pending", "confirmed", "waitlisted", "cancelled"),
    tickets=many(TICKET),
)
ORDER = thing(
    "PlatformOrder",
    id=UID,
    status=words("pending", "paid", "cancelled", "refunded"),
    amount=example("999.00"),
    currency=CURRENCY,
    created_at=MOMENT,
    paid_at=maybe(MOMENT),
    cancelled_at=maybe(MOMENT),
    buyer=BUYER,
    bookings=many(BOOKING),
)
_W = "/api/v1/webhooks/{id}"
OF_FEED = {
    "GET /api/v1/feed/kinds": op("List the kinds of facts", many(KIND)),
    "GET /api/v1/feed": op("Read the feed", many(FACT), FEED_QUERY, beside=thing("FeedBeside", meta=FEED_META)),
    "GET /api/v1/orders/{id}": op("Read an order", ORDER),
}
OF_WEBHOOKS = {
    "GET /api/v1/webhooks": page("List endpoints", ENDPOINT, ORGANISATION),
    "POST /api/v1/webhooks": Operation(
        "Make an endpoint", NEW_ENDPOINT, body=webhooks.EndpointBody, query=(ORGANISATION,), status=201
    ),
    f"GET {_W}": op("Read an endpoint", ENDPOINT),
    f"PATCH {_W}": op("Change an endpoint", ENDPOINT, body=some(webhooks.EndpointBody)),
    f"DELETE {_W}": op("Remove an endpoint", NOTHING),
    f"POST {_W}/pause": op("Pause an endpoint", ENDPOINT),
    f"POST {_W}/resume": op("Resume an endpoint", ENDPOINT),
    f"POST {_W}/rotate": op("Rotate the secret", NEW_ENDPOINT),
    f"POST {_W}/test": op("Send a test", DELIVERY, status=202),
    f"POST {_W}/replay": op("Send everything since a moment again", REPLAYED, body=webhooks.ReplayBody, status=202),
    f"GET {_W}/deliveries": page("List deliveries", DELIVERY),
    "POST /api/v1/deliveries/{id}/replay": op("Send a delivery again", DELIVERY, status=202),
}
OF_KEYS = {
    "GET /api/v1/api-keys": page("List keys", API_KEY, ORGANISATION),
    "POST /api/v1/api-keys": Operation(
        "Make a key", NEW_API_KEY, body=api_keys.KeyBody, query=(ORGANISATION,), status=201
    ),
    "DELETE /api/v1/api-keys/{id}": op("Revoke a key", NOTHING),
}

WHY_FIX = thing("WhyFix", sentence=example("Join the waitlist on the event's page."), url=example("/e/blue-hall/"))
WHY = thing(
    "Why",
    action=words(*ACTIONS),
    object=example("01a1fba0-441f-7090-9f64-b7d596a35e5a"),
    allowed=example(False, TRUE_OR_FALSE),
    sentence=example("At most 4 of Balcony per person."),
    kind=maybe(words(*KINDS)),
    code=maybe(example("over_limit")),
    rule=maybe(example("person_limit")),
    facts={"type": "object", "examples": [{"limit": 4, "held": 4, "asked": 1}]},
    fix=maybe(WHY_FIX),
)
QUESTION = {
    "action": words(*ACTIONS),
    "object": example("01a1fba0-441f-7090-9f64-b7d596a35e5a"),
    "for": {**UID, "description": "A user whom the caller asks for; needs view_users."},
    **{name: {**TEXT, "description": about} for name, about in INPUTS.items()},
}
OF_EXPLAIN = {"GET /api/v1/explain": op("Ask why something is refused", WHY, QUESTION)}

CONTRACT = Contract(
    name="platform",
    title="Platform",
    urls=urls.urlpatterns,
    conventions=PREFIX_V1,
    handler=api_v1.exception_handler,
    plain_error=api_v1.plain_error,
    operations={**OF_FEED, **OF_EXPLAIN, **OF_WEBHOOKS, **OF_KEYS},
)
