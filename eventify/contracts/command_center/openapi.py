"""What contract 000 answers, for its OpenAPI document. Beside this all is read from the code and from CONTRACT.md."""

from accounts.models import Notification
from accounts.permissions import IDS
from analytics.dashboard import RANGES
from eventify.contracts import api_v1
from eventify.contracts.command_center import auth, financials, logs, partners, shapes, team, urls, users
from eventify.contracts.described import PREFIX_V1, Contract
from eventify.contracts.kinds import (
    ANYTHING,
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
    ULID,
    WHOLE,
    Body,
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
from partners.models import Document, Member, Partner, Payout, PayoutBatch
from partners.models.ledger import Account, Kind

MONEY = {"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2}$", "examples": ["499.50"]}
SUMS = {"type": "object", "additionalProperties": MONEY, "examples": [{"EUR": "30.00", "INR": "499.50"}]}
PERMISSION = words(*IDS)

# --- People -------------------------------------------------------------------------------------------

PERSON = thing("Person", id=UID, full_name=example("Ada Admin"), email=EMAIL)
ROLE_BRIEF = thing("RoleBrief", id=UID, name=example("Support"))
MEMBERSHIP = thing(
    "Membership", id=UID, ulid=ULID, name=example("Blue Hall"), slug=example("blue-hall"),
    type=words(*Partner.Type.values), status=words(*Partner.Status.values), role=words(*Member.Role.values),
)  # fmt: skip
PROFILE = thing(
    "Profile", id=UID, ulid=ULID, email=EMAIL, full_name=example("Ada Admin"), phone=maybe(example("+919876543210")),
    avatar_url=maybe(LINK), is_staff=TRUE_OR_FALSE, has_two_factor=TRUE_OR_FALSE, must_set_up_two_factor=TRUE_OR_FALSE,
    role=maybe(ROLE_BRIEF), permissions=many(PERMISSION), organisations=many(MEMBERSHIP),
    last_active_at=maybe(MOMENT), created_at=MOMENT,
)  # fmt: skip
TOKENS = thing(
    "Tokens", access_token=example("eyJhbGciOi..."), refresh_token=example("eyJhbGciOi..."),
    token_type=words("bearer"), expires_in=example(7200, WHOLE), user=PROFILE,
)  # fmt: skip
STAFF = thing(
    "Staff", id=UID, email=EMAIL, full_name=example("Ada Admin"), role_id=maybe(UID), role=maybe(ROLE_BRIEF),
    status=words(shapes.ACTIVE, shapes.INACTIVE), last_active_at=maybe(MOMENT), created_at=MOMENT,
)  # fmt: skip
USER = thing(
    "User", id=UID, email=EMAIL, phone=maybe(example("+919876543210")), full_name=example("Asha Rao"),
    status=words(shapes.ACTIVE, shapes.BANNED), is_closed=TRUE_OR_FALSE, banned_at=maybe(MOMENT),
    ban_reason=maybe(example("Resells tickets.")), total_spent=MONEY, currency=CURRENCY,
    spent_by_currency=SUMS,
    last_active_at=maybe(MOMENT), created_at=MOMENT,
)  # fmt: skip
ROLE = ROLE_BRIEF.with_(
    "Role", description=TEXT, is_system=TRUE_OR_FALSE, requires_two_factor=TRUE_OR_FALSE,
    permissions=many(PERMISSION), users_count=COUNT,
)  # fmt: skip
PERMISSION_GROUP = thing(
    "PermissionGroup", group=example("Team"),
    permissions=many(thing("Permission", id=PERMISSION, name=TEXT, group=example("Team"))),
)  # fmt: skip

# --- Partners -----------------------------------------------------------------------------------------

PARTNER = thing(
    "Partner", id=UID, name=example("Blue Hall"), type=words(*Partner.Type.values),
    status=words(*Partner.Status.values), verification_status=words(*Partner.Verification.values),
    logo_url=maybe(LINK), total_revenue=maybe(MONEY), open_balance=maybe(MONEY), currency=CURRENCY,
    joined_at=maybe(MOMENT), created_at=MOMENT,
)  # fmt: skip
CONTACT = thing(
    "Contact", id=UID, name=example("Ann Lee"), email=EMAIL, phone=maybe(example("+919876543210")),
    is_primary=TRUE_OR_FALSE,
)  # fmt: skip
DOCUMENT = thing(
    "Document", id=UID, partner_id=UID, type=words(*Document.Type.values), name=example("registration.pdf"),
    content_type=example("application/pdf"), size=COUNT, file_url=maybe(LINK), status=words(*Document.Status.values),
    reason=maybe(TEXT), expires_on=maybe(DAY), uploaded_by=maybe(PERSON), uploaded_at=MOMENT,
    reviewed_by=maybe(PERSON), reviewed_at=maybe(MOMENT), verified_at=maybe(MOMENT),
)  # fmt: skip
PARTNER_PROFILE = PARTNER.with_(
    "PartnerProfile", slug=example("blue-hall"), contact_email=maybe(EMAIL), phone=maybe(example("+919876543210")),
    website=maybe(LINK), status_reason=maybe(TEXT), contacts=many(CONTACT), documents=many(DOCUMENT),
)  # fmt: skip
DECISION = thing("Decision", document=DOCUMENT, verification_status=words(*Partner.Verification.values))

# --- Money --------------------------------------------------------------------------------------------

ENTRY = thing(
    "Entry", id=UID, transfer_id=UID, kind=words(*Kind.values), account=words(*Account.values),
    partner_id=maybe(UID), partner=maybe(example("Blue Hall")), event_id=maybe(UID), order_id=maybe(UID),
    booking_id=maybe(UID), debit=MONEY, credit=MONEY, currency=CURRENCY, note=maybe(TEXT), created_at=MOMENT,
)  # fmt: skip
PAYOUT = thing(
    "Payout", id=UID, partner_id=UID, partner=example("Blue Hall"), amount=MONEY, currency=CURRENCY,
    status=words(*(word.capitalize() for word in Payout.Status.values)), explanation=maybe(TEXT), reason=maybe(TEXT),
    provider_reference=maybe(TEXT), sent_at=maybe(MOMENT), paid_at=maybe(MOMENT),
)  # fmt: skip
LEFT_OUT = thing("LeftOut", partner_id=UID, partner=example("Blue Hall"), currency=CURRENCY, explanation=TEXT)
BATCH = thing(
    "Batch", id=UID, status=words(*(word.capitalize() for word in PayoutBatch.Status.values)),
    provider=example("sandbox"), payouts_count=COUNT, totals=many(thing("Total", amount=MONEY, currency=CURRENCY)),
    created_by=maybe(PERSON), approved_by=maybe(PERSON), created_at=MOMENT, approved_at=maybe(MOMENT),
    finished_at=maybe(MOMENT),
)  # fmt: skip
BATCH_DETAIL = BATCH.with_("BatchDetail", payouts=many(PAYOUT), left_out=many(LEFT_OUT))

# --- Figures and logs ---------------------------------------------------------------------------------

_CHANGE = {"change": maybe(NUMBER)}
FIGURE = thing("Figure", value=COUNT, current=WHOLE, previous=WHOLE, **_CHANGE)
AMOUNT = thing("Amount", value=MONEY, current=MONEY, previous=MONEY, **_CHANGE, currency=CURRENCY)
METRICS = thing(
    "Metrics", total_revenue=AMOUNT, tickets_sold=FIGURE, active_partners=FIGURE, pending_kyc=FIGURE,
    total_users=FIGURE, upcoming_events=FIGURE, open_balance=AMOUNT,
)  # fmt: skip
PERIOD = thing("MetricsPeriod", meta=thing("Period", **{"from": MOMENT, "to": MOMENT}))
CHART = thing(
    "RevenueChart", range=words(*RANGES), currency=CURRENCY, timezone=example("UTC"),
    points=many(thing("Point", date=DAY, revenue=MONEY, orders=COUNT)),
)  # fmt: skip
NOTIFICATION = thing(
    "Notification", id=UID, recipient_id=UID, type=words(*(word.capitalize() for word in Notification.Level.values)),
    title=TEXT, message=TEXT, url=maybe(LINK), is_read=TRUE_OR_FALSE, created_at=MOMENT,
)  # fmt: skip
AUDIT_LINE = thing(
    "AuditLine", id=UID, actor_id=maybe(UID), actor=maybe(PERSON), action=example("APPROVED_KYC"),
    target_resource=example("partner_12"), target_id=maybe(UID), target=maybe(example("Blue Hall")),
    details=ANYTHING, created_at=MOMENT,
)  # fmt: skip
READ = thing("ReadCount", read=COUNT)
CONFIRMED = thing("Confirmed", confirmed_for=example(900, WHOLE))

_P, _F = "/api/v1/partners/{id}", "/api/v1/financials/payouts"

CONTRACT = Contract(
    name="command_center",
    title="Command Center",
    urls=urls.urlpatterns,
    conventions=PREFIX_V1,
    handler=api_v1.exception_handler,
    plain_error=api_v1.plain_error,
    operations={
        "POST /api/v1/auth/login": op("Log in", TOKENS, body=auth.Credentials),
        "POST /api/v1/auth/refresh": op("Change a refresh token for new tokens", TOKENS, body=auth.Refreshing),
        "POST /api/v1/auth/logout": op("Log out", NOTHING),
        "GET /api/v1/auth/me": op("Read the own profile", PROFILE),
        "POST /api/v1/auth/step-up": op("Prove again who one is", CONFIRMED, body=auth.Proof),
        "GET /api/v1/dashboard/metrics": op("Read the seven figures", METRICS, beside=PERIOD),
        "GET /api/v1/dashboard/revenue-chart": op("Read the revenue chart", CHART, {"range": words(*RANGES)}),
        "GET /api/v1/dashboard/activity": page("List what happened last", AUDIT_LINE),
        "GET /api/v1/partners": page("List partners", PARTNER, partners.PartnerFilters),
        "POST /api/v1/partners": made("Invite a partner", PARTNER_PROFILE, partners.NewPartner),
        f"GET {_P}": op("Read a partner", PARTNER_PROFILE),
        f"GET {_P}/documents": page("List a partner's documents", DOCUMENT),
        f"POST {_P}/documents": made(
            "Upload a document", DOCUMENT, Body(partners.NewDocument, media_type="multipart/form-data")
        ),
        f"PATCH {_P}/status": op("Suspend a partner or let it trade", PARTNER_PROFILE, body=partners.StatusChange),
        f"POST {_P}/kyc/review": op("Decide about a document", DECISION, body=partners.Review),
        f"GET {_P}/contacts": page("List a partner's contacts", CONTACT),
        f"POST {_P}/contacts": made("Add a contact", CONTACT, partners.ContactBody),
        f"PATCH {_P}/contacts/{{contact_id}}": op("Change a contact", CONTACT, body=some(partners.ContactBody)),
        f"DELETE {_P}/contacts/{{contact_id}}": op("Remove a contact", NOTHING),
        "GET /api/v1/admin/users": page("List the team", STAFF, team.StaffFilters),
        "POST /api/v1/admin/users": made("Add somebody to the team", STAFF, team.NewStaff),
        "DELETE /api/v1/admin/users/{id}": op("Revoke somebody's access", STAFF),
        "PATCH /api/v1/admin/users/{id}/role": op("Give somebody a role", STAFF, body=team.RoleChoice),
        "GET /api/v1/admin/roles": page("List roles", ROLE, per_page=team.PER_PAGE),
        "POST /api/v1/admin/roles": made("Make a role", ROLE, team.NewRole),
        "DELETE /api/v1/admin/roles/{id}": op("Delete a role", NOTHING),
        "PUT /api/v1/admin/roles/{id}/permissions": op("Set a role's permissions", ROLE, body=team.PermissionSet),
        "GET /api/v1/admin/permissions": op("Read the catalogue of permissions", many(PERMISSION_GROUP)),
        "GET /api/v1/users": page("List users", USER, users.UserFilters),
        "POST /api/v1/users/{id}/ban": op("Ban a user", USER, body=users.Reason),
        "POST /api/v1/users/{id}/unban": op("Lift a ban", USER),
        "POST /api/v1/users/{id}/reset-2fa": op("Take a lost second factor away", USER, body=users.Reason),
        "GET /api/v1/financials/entries": page("List entries of the ledger", ENTRY, financials.EntryFilters),
        f"GET {_F}": page("List batches of payouts", BATCH, financials.BatchFilters),
        f"POST {_F}": made(
            "Draw up a batch of payouts", BATCH_DETAIL, financials.NewPayouts, status=202, key="optional"
        ),
        f"GET {_F}/{{id}}": op("Read a batch", BATCH_DETAIL),
        f"POST {_F}/{{id}}/approve": op("Approve a batch", BATCH_DETAIL),
        f"POST {_F}/{{id}}/discard": op("Discard a draft", BATCH_DETAIL),
        "GET /api/v1/notifications": page("List the own messages", NOTIFICATION, logs.NotificationFilters),
        "POST /api/v1/notifications/read-all": op("Mark all messages read", READ),
        "POST /api/v1/notifications/{id}/read": op("Mark a message read", NOTIFICATION),
        "GET /api/v1/audit-logs": page("List the audit log", AUDIT_LINE, logs.AuditFilters),
    },
)
