"""Devices at the door: enrolled by a code that is good for one and for ten minutes, judged at each use, revocable."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import User, lacking_two_factor
from bookings.models import Device
from eventify.lib.errors import DomainError, Forbidden
from eventify.lib.prepared import Param, Prepared
from events.models import Event

ENROLMENT = timedelta(minutes=10)
AFTER = timedelta(hours=24)  # that a device goes on working after the end of its event
_BYTES = 32


class NotEnrolled(DomainError):
    """The device's token or enrolment code is not, or no longer, good (401)."""

    status = 401
    code = "not_enrolled"
    message = _("This device may not scan here. Ask for a new code to enrol it.")


@transaction.atomic
def invite(event: Event, *, by: User, name: str, gate: str = "") -> tuple[Device, str]:
    """A place for one device and the code for its QR, shown once. Forbidden without check_in on the event."""
    if not by.can("check_in", event):
        raise Forbidden
    code = secrets.token_urlsafe(_BYTES)
    device = Device.objects.create(
        event=event,
        name=name[:100],
        gate=gate[:100],
        enrolled_by=by,
        enrolment_hash=hashed(code),
        enrolment_expires_at=timezone.now() + ENROLMENT,
    )
    audit.record("INVITED_DEVICE", device, by=by, event=str(event.uid))
    return device, code


@transaction.atomic
def enrol(code: str, client_uid: UUID | None = None) -> tuple[Device, str]:
    """The device of this code and its token. NotEnrolled when used, too old or unknown. Locks the device.

    A browser that made up a random `client_uid` for it may ask again while the code lasts, and gets the same token:
    its page may have been closed before it kept the answer.
    """
    rows = Device.objects.select_for_update(no_key=True, of=("self",)).select_related("event", "enrolled_by")
    device = rows.filter(enrolment_hash=hashed(code), revoked_at=None).first()
    if device is None or device.enrolment_expires_at <= timezone.now():
        raise NotEnrolled
    check_still_good(device)
    token = _token(code, client_uid)
    if device.enrolled_at is None:
        device.token_hash, device.enrolled_at = hashed(token), timezone.now()
        device.save(update_fields=["token_hash", "enrolled_at", "updated_at"])
    elif device.token_hash != hashed(token):
        raise NotEnrolled
    return device, token


def _token(code: str, client_uid: UUID | None) -> str:
    """A new one each time; for who may ask again what follows from both their secrets and SECRET_KEY."""
    if client_uid is None:
        return secrets.token_urlsafe(_BYTES)
    return salted_hmac("eventify-door-token", f"{code} {client_uid}", algorithm="sha256").hexdigest()


def of(token: str, *, is_delivery: bool = False) -> Device:
    """The device with this token, if it may scan now; NotEnrolled otherwise.

    A delivery brings what was decided before: it is taken after the right of the device's person has run out, too
    (the shift is over while the phone still was without network), but not from a person who is shut out.
    """
    device = _with_token.first(token=hashed(token))
    if device is None:
        raise NotEnrolled
    device.enrolled_by.lacks_two_factor = device.lacks_two_factor
    check_still_good(device, is_delivery)
    return device


_with_token = Prepared(
    lambda: Device.objects.select_related("event__partner", "enrolled_by")
    .annotate(lacks_two_factor=lacking_two_factor("enrolled_by__"))
    .filter(token_hash=Param("token"), revoked_at=None)
    .exclude(enrolled_at=None)
)


def hold(device: Device) -> None:
    """Lock the device's row until the transaction ends, and keep that it was heard. NotEnrolled when it is revoked."""
    if not Device.objects.filter(pk=device.pk, revoked_at=None).update(last_seen_at=timezone.now()):
        raise NotEnrolled


@transaction.atomic
def revoke(device: Device, *, by: User) -> None:
    """The device scans no more, from its next request on. Again is harmless."""
    if not by.can("check_in", device.event):
        raise Forbidden
    if Device.objects.filter(pk=device.pk, revoked_at=None).update(revoked_at=timezone.now(), revoked_by=by):
        audit.record("REVOKED_DEVICE", device, by=by)


def seen(device: Device, **said) -> None:
    """The device was heard: keep when, and what it said of itself (clock_skew_ms, queue_length, readiness, list_at)."""
    Device.objects.filter(pk=device.pk).update(last_seen_at=timezone.now(), **said)


def hashed(secret: str) -> str:
    """SHA-256 of a token or enrolment code: all that we keep."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def check_still_good(device: Device, is_delivery: bool = False) -> None:
    """NotEnrolled when its event is long over, or its person may scan there no more."""
    ended = device.event.ends_at
    if ended is not None and ended + AFTER <= timezone.now():
        raise NotEnrolled(_("This event is over, so its devices scan no more."))
    person = device.enrolled_by
    if is_delivery and person.is_active and not person.is_banned:
        return
    if not person.can("check_in", device.event):
        raise NotEnrolled
