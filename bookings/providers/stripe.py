"""Stripe Checkout, through the official SDK: its hosted page, its signed webhooks, refunds.

Every call is safe to repeat: a session is made under the payment's uid, and a refund is looked for by our uid in its
metadata before it is made under that uid. No answer means that nothing is known (Unreachable): it is asked again.
"""

import hashlib
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from threading import get_ident
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from bookings.providers.base import (
    BadSignature,
    Checkout,
    NotPayable,
    RefundRefused,
    RefundReport,
    Report,
    Unreachable,
    is_name,
)
from eventify.lib import currencies
from eventify.lib.when_needed import WhenNeeded

stripe, requests = WhenNeeded("stripe"), WhenNeeded("requests")

SIGNATURE_HEADER = "Stripe-Signature"
TOLERANCE = 300  # seconds that a signature stays good
TIMEOUT = 10  # seconds
SHORTEST = timedelta(minutes=31)  # Stripe's pages live for at least 30 minutes from when they are made
SKEW = timedelta(minutes=5)  # between Stripe's clock and ours
LISTED = 100  # pages in one answer, the most that Stripe gives
NOT_SENT = ("failed", "canceled")
_REFERENCE = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:-([1-9][0-9]{0,3}))?")
# Messages whose type says more than the session in them.
FAILED = ("checkout.session.async_payment_failed", "checkout.session.expired")
OF_REFUNDS = ("refund.failed", "refund.updated", "charge.refund.updated")


