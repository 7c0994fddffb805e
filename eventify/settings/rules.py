"""Eventify's own rules: money, times, limits."""

from decimal import Decimal

from django.core.exceptions import ImproperlyConfigured

from eventify.environment import choice, keeps, limit, number, switch, text, time_zone
from eventify.settings.mode import PRODUCTION, derived

EVENTIFY_SANDBOX_PAYMENTS = switch("EVENTIFY_SANDBOX_PAYMENTS", not PRODUCTION)  # it takes no real money
SANDBOX_WEBHOOK_SECRET = text("SANDBOX_WEBHOOK_SECRET", derived("sandbox webhook"))
EVENTIFY_PAYMENT_PROVIDER = choice("EVENTIFY_PAYMENT_PROVIDER", "sandbox", ("sandbox", "stripe"))  # of new payments
STRIPE_SECRET_KEY = text("STRIPE_SECRET_KEY", "")
STRIPE_WEBHOOK_SECRET = text("STRIPE_WEBHOOK_SECRET", "")  # of the endpoint <SITE_URL>/webhooks/payments/stripe/
STRIPE_API_BASE = text("STRIPE_API_BASE", "https://api.stripe.com")
if EVENTIFY_PAYMENT_PROVIDER == "stripe" and not (STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET):
    raise ImproperlyConfigured("EVENTIFY_PAYMENT_PROVIDER=stripe needs STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET.")

EVENTIFY_CURRENCY = text("EVENTIFY_CURRENCY", "INR").upper()
EVENTIFY_HOLD_MINUTES = number("EVENTIFY_HOLD_MINUTES", 15)
EVENTIFY_OFFER_MINUTES = number("EVENTIFY_OFFER_MINUTES", 60)
EVENTIFY_SEAT_GRID_MAX = number("EVENTIFY_SEAT_GRID_MAX", 5000)
EVENTIFY_TIME_ZONE = time_zone("EVENTIFY_TIME_ZONE", "UTC")
EVENTIFY_PHONE_REGION = text("EVENTIFY_PHONE_REGION", "IN").upper()
EVENTIFY_IDEMPOTENCY_KEY = choice("EVENTIFY_IDEMPOTENCY_KEY", "required", ("required", "optional"))
EVENTIFY_FEE_PERCENT = Decimal(text("EVENTIFY_FEE_PERCENT", "5"))  # of a sale, for partners without one of their own
EVENTIFY_SETTLEMENT_DAYS = number("EVENTIFY_SETTLEMENT_DAYS", 2, least=0)  # until a sale's money may be paid out
# The sandbox pays no real money, so production writes bank files unless told otherwise.
EVENTIFY_PAYOUT_PROVIDER = choice(
    "EVENTIFY_PAYOUT_PROVIDER", "bank_file" if PRODUCTION else "sandbox", ("sandbox", "bank_file")
)
EVENTIFY_PAYOUT_MINIMUM = Decimal(text("EVENTIFY_PAYOUT_MINIMUM", "1"))  # of a payout, in any currency
EVENTIFY_BANK_HOLDER = text("EVENTIFY_BANK_HOLDER", "Eventify")  # our own account, which bank files pay from
EVENTIFY_BANK_ACCOUNT = text("EVENTIFY_BANK_ACCOUNT", "" if PRODUCTION else "000111222333")
EVENTIFY_BANK_ROUTING = text("EVENTIFY_BANK_ROUTING", "")
EVENTIFY_SESSION_DAYS = number("EVENTIFY_SESSION_DAYS", 90)  # that a log-in lasts at most, however used
EVENTIFY_STEP_UP_MINUTES = number("EVENTIFY_STEP_UP_MINUTES", 15)  # that a proof of identity counts for money and roles
EVENTIFY_APPLE_CERTIFICATE = text("EVENTIFY_APPLE_CERTIFICATE", "")  # a PEM file; without it no Wallet passes
EVENTIFY_APPLE_PASSWORD = text("EVENTIFY_APPLE_PASSWORD", "")
EVENTIFY_MAILS_PER_SECOND = number("EVENTIFY_MAILS_PER_SECOND", 10, least=0)  # of those that go to many; 0: any
EVENTIFY_KEEP_DAYS = keeps()  # kind -> days (privacy/retention.py)
EVENTIFY_TRUSTED_PROXIES = number("EVENTIFY_TRUSTED_PROXIES", 0, least=0)
EVENTIFY_WEBHOOK_DAYS = number("EVENTIFY_WEBHOOK_DAYS", 5)  # that an endpoint may fail until it is disabled
EVENTIFY_WEBHOOK_WORKERS = number("EVENTIFY_WEBHOOK_WORKERS", 1)  # processes of the worker that send to endpoints
EVENTIFY_WEBHOOK_PRIVATE = switch("EVENTIFY_WEBHOOK_PRIVATE", not PRODUCTION)  # http, and this machine itself
EVENTIFY_RATE_LIMITS = switch("EVENTIFY_RATE_LIMITS", True)
RATE_LIMITS = {
    "login": limit("login", "5/60"),
    "signup": limit("signup", "20/60"),
    "reset": limit("reset", "5/3600"),
    "booking": limit("booking", "10/60"),
    "guest": limit("guest", "60/3600"),
    "checkout": limit("checkout", "20/60"),
    "event_create": limit("event_create", "20/60"),
    "event_edit": limit("event_edit", "30/60"),
    "event_delete": limit("event_delete", "10/60"),
    "seat_generate": limit("seat_generate", "10/60"),
    "webhook": limit("webhook", "1200/60"),
    "export": limit("export", "30/3600"),  # reports as files, of one person
    "promo": limit("promo", "30/600"),  # codes that are none
    "room": limit("room", "60/600"),  # places in waiting rooms without an account
    "api_key": limit("api_key", "600/60"),
    "explain": limit("explain", "30/60"),  # questions why not, of one person
    "explain_row": limit("explain_row", "240/60"),  # and about one thing, for each takes its locks for a moment
}
