"""What every route of the contracts is about, and who may reach what is another's: written by hand, so that the code
is judged by something that it did not say itself. A route that is not here fails the suite.

A word of a line is a permission: it is enough on the organisation whose row the address names, or everywhere.
"staff" before them: everywhere only. The other words are below.
"""

from eventify.contracts.crewli.tests import bodies as crewli_bodies
from eventify.contracts.crewli.tests import routes_planning as crewli_planning
from eventify.contracts.crewli.tests.test_routes import TABLE as CREWLI
from eventify.tests.page_world import A, Caller

ANYBODY = "anybody"  # without a session, too
SESSION = "session"  # whoever is logged in: about themselves, or about what is published
OWN = "own"  # whoever owns the row
STAFF = "staff"

_PARTNER, _MONEY = "api/v1/partners", "api/v1/financials/payouts"
_TYPES = "api/admin/events/<id>/ticket-types"
# contract -> "METHOD path" -> who may
REACH = {
    "command_center": {
        "POST api/v1/auth/login": ANYBODY,
        "POST api/v1/auth/refresh": ANYBODY,
        "POST api/v1/auth/logout": SESSION,
        "GET api/v1/auth/me": SESSION,
        "POST api/v1/auth/step-up": SESSION,
        "GET api/v1/dashboard/metrics": "view_analytics",
        "GET api/v1/dashboard/revenue-chart": "view_analytics",
        "GET api/v1/dashboard/activity": "staff view_audit",
        f"GET {_PARTNER}": "view_partners",
        f"POST {_PARTNER}": "staff manage_partners",
        f"GET {_PARTNER}/<id>": "view_partners",
        f"GET {_PARTNER}/<id>/documents": "view_partners",
        f"POST {_PARTNER}/<id>/documents": "manage_partners",
        f"PATCH {_PARTNER}/<id>/status": "staff manage_partners",
        f"POST {_PARTNER}/<id>/kyc/review": "staff review_kyc",
        f"GET {_PARTNER}/<id>/contacts": "view_partners",
        f"POST {_PARTNER}/<id>/contacts": "manage_partners",
        f"PATCH {_PARTNER}/<id>/contacts/<contact_id>": "manage_partners",
        f"DELETE {_PARTNER}/<id>/contacts/<contact_id>": "manage_partners",
        "GET api/v1/admin/users": "staff manage_staff",
        "POST api/v1/admin/users": "staff manage_staff",
        "DELETE api/v1/admin/users/<id>": "staff manage_staff",
        "PATCH api/v1/admin/users/<id>/role": "staff manage_staff",
        "GET api/v1/admin/roles": "staff manage_staff manage_roles",
        "POST api/v1/admin/roles": "staff manage_roles",
        "DELETE api/v1/admin/roles/<id>": "staff manage_roles",
        "PUT api/v1/admin/roles/<id>/permissions": "staff manage_roles",
        "GET api/v1/admin/permissions": "staff manage_staff manage_roles",
        "GET api/v1/users": "staff view_users",
        "POST api/v1/users/<id>/ban": "staff ban_users",
        "POST api/v1/users/<id>/unban": "staff ban_users",
        "POST api/v1/users/<id>/reset-2fa": "staff reset_2fa",
        "GET api/v1/financials/entries": "view_financials",
        f"GET {_MONEY}": "view_financials",
        f"POST {_MONEY}": "staff manage_payouts",
        f"GET {_MONEY}/<id>": "view_financials",
        f"POST {_MONEY}/<id>/approve": "staff manage_payouts",
        f"POST {_MONEY}/<id>/discard": "staff manage_payouts",
        "GET api/v1/notifications": SESSION,
        "POST api/v1/notifications/read-all": SESSION,
        "POST api/v1/notifications/<id>/read": OWN,
        "GET api/v1/audit-logs": "staff view_audit",
    },
    "evient": {
        "POST api/admin/scanners/checkin": "check_in",
        "GET api/admin/scanners/validate": "check_in",
        "POST api/auth/login": ANYBODY,
        "POST api/auth/register": ANYBODY,
        "GET api/auth/me": SESSION,
        "POST api/auth/logout": SESSION,
        "GET api/users/profile": SESSION,
        "PUT api/users/profile": SESSION,
        "GET api/users/tickets": SESSION,
        "GET api/notifications": SESSION,
        "POST api/notifications/read-all": SESSION,
        "POST api/notifications/<id>/read": OWN,
        "GET api/events": ANYBODY,
        "GET api/events/featured": ANYBODY,
        "GET api/events/<id>": ANYBODY,
        "GET api/banners": ANYBODY,
        "GET api/orders": SESSION,
        "POST api/orders": SESSION,
        "GET api/orders/<id>": OWN,
        "POST api/orders/<id>/cancel": OWN,
        "GET api/admin/stats": "staff view_analytics",
        "GET api/admin/users": "staff view_users",
        "POST api/admin/users": "staff manage_staff",
        "GET api/admin/users/<id>": "staff view_users",
        "PUT api/admin/users/<id>": "staff manage_staff",  # who may only ban writes is_active alone: another body
        "DELETE api/admin/users/<id>": "staff manage_staff",
        "GET api/admin/events": "view_events",
        "POST api/admin/events": "manage_events",
        "GET api/admin/events/<id>": "view_events",
        "PUT api/admin/events/<id>": "manage_events",
        "DELETE api/admin/events/<id>": "manage_events",
        f"GET {_TYPES}": "view_events",
        f"POST {_TYPES}": "manage_events",
        f"GET {_TYPES}/<type_id>": "view_events",
        f"PUT {_TYPES}/<type_id>": "manage_events",
        f"DELETE {_TYPES}/<type_id>": "manage_events",
        "GET api/admin/orders": "view_financials",
        "GET api/admin/orders/<id>": "view_financials",
        "PUT api/admin/orders/<id>": "refund_orders",
        "POST api/admin/orders/<id>/refund": "refund_orders",
        "GET api/admin/tickets": "check_in",
        "GET api/admin/tickets/<id>": "check_in",
        "PUT api/admin/tickets/<id>": "check_in",
        "GET api/admin/banners": "staff view_events",
        "POST api/admin/banners": "staff manage_events",
        "GET api/admin/banners/<id>": "staff view_events",
        "PUT api/admin/banners/<id>": "staff manage_events",
        "DELETE api/admin/banners/<id>": "staff manage_events",
    },
    "evently": {
        "POST auth/signup": ANYBODY,
        "POST auth/login": ANYBODY,
        "POST auth/logout": SESSION,
        "GET auth/me": SESSION,
        "GET events": ANYBODY,
        "GET events/<id>": ANYBODY,
        "GET events/<id>/seats": ANYBODY,
        "POST events/<id>/book": SESSION,
        "GET me/bookings": SESSION,
        "GET bookings/<id>": "own view_events refund_orders",
        "DELETE bookings/<id>": "own refund_orders",
        "GET admin/events": "view_events",
        "POST admin/events": "manage_events",
        "PATCH admin/events/<id>": "manage_events",
        "DELETE admin/events/<id>": "manage_events",
        "POST admin/events/<id>/deactivate": "manage_events",
        "POST admin/events/<id>/seats/generate": "manage_events",
        "GET admin/bookings": "view_events",
        "GET admin/users": "staff view_users",
        "POST admin/users": "staff manage_staff",
        "PATCH admin/users/<id>/role": "staff manage_staff",
        "GET stats/homepage": ANYBODY,
        "GET admin/analytics/summary": "staff view_analytics",
        "GET healthz": ANYBODY,
        "GET readyz": ANYBODY,
        "GET metrics": ANYBODY,
    },
    "eventify_plus": {
        "POST api/user/register": ANYBODY,
        "POST api/user/login": ANYBODY,
        "POST api/user/status": SESSION,
        "POST api/user/logout": SESSION,
        "POST api/events/type-list": SESSION,
        "POST api/events/pincode-events": SESSION,
        "POST api/events/event-details": SESSION,
        "POST api/events/event-images": SESSION,
        "POST api/events/events-by-category": SESSION,
        "POST api/events/events-by-month-year": SESSION,
        "POST api/events/events-by-date": SESSION,
    },
    "crewli": {  # of the others its own table says it by kinds of callers: CREWLI
        "GET api/v1/organisations": "view_partners",
        "POST api/v1/organisations": "staff manage_partners",
        "POST api/v1/invitations/<token>/accept": ANYBODY,
    },
    "platform": {
        "GET api/v1/feed/kinds": ANYBODY,
        "GET api/v1/feed": "manage_integrations",
        "GET api/v1/orders/<id>": "view_financials",
        "GET api/v1/webhooks": "manage_integrations",
        "POST api/v1/webhooks": "manage_integrations",
        "GET api/v1/webhooks/<id>": "manage_integrations",
        "PATCH api/v1/webhooks/<id>": "manage_integrations",
        "DELETE api/v1/webhooks/<id>": "manage_integrations",
        "POST api/v1/webhooks/<id>/pause": "manage_integrations",
        "POST api/v1/webhooks/<id>/resume": "manage_integrations",
        "POST api/v1/webhooks/<id>/rotate": "manage_integrations",
        "POST api/v1/webhooks/<id>/test": "manage_integrations",
        "POST api/v1/webhooks/<id>/replay": "manage_integrations",
        "GET api/v1/webhooks/<id>/deliveries": "manage_integrations",
        "POST api/v1/deliveries/<id>/replay": "manage_integrations",
        "GET api/v1/api-keys": "manage_integrations",
        "POST api/v1/api-keys": "manage_integrations",
        "DELETE api/v1/api-keys/<id>": "manage_integrations",
        "GET api/v1/explain": f"{OWN} view_events view_financials",  # the order of BODIES
    },
}
# Tells more to who asks for it with the right body or query; each is made of the rows of one owner.
CODE = {"code": "tickets.ticket_code"}
BODIES = {
    "POST api/v1/partners": {"name": "New", "type": "Promoter", "contact": {"name": "Nina", "email": "n@example.com"}},
    f"PATCH {_PARTNER}/<id>/status": {"status": "Suspended", "reason": "because"},
    f"POST {_PARTNER}/<id>/kyc/review": {"document_id": "documents", "decision": "Verified"},
    f"POST {_PARTNER}/<id>/contacts": {"name": "Nina", "email": "n@example.com"},
    f"PATCH {_PARTNER}/<id>/contacts/<contact_id>": {"name": "Nina"},
    "POST api/v1/admin/users": {"email": "s@example.com", "full_name": "Stef", "role_id": "roles"},
    "PATCH api/v1/admin/users/<id>/role": {"role_id": "roles"},
    "POST api/v1/admin/roles": {"name": "New role"},
    "PUT api/v1/admin/roles/<id>/permissions": {"permissions": ["view_events"]},
    "POST api/v1/users/<id>/ban": {"reason": "because"},
    "POST api/v1/users/<id>/reset-2fa": {"reason": "because"},
    f"POST {_MONEY}": {"partner_ids": ["partners"]},
    "POST api/admin/scanners/checkin": CODE,
    "GET api/admin/scanners/validate": CODE,
    "POST api/v1/auth/step-up": {"nothing": "of it is judged, for it counts attempts in transactions of its own"},
    "PUT api/users/profile": {"full_name": "Nina"},
    "POST api/orders": {"ticket_items": [{"ticket_type_id": "ticket-types", "quantity": 1}]},
    "POST api/admin/users": {"email": "u@example.com", "password": "secret-place-7"},
    "PUT api/admin/users/<id>": {"full_name": "Changed"},
    "POST api/admin/events": {"title": "New"},
    "PUT api/admin/events/<id>": {"title": "Changed"},
    f"POST {_TYPES}": {"name": "New", "price": 1, "quantity_total": 5},
    f"PUT {_TYPES}/<type_id>": {"name": "Changed"},
    "PUT api/admin/orders/<id>": {"status": "refunded"},
    "PUT api/admin/tickets/<id>": {"status": "used"},
    "POST api/admin/banners": {"title": "New", "image_url": "/x.png", "event_id": "events"},
    "PUT api/admin/banners/<id>": {"title": "Changed", "event_id": "events"},
    "GET api/v1/explain": {"action": "cancel", "object": "orders"},
    "POST events/<id>/book": {"qty": 1},
    "POST api/v1/webhooks": {"url": "https://new.example.com/", "kinds": ["order.paid"]},
    "PATCH api/v1/webhooks/<id>": {"description": "Changed"},
    "POST api/v1/webhooks/<id>/replay": {"since": "2031-01-01T10:00:00Z"},
    "POST api/v1/api-keys": {"name": "New", "scopes": ["feed:read"]},
    "POST admin/events": {
        "name": "New", "venue": "Hall", "start_time": "2031-01-01T10:00:00Z", "end_time": "2031-01-01T12:00:00Z",
        "capacity": 5,
    },
    "PATCH admin/events/<id>": {"name": "Changed"},
    "POST admin/users": {"name": "Nina", "email": "v@example.com", "password": "secret-place-7"},
    "PATCH admin/users/<id>/role": {"role": "admin"},
    "POST api/events/pincode-events": {"pincode": "all"},
    "POST api/events/event-details": {"event_id": "events"},
    "POST api/events/event-images": {"event_id": "events"},
    "POST api/events/events-by-category": {"category_id": 1},
    "POST api/events/events-by-month-year": {"month": "August", "year": 2030},
    "POST api/events/events-by-date": {"date_of_event": "2030-08-15"},
}  # fmt: skip
TOKENS = {"POST api/v1/invitations/<token>/accept"}  # the token in the address is the right to read and to join
UPLOADS = {f"POST {_PARTNER}/<id>/documents"}
# An address without an id is about one owner all the same: its query or body names a row that others must not reach.
NAMES_A_ROW = {"POST api/admin/scanners/checkin", "GET api/admin/scanners/validate", "GET api/v1/explain"}


