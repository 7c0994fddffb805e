"""What contract 001 answers, for its OpenAPI document. Beside this all is read from the code and from CONTRACT.md."""

from accounts.models import Notification
from bookings.models import Order, Ticket, TicketType
from eventify.contracts.described import Contract, Conventions
from eventify.contracts.evient import (
    admin_banners,
    admin_events,
    admin_orders,
    admin_scanners,
    admin_ticket_types,
    admin_tickets,
    admin_users,
    auth,
    conventions,
    events,
    orders,
    profile,
    urls,
    wording,
)
from eventify.contracts.kinds import (
    COUNT,
    CURRENCY,
    DAY,
    EMAIL,
    LINK,
    MOMENT,
    NOTHING,
    NUMBER,
    TEXT,
    TRUE_OR_FALSE,
    UID,
    WHOLE,
    Operation,
    bare,
    example,
    made,
    many,
    maybe,
    op,
    page,
    some,
    thing,
    words,
)

MONEY = NUMBER
ID_OR_SLUG = example("night-of-lights")
BANNER_ID = {"type": "integer", "minimum": 1, "examples": [3]}
MOST = conventions.LIMIT_MOST

# --- The envelope -------------------------------------------------------------------------------------

_PAGES = example(1, COUNT)
_PAGINATION = thing(
    "Pagination", page=example(1, WHOLE), limit=example(10, WHOLE), total=COUNT, pages=_PAGES, totalPages=_PAGES,
    total_pages=_PAGES,
)  # fmt: skip
_DETAIL = thing(
    "ErrorDetail", code=example("invalid"),
    details={"type": "object", "additionalProperties": True, "examples": [{"name": ["This field is required."]}]},
)  # fmt: skip
_ERROR = thing("Error", success={"const": False, "examples": [False]}, data=NOTHING, message=TEXT, error=_DETAIL)


def _envelope(operation: Operation) -> dict:
    around = {"message": maybe(TEXT), "error": NOTHING}
    success = {"const": True, "examples": [True]}
    if operation.paged:
        return bare(success=success, data=many(operation.answer), **around, pagination=_PAGINATION)
    return bare(success=success, data=operation.answer, **around)


CONVENTIONS = Conventions(_envelope, lambda status: _ERROR, UID, ("limit", conventions.LIMIT, conventions.LIMIT_MOST))

# --- People -------------------------------------------------------------------------------------------

USER = thing(
    "User", id=UID, email=EMAIL, full_name=example("Eve Buyer"), avatar_url=maybe(LINK), role=words("user", "admin"),
    is_active=TRUE_OR_FALSE, created_at=MOMENT, updated_at=MOMENT,
)  # fmt: skip
ACCOUNT = USER.with_("Account", user=USER)
LOGGED_IN = USER.with_("LoggedIn", token=example("eyJhbGciOi..."), user=USER)
SAVED = USER.with_("SavedProfile", ["token"], token=example("eyJhbGciOi..."), user=USER)
HOLDER = thing("Holder", id=UID, email=EMAIL, full_name=example("Eve Buyer"))
NOTIFICATION = thing(
    "Notification", id=UID, user_id=UID, title=TEXT, message=TEXT, type=words(*Notification.Kind.values),
    is_read=TRUE_OR_FALSE, created_at=MOMENT,
)  # fmt: skip
READ = thing("ReadCount", read=COUNT)

# --- Events -------------------------------------------------------------------------------------------

BRIEF = thing(
    "EventBrief", id=UID, title=example("Night of Lights"), slug=example("night-of-lights"),
    location=example("Open Air, Pune"), start_time=maybe(MOMENT), end_time=maybe(MOMENT), banner_image=LINK,
    thumbnail_image=LINK, category=example("Music"), status=words(*wording.WORDS),
)  # fmt: skip
EVENT = BRIEF.with_(
    "Event", description=TEXT, is_hot=TRUE_OR_FALSE, price_from=maybe(MONEY), currency=CURRENCY,
    is_sold_out=TRUE_OR_FALSE, created_at=MOMENT, updated_at=MOMENT,
)  # fmt: skip
_TYPE = {
    "id": UID, "event_id": UID, "name": example("GA"), "description": TEXT, "price": MONEY,
    "original_price": maybe(MONEY), "quantity_sold": COUNT, "available": {**WHOLE, "examples": [80]},
}  # fmt: skip
TICKET_TYPE = thing("TicketType", **_TYPE, quantity_total=COUNT, status=words("active", "sold_out"))
ADMIN_TYPE = thing(
    "AdminTicketType", **_TYPE, quantity_total=maybe(COUNT), status=words(*TicketType.Status.values),
    min_per_order=COUNT, max_per_order=maybe(WHOLE), max_per_person=maybe(WHOLE), sales_start=maybe(MOMENT),
    sales_end=maybe(MOMENT),
)  # fmt: skip
EVENT_DETAIL = EVENT.with_("EventDetail", content=TEXT, ticket_types=many(TICKET_TYPE))
ADMIN_EVENT = EVENT.with_(
    "AdminEvent", content=TEXT, city=example("Pune"), timezone=example("Asia/Kolkata"), capacity=COUNT,
    booked_count=COUNT, ticket_types=many(ADMIN_TYPE),
)  # fmt: skip
BANNER = thing(
    "Banner", id=WHOLE, title=example("Summer"), image_url=LINK, link_url=LINK, event_id=maybe(UID), priority=WHOLE,
    is_active=TRUE_OR_FALSE,
)  # fmt: skip

