"""A payment provider that works offline: its own books, hosted page and signed webhooks, but no real money.

The page (bookings/views.py) pays, fails or abandons a charge here; the message about it leaves through a task as
a real HTTP request to our own webhook, signed as real providers do: `t=<unix seconds>,v1=<HMAC-SHA256>`.
"""

import hashlib
import hmac
import json
import time
import urllib.request
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from bookings.models import SandboxCharge
from bookings.providers.base import BadSignature, Checkout, Report, is_name
from eventify.lib.later import later

SIGNATURE_HEADER = "Sandbox-Signature"
TOLERANCE = 300  # seconds that a signature stays good
METHOD = "sandbox card"


class SandboxProvider:
    """See bookings.providers.base.Provider."""

    name = "sandbox"
    signature_header = SIGNATURE_HEADER
    outlives = timedelta(minutes=31)  # its pages never end; they are looked for as long as real ones

    def open_checkout(self, payment, *, description, return_url):
        SandboxCharge.objects.get_or_create(
            reference=payment.uid,
            defaults={
                "amount": payment.amount,
                "currency": payment.currency,
                "description": description[:200],
                "return_url": return_url,
            },
        )
        return Checkout(reference=f"sbx_{payment.uid.hex}", url=f"{settings.SITE_URL}/sandbox/pay/{payment.uid}/")

    def ask(self, payment):
        charge = SandboxCharge.objects.filter(reference=payment.uid).first()
        return _report(payment.uid, charge.status if charge else SandboxCharge.Status.OPEN)

    def close(self, payment):
        """Its page stays open, so that it can be tried what happens to money that comes too late."""
        return self.ask(payment)

    def pages(self, payments):
        found = {payment.uid: [] for payment in payments}
        for charge in SandboxCharge.objects.filter(reference__in=found):
            found[charge.reference].append(_report(charge.reference, charge.status))
        return found

    def refund(self, refund):
        with transaction.atomic():
            charge = SandboxCharge.objects.select_for_update().get(reference=refund.payment.uid)
            charge.refunds.setdefault(refund.reference, str(refund.amount))
            charge.save(update_fields=["refunds"])

    def read_webhook(self, body, headers, received_at=None):
        check_signature(body, headers.get(SIGNATURE_HEADER, ""), received_at and received_at.timestamp())
        try:
            said = json.loads(body)
            payment, texts = UUID(said["payment"]), [said["status"], said["reference"], said["id"]]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise BadSignature("The message cannot be read.") from None
        if said["status"] not in SandboxCharge.Status.values or not all(is_name(text) for text in texts):
            raise BadSignature("The message cannot be read.")
        return Report(payment, said["status"], said["reference"], METHOD, said["id"])


def _report(payment: UUID, status: str) -> Report:
    return Report(payment, status, f"sbx_{payment.hex}", METHOD, delivery="")


def decide(charge: SandboxCharge, status: str) -> SandboxCharge:
    """What the person on the hosted page chose; the first decision stands. The webhook leaves after the commit."""
    with transaction.atomic():
        charge = SandboxCharge.objects.select_for_update().get(pk=charge.pk)
        if charge.status == SandboxCharge.Status.OPEN:
            charge.status = status
            charge.save(update_fields=["status"])
        later("bookings.tasks.send_sandbox_webhook", charge.pk)
    return charge


def send_webhook(charge: SandboxCharge) -> None:
    """POST the charge's state to our webhook. A lost one is found by asking, so a failure is only raised to the log."""
    message = {
        "id": f"evt_{charge.reference.hex}_{charge.status}",
        "payment": str(charge.reference),
        "status": charge.status,
        "reference": f"sbx_{charge.reference.hex}",
    }
    body = json.dumps(message).encode()
    request = urllib.request.Request(
        f"{settings.SITE_URL}/webhooks/payments/sandbox/",
        data=body,
        headers={"Content-Type": "application/json", SIGNATURE_HEADER: sign(body)},
    )
    with urllib.request.urlopen(request, timeout=10):
        pass


def sign(body: bytes, at: int | None = None) -> str:
    """The signature header of a body, made at `at` (unix seconds; now)."""
    at = int(time.time()) if at is None else at
    secret = settings.SANDBOX_WEBHOOK_SECRET.encode()
    return f"t={at},v1={hmac.new(secret, b'%d.%s' % (at, body), hashlib.sha256).hexdigest()}"


def check_signature(body: bytes, header: str, received_at: float | None = None) -> None:
    """BadSignature unless the header signs this body and was at most TOLERANCE seconds old when it came (now)."""
    came = time.time() if received_at is None else received_at
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    at = parts.get("t", "")
    if not (at.isascii() and at.isdigit() and len(at) < 12 and abs(came - int(at)) <= TOLERANCE):
        raise BadSignature("The signature is missing or too old.")
    if not hmac.compare_digest(sign(body, int(at)).encode(), header.encode("utf-8", "replace")):
        raise BadSignature("The signature is wrong.")