def crewli_body(name: str, world, caller: Caller) -> dict:
    """What contract 004's own tests send; whoever claims a shift as a volunteer names nobody."""
    is_own_claim = name.endswith("/claim") and caller.volunteers_at
    return {} if is_own_claim else crewli_bodies.good_for(name.replace("api/v1/", ""), world)


def may(contract: str, name: str, caller: Caller, owner: str) -> bool:
    """Whether the visitor may do this with what is the owner's ("": without an owner, as lists are)."""
    if name not in REACH[contract]:
        return _may_plan(name.replace("api/v1/", ""), caller, owner)
    words = set(REACH[contract][name].split())
    if ANYBODY in words or not caller.is_in:
        return ANYBODY in words
    if SESSION in words:
        return True
    if OWN in words and (caller.name, owner) == ("buyer", A):
        return True
    permissions = words - {OWN, STAFF}
    if STAFF in words:
        return any(caller.has(one) for one in permissions)
    holds = caller.has_somewhere if not owner else lambda one: caller.has(one, owner)
    return any(holds(one) for one in permissions)


def _may_plan(name: str, caller: Caller, owner: str) -> bool:
    """The same by contract 004's table, which names roles: everywhere, of a member, or of a person in a crew."""
    allowed = CREWLI[name]
    if not caller.is_in:
        return False
    if name in crewli_planning.THEIRS and caller.volunteers_at:
        return False  # of somebody else
    kinds = {caller.role} if caller.role and not caller.is_waiting else set()
    kinds |= {str(role) for at, role in caller.works_for.items() if at == owner}
    if caller.volunteers_at and caller.volunteers_at == owner:
        kinds.add("person")
    return bool(kinds & allowed)