# --- Orders and tickets -------------------------------------------------------------------------------

ITEM = thing(
    "Item", id=UID, event_id=UID, event_title=example("Night of Lights"), ticket_type_id=UID,
    ticket_type_name=example("GA"), quantity=WHOLE, price=MONEY, subtotal=MONEY,
    seat_labels=many(example("A-1")),
)  # fmt: skip
ORDER = thing(
    "Order", id=UID, user_id=UID, total_amount=MONEY, currency=CURRENCY, status=words(*Order.Status.values),
    payment_method=maybe(TEXT), payment_transaction_id=maybe(TEXT), payment_url=maybe(LINK), created_at=MOMENT,
    expires_at=maybe(MOMENT), paid_at=maybe(MOMENT), items=many(ITEM),
)  # fmt: skip
ADMIN_ORDER = ORDER.with_("AdminOrder", user=HOLDER)
TICKET = thing(
    "Ticket", id=UID, order_id=UID, ticket_type_id=UID, user_id=UID, event_id=UID,
    ticket_code=example("HYTM5YNPHL2GKLEPG4TKBTHLKE"), status=words(*Ticket.Status.values), used_at=maybe(MOMENT),
    used_gate=maybe(example("South")), price_at_purchase=MONEY, seat_label=maybe(example("A-1")), created_at=MOMENT,
)  # fmt: skip
WALLET_TICKET = TICKET.with_(
    "WalletTicket", event=BRIEF, ticket_type=thing("TicketTypeBrief", id=UID, name=example("GA"))
)
ADMIN_TICKET = WALLET_TICKET.with_("AdminTicket", user=HOLDER)
ORDER_DETAIL = thing("OrderDetail", order=ORDER, tickets=many(TICKET), payment_url=maybe(LINK))
ADMIN_ORDER_DETAIL = thing("AdminOrderDetail", order=ADMIN_ORDER, tickets=many(TICKET), payment_url=maybe(LINK))

# --- Figures and the door -----------------------------------------------------------------------------

_COUNTS = (
    "total_tickets", "total_users", "total_events", "total_orders", "tickets_used", "tickets_valid",
    "tickets_sold_today", "active_users", "upcoming_events", "paid_orders", "pending_orders",
)  # fmt: skip
STATS = thing(
    "Stats", total_revenue=MONEY, **dict.fromkeys(_COUNTS, COUNT),
    revenue_by_day=many(thing("DayOfRevenue", date=DAY, revenue=MONEY, orders=COUNT)),
    recent_orders=many(ADMIN_ORDER),
)  # fmt: skip
REASON = words("used", "cancelled", "wrong_event", "event_cancelled")
VALIDITY = thing("Validity", valid=TRUE_OR_FALSE, reason=maybe(REASON), ticket=ADMIN_TICKET)
ADMISSION = thing("Admission", ticket=ADMIN_TICKET)

_A, _E = "/api/admin", "/api/admin/events/{id}"
_T = f"{_E}/ticket-types"