class StripeProvider:
    """See bookings.providers.base.Provider."""

    name = "stripe"
    signature_header = SIGNATURE_HEADER
    outlives = SHORTEST

    def open_checkout(self, payment, *, description, return_url):
        expires_at = int((payment.order.expires_at + SHORTEST).timestamp())  # `close` ends it with the hold
        params = {
            "mode": "payment",
            "client_reference_id": str(payment.uid),
            "success_url": return_url,
            "cancel_url": return_url,
            "expires_at": expires_at,
            "line_items": [{"quantity": 1, "price_data": _price(payment, description)}],
            "metadata": {"payment": str(payment.uid)},
            "payment_intent_data": {"metadata": {"payment": str(payment.uid)}},
        }
        if payment.order.buyer_email or not payment.order.user.is_guest:
            params["customer_email"] = payment.order.mail_to
        session = _call(_client().v1.checkout.sessions.create, params, key=_key(payment, params))
        return Checkout(reference=session["id"], url=session["url"])

    def ask(self, payment):
        if not payment.provider_reference:  # its page was never shown, so nobody can have paid on it
            return Report(payment.uid, "open", "", self.name, delivery="")
        return _report(payment.uid, _call(_client().v1.checkout.sessions.retrieve, payment.provider_reference))

    def close(self, payment):
        """End the page: nobody pays on it any more. What has been decided before stays."""
        if not payment.provider_reference:
            return Report(payment.uid, "failed", "", self.name, delivery="")
        report = self.ask(payment)
        if report.status != "open":
            return report
        try:
            return _report(payment.uid, _call(_client().v1.checkout.sessions.expire, payment.provider_reference))
        except Unreachable:  # paid, or expired, in this very moment
            return self.ask(payment)

    def pages(self, payments):
        found = {payment.uid: [] for payment in payments}
        for since, until in _windows(payments):
            for session in _listed(since, until):
                uid = _payment_of(session)
                if uid in found:
                    found[uid].append(_report(uid, session))
        return found

    def refund(self, refund):
        payment, client = refund.payment, _client()
        session = _call(client.v1.checkout.sessions.retrieve, payment.provider_reference)
        paid_by = {"payment_intent": session["payment_intent"]}
        made = _call(client.v1.refunds.list, {**paid_by, "limit": 100})["data"]
        sent = next((one for one in made if (one.get("metadata") or {}).get("refund") == refund.reference), None)
        if sent is None:
            amount = _minor(refund.amount, payment.currency)
            params = {**paid_by, "amount": amount, "metadata": {"refund": refund.reference}}
            sent = _call(client.v1.refunds.create, params, key=refund.reference)
        if sent["status"] in NOT_SENT:
            raise RefundRefused(_why_not(sent))

    def read_webhook(self, body, headers, received_at=None):
        waited = 0.0 if received_at is None else max(0.0, time.time() - received_at.timestamp())
        header = headers.get(SIGNATURE_HEADER, "")
        try:
            stripe.WebhookSignature.verify_header(body, header, settings.STRIPE_WEBHOOK_SECRET, int(TOLERANCE + waited))
        except (stripe.SignatureVerificationError, ValueError, TypeError):  # TypeError: letters beyond ASCII
            raise BadSignature(_("The signature is missing, wrong or too old.")) from None
        try:
            return _read(json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
            raise BadSignature(_("The message cannot be read.")) from None


def _key(payment, params: dict) -> str:
    """The same page for the same wish: nothing in it changes with the time that it is asked at.

    What differs (the buyer's address was corrected) makes another page, for Stripe refuses the key. The first one was
    never shown then; what is paid on both goes back (bookings/lost_pages.py, payments._paid_again).
    """
    return f"{payment.uid}:{hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()[:16]}"


def _windows(payments) -> list[tuple[datetime, datetime]]:
    """The times in which pages of these payments can have been made; those that overlap are one."""
    windows: list[tuple[datetime, datetime]] = []
    for payment in sorted(payments, key=lambda one: one.created_at):
        since, until = payment.created_at - SKEW, payment.pages_end_at - SHORTEST + SKEW
        if windows and since <= windows[-1][1]:
            since, last = windows.pop()
            until = max(until, last)
        windows.append((since, until))
    return windows


def _listed(since: datetime, until: datetime) -> Iterator[dict]:
    """The pages that were made then, also those of others. Stripe's search by metadata is not used: it lags behind
    by minutes to hours, and not every country has it."""
    created = {"gte": int(since.timestamp()), "lte": int(until.timestamp()) + 1}
    params = {"created": created, "limit": LISTED}
    while True:
        answer = _call(_client().v1.checkout.sessions.list, params)
        yield from answer["data"]
        if not answer["has_more"]:
            return
        params = {**params, "starting_after": answer["data"][-1]["id"]}


def _price(payment, description: str) -> dict:
    return {
        "currency": payment.currency.lower(),
        "unit_amount": _minor(payment.amount, payment.currency),
        "product_data": {"name": description[:250]},
    }


def _minor(amount, currency: str) -> int:
    try:
        return currencies.minor(amount, currency)
    except ValueError:
        raise NotPayable from None


def _read(event: dict) -> Report:
    """The report in a signed message; one without a payment is not about a page of ours."""
    session, kind, delivery = event["data"]["object"], event["type"], event["id"]
    at = datetime.fromtimestamp(event["created"], UTC)
    if not is_name(delivery):
        raise ValueError(delivery)
    if kind in OF_REFUNDS and session["status"] in NOT_SENT and (refund := _refund_of(session)):
        return RefundReport(*refund, _why_not(session), delivery, at)
    payment = _payment_of(session) if kind.startswith("checkout.session.") else None
    if payment is None:
        return Report(None, "open", "", StripeProvider.name, delivery, at)
    report = _report(payment, session)._replace(delivery=delivery, at=at)
    if not is_name(report.reference):
        raise ValueError(report.reference)
    return report._replace(status="failed") if kind in FAILED and report.status != "paid" else report


def _payment_of(session: dict) -> UUID | None:
    try:
        return UUID((session.get("metadata") or {})["payment"])
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def _refund_of(sent: dict) -> tuple[UUID, int] | None:
    """Which of our refunds, and which attempt to send it, a refund of Stripe's is; None for one that is not ours."""
    name = _REFERENCE.fullmatch(str((sent.get("metadata") or {}).get("refund")))
    return (UUID(name[1]), int(name[2] or 1)) if name else None


def _why_not(sent: dict) -> str:
    words = {"status": f"{sent.get('failure_reason') or sent['status']}"[:100]}
    return _("The payment provider could not pay the refund out: %(status)s.") % words


def _report(payment: UUID, session: dict) -> Report:
    status = "failed" if session["status"] == "expired" else "open"
    if session["payment_status"] == "paid":
        status = "paid"
    return Report(payment, status, session["id"], StripeProvider.name, delivery="")


def _call(verb, *args, key: str = "") -> dict:
    """The SDK's answer; Unreachable for whatever leaves open what has happened."""
    try:
        answer = verb(*args, options={"idempotency_key": key} if key else {})
    except stripe.StripeError as error:
        raise Unreachable(f"Stripe: {error.user_message or error.code or type(error).__name__}") from error
    return answer.to_dict()


def _client() -> "stripe.StripeClient":
    return _made(get_ident(), settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, TIMEOUT)


@lru_cache(maxsize=16)
def _made(_thread: int, key: str, base: str, timeout: float) -> "stripe.StripeClient":
    """One client for each thread and account, for a session of `requests` is nothing to be shared by threads.

    It keeps its connections and has no retries of its own: ours are rows and sweeps. It follows no redirects:
    what we say to Stripe is for nobody else.
    """
    session = requests.Session()
    session.max_redirects = 0
    http = stripe.RequestsClient(timeout=timeout, session=session)
    return stripe.StripeClient(key, base_addresses={"api": base}, http_client=http, max_network_retries=0)