CONTRACT = Contract(
    name="evient",
    title="EViENT",
    urls=urls.urlpatterns,
    conventions=CONVENTIONS,
    handler=conventions.exception_handler,
    plain_error=conventions.plain_error,
    ids={"/api/events/": ID_OR_SLUG, "/api/admin/events/": ID_OR_SLUG, "/api/admin/banners/": BANNER_ID},
    operations={
        "POST /api/auth/login": op("Log in", LOGGED_IN, body=auth.Credentials),
        "POST /api/auth/register": made("Make an account", LOGGED_IN, auth.NewAccount),
        "GET /api/auth/me": op("Read who is logged in", ACCOUNT),
        "POST /api/auth/logout": op("Log out", NOTHING),
        "GET /api/users/profile": op("Read the own profile", ACCOUNT),
        "PUT /api/users/profile": op("Change the own profile", SAVED, body=profile.ProfileChange),
        "GET /api/users/tickets": page("List the own tickets", WALLET_TICKET, profile.TicketFilters, per_page=MOST),
        "GET /api/notifications": page("List the own messages", NOTIFICATION, profile.NotificationFilters),
        "POST /api/notifications/read-all": op("Mark all messages read", READ),
        "POST /api/notifications/{id}/read": op("Mark a message read", NOTIFICATION),
        "GET /api/events": page("List events", EVENT, events.EventFilters),
        "GET /api/events/featured": page("List hot events", EVENT),
        "GET /api/events/{id}": op("Read an event with its ticket types", EVENT_DETAIL),
        "GET /api/banners": page("List active banners", BANNER, per_page=MOST),
        "POST /api/orders": made("Buy tickets", ORDER_DETAIL, orders.NewOrder, key="optional"),
        "GET /api/orders": page("List the own orders", ORDER, orders.OrderFilters),
        "GET /api/orders/{id}": op("Read an own order", ORDER_DETAIL),
        "POST /api/orders/{id}/cancel": op("Cancel an own order", ORDER_DETAIL, body=orders.Cancellation),
        f"GET {_A}/stats": op("Read the figures", STATS),
        f"GET {_A}/scanners/validate": op("Ask whether a ticket is good", VALIDITY, admin_scanners.Question),
        f"POST {_A}/scanners/checkin": op("Let the holder of a ticket in", ADMISSION, body=admin_scanners.Scan),
        f"GET {_A}/users": page("List users", USER, admin_users.UserFilters),
        f"POST {_A}/users": made("Make a user", ACCOUNT, admin_users.NewUser),
        f"GET {_A}/users/{{id}}": op("Read a user", ACCOUNT),
        f"PUT {_A}/users/{{id}}": op("Change a user", ACCOUNT, body=some(admin_users.UserChange)),
        f"DELETE {_A}/users/{{id}}": op("Close an account", ACCOUNT),
        f"GET {_A}/events": page("List events to manage", ADMIN_EVENT, admin_events.AdminEventFilters),
        f"POST {_A}/events": made("Make an event", ADMIN_EVENT, admin_events.NewEvent),
        f"GET {_E}": op("Read an event to manage", ADMIN_EVENT),
        f"PUT {_E}": op("Change an event", ADMIN_EVENT, body=some(admin_events.EventChange)),
        f"DELETE {_E}": op("Delete an event", NOTHING),
        f"GET {_T}": page("List ticket types", ADMIN_TYPE, per_page=MOST),
        f"POST {_T}": made("Make a ticket type", ADMIN_TYPE, admin_ticket_types.TicketTypeBody),
        f"GET {_T}/{{type_id}}": op("Read a ticket type", ADMIN_TYPE),
        f"PUT {_T}/{{type_id}}": op("Change a ticket type", ADMIN_TYPE, body=some(admin_ticket_types.TicketTypeBody)),
        f"DELETE {_T}/{{type_id}}": op("Delete a ticket type", NOTHING),
        f"GET {_A}/orders": page("List orders", ADMIN_ORDER, admin_orders.AdminOrderFilters),
        f"GET {_A}/orders/{{id}}": op("Read an order", ADMIN_ORDER_DETAIL),
        f"PUT {_A}/orders/{{id}}": op("Cancel or refund an order", ADMIN_ORDER_DETAIL, body=admin_orders.OrderChange),
        f"POST {_A}/orders/{{id}}/refund": op("Refund an order", ADMIN_ORDER_DETAIL, body=orders.Cancellation),
        f"GET {_A}/tickets": page("List tickets", ADMIN_TICKET, admin_tickets.AdminTicketFilters),
        f"GET {_A}/tickets/{{id}}": op("Read a ticket", ADMIN_TICKET),
        f"PUT {_A}/tickets/{{id}}": op("Use or cancel a ticket", ADMIN_TICKET, body=admin_tickets.TicketChange),
        f"GET {_A}/banners": page("List banners", BANNER, admin_banners.BannerFilters),
        f"POST {_A}/banners": made("Make a banner", BANNER, admin_banners.NewBanner),
        f"GET {_A}/banners/{{id}}": op("Read a banner", BANNER),
        f"PUT {_A}/banners/{{id}}": op("Change a banner", BANNER, body=some(admin_banners.BannerChange)),
        f"DELETE {_A}/banners/{{id}}": op("Delete a banner", NOTHING),
    },
)
