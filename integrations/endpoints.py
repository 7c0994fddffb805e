"""Webhook endpoints of an organisation: who is sent what, and the secrets that sign it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import notify
from accounts.models import Notification
from eventify.lib import sealed
from eventify.lib.errors import Because, Conflict, Forbidden, Invalid
from eventify.lib.later import later
from integrations import addresses, feed, keys, listening, signing, trail
from integrations.kinds import TEST
from integrations.models import ApiKey, Delivery, Endpoint, Fact
from integrations.trail import Actor
from partners import telling
from partners.models import Partner

MOST = 20  # endpoints of one organisation
BOTH_FOR = timedelta(hours=24)  # that the old secret signs as well after a rotation
TASK = "integrations.tasks.deliver"
REPLAYED_MOST = 10_000  # facts of one replay
DESCRIPTION_MAX = Endpoint._meta.get_field("description").max_length


class Made(NamedTuple):
    """A new endpoint, and its secret, which is shown this once."""

    row: Endpoint
    secret: str


def may(by: Actor, partner: Partner) -> bool:
    """Whether the person, or the key, may manage the organisation's endpoints."""
    if isinstance(by, ApiKey):
        return by.partner_id == partner.pk and "webhooks:manage" in by.scopes
    return by.can(keys.PERMISSION, on=partner)


def _check(by: Actor, partner: Partner) -> None:
    if not may(by, partner):
        raise Forbidden


@transaction.atomic
def make(partner: Partner, *, url: str, kinds: Iterable[str], description: str = "", by: Actor) -> Made:
    """An endpoint that is sent what happens from now on. Locks the organisation's listener.

    Forbidden; Invalid for an address that is not public https, or kinds that are none; Conflict when it has MOST.
    """
    _check(by, partner)
    wanted = {"url": _checked_url(url), "kinds": _checked_kinds(kinds), "description": description[:DESCRIPTION_MAX]}
    if Endpoint.objects.filter(partner=partner).count() >= MOST:
        sentence = _("There are %(most)s endpoints already. Remove one first.") % {"most": MOST}
        raise Conflict(Because("endpoints_full", sentence, limit=MOST))
    secret = signing.new_secret()
    row = Endpoint(partner=partner, created_by=trail.person(by), **wanted)
    row.secret = sealed.seal(secret, **signing.seal_of(row))
    row.save(force_insert=True)
    trail.note("MADE_ENDPOINT", row, by=by, **wanted)
    listening.settle(partner)
    return Made(row, signing.shown(secret))


def _checked_url(url: str) -> str:
    try:
        addresses.check(url)
    except addresses.Refused as refusal:
        raise Invalid.field("url", str(refusal)) from None
    return url


def _checked_kinds(kinds: Iterable[str]) -> list[str]:
    chosen = feed.check_kinds(list(kinds))
    if not chosen:
        raise Invalid.field("kinds", _("Choose at least one kind of fact."))
    return chosen


def locked(endpoint: Endpoint) -> Endpoint:
    """The endpoint's row, locked."""
    return Endpoint.objects.select_for_update(of=("self",)).select_related("partner").get(pk=endpoint.pk)


@transaction.atomic
def change(endpoint: Endpoint, *, by: Actor, **changes) -> Endpoint:
    """Another `url`, `kinds` or `description`, from the next fact on. Locks the endpoint. Refuses as `make` does."""
    _check(by, endpoint.partner)
    row = locked(endpoint)
    checks = {"url": _checked_url, "kinds": _checked_kinds, "description": lambda text: text[:DESCRIPTION_MAX]}
    before = {name: getattr(row, name) for name in changes}
    for name, value in changes.items():
        setattr(row, name, checks[name](value))
    row.save(update_fields=[*changes, "updated_at"])
    trail.note("CHANGED_ENDPOINT", row, by=by, before=before, after={name: getattr(row, name) for name in changes})
    return row


@transaction.atomic
def remove(endpoint: Endpoint, *, by: Actor) -> None:
    """Take it away with its log; what was not sent yet is not sent. Locks the endpoint."""
    _check(by, endpoint.partner)
    row = locked(endpoint)
    trail.note("REMOVED_ENDPOINT", row, by=by, url=row.url)
    partner = row.partner
    row.delete()
    listening.settle(partner)


@transaction.atomic
def pause(endpoint: Endpoint, *, by: Actor) -> Endpoint:
    """Send nothing until it is resumed; what happens meanwhile waits. Locks the endpoint."""
    return _to(endpoint, Endpoint.State.PAUSED, "PAUSED_ENDPOINT", by)


@transaction.atomic
def resume(endpoint: Endpoint, *, by: Actor) -> Endpoint:
    """Send again, what waits first; also an endpoint that was disabled. Locks the endpoint."""
    row = _to(endpoint, Endpoint.State.ACTIVE, "RESUMED_ENDPOINT", by)
    forgive(row)
    later(TASK)
    return row


def _to(endpoint: Endpoint, state: str, action: str, by: Actor) -> Endpoint:
    _check(by, endpoint.partner)
    row = locked(endpoint)
    if row.state != state:
        row.state = state
        row.save(update_fields=["state", "updated_at"])
        trail.note(action, row, by=by)
    return row


def forgive(row: Endpoint) -> None:
    """Its failures are forgotten, so that what waits is tried at once."""
    row.failures, row.failing_since, row.retry_at = 0, None, None
    row.save(update_fields=["failures", "failing_since", "retry_at"])


@transaction.atomic
def rotate(endpoint: Endpoint, *, by: Actor) -> Made:
    """A new secret; the old one signs as well for BOTH_FOR, so that nothing is lost while it is put in place."""
    _check(by, endpoint.partner)
    row = locked(endpoint)
    secret = signing.new_secret()
    row.old_secret, row.old_secret_until = row.secret, timezone.now() + BOTH_FOR
    row.secret = sealed.seal(secret, **signing.seal_of(row))
    row.save(update_fields=["secret", "old_secret", "old_secret_until", "updated_at"])
    trail.note("ROTATED_ENDPOINT_SECRET", row, by=by)
    return Made(row, signing.shown(secret))


@transaction.atomic
def reseal(endpoint: Endpoint) -> bool:
    """Seal its secrets with SECRET_KEY where a fallback has sealed them; whether it had to. sealed.Locked.

    An old secret that signs no more and cannot be opened is forgotten.
    """
    row = Endpoint.objects.select_for_update().filter(pk=endpoint.pk).first()
    if row is None:  # removed since somebody made a list of them
        return False
    if row.old_secret_until and row.old_secret_until <= timezone.now():
        row.old_secret = row.old_secret_until = None
    kept = {name: getattr(row, name) for name in ("secret", "old_secret") if getattr(row, name)}
    anew = {name: sealed.reseal(value, **signing.seal_of(row)) for name, value in kept.items()}
    for name, value in kept.items():
        setattr(row, name, anew[name] or value)
    row.save(update_fields=["secret", "old_secret", "old_secret_until"])
    return any(anew.values())


@transaction.atomic
def test(endpoint: Endpoint, *, by: Actor) -> Delivery:
    """Send it a fact of the kind `webhook.test` soon, whatever kinds it has. Conflict while it is not active."""
    _check(by, endpoint.partner)
    row = locked(endpoint)
    if row.state != Endpoint.State.ACTIVE:
        raise Conflict(Because("not_active", _("The endpoint is not active. Resume it first.")))
    now = timezone.now()
    row.retry_at = None
    row.save(update_fields=["retry_at"])
    made = Delivery.objects.create(endpoint=row, kind=TEST, next_attempt_at=now, give_up_at=now + timedelta(minutes=5))
    trail.note("TESTED_ENDPOINT", row, by=by)
    later(TASK)
    return made


@transaction.atomic
def replay(delivery: Delivery, *, by: Actor) -> Delivery:
    """Send a delivery once more, under the same id. Locks its endpoint. Conflict while that is disabled."""
    _check(by, delivery.endpoint.partner)
    row = _open(delivery.endpoint)
    again = Delivery.objects.filter(pk=delivery.pk)
    again.update(**_waiting_anew())
    trail.note("REPLAYED_DELIVERY", row, by=by, delivery=str(delivery.uid))
    later(TASK)
    return again.select_related("endpoint").get()


@transaction.atomic
def replay_since(endpoint: Endpoint, moment, *, by: Actor) -> int:
    """Send everything that happened since a moment once more: what was delivered, given up, or never owed because the
    endpoint was disabled, of the kinds that it has. How many facts; REPLAYED_MOST at most. Locks the endpoint.
    """
    _check(by, endpoint.partner)
    row = _open(endpoint)
    feed.number(row.partner_id)
    facts = Fact.objects.filter(
        partner=row.partner_id, position__isnull=False, numbered_at__gte=moment, kind__in=row.kinds
    ).order_by("position")[: REPLAYED_MOST + 1]
    found = list(facts)
    if len(found) > REPLAYED_MOST:
        raise Conflict(_("That is more than %(most)s facts. Choose a later moment.") % {"most": REPLAYED_MOST})
    known = Delivery.objects.filter(endpoint=row, fact__in=[fact.pk for fact in found])
    has = set(known.values_list("fact", flat=True))
    known.update(**_waiting_anew())
    Delivery.objects.bulk_create(_owed(row, fact) for fact in found if fact.pk not in has)
    trail.note("REPLAYED_ENDPOINT", row, by=by, since=moment.isoformat(), facts=len(found))
    later(TASK)
    return len(found)


def _open(endpoint: Endpoint) -> Endpoint:
    row = locked(endpoint)
    if row.state == Endpoint.State.DISABLED:
        raise Conflict(Because("not_active", _("The endpoint is disabled. Resume it first.")))
    return row


def _waiting_anew() -> dict:
    now = timezone.now()
    return {"status": Delivery.Status.WAITING, "next_attempt_at": now, "give_up_at": _give_up(now), "updated_at": now}


def _give_up(now):
    return now + timedelta(days=settings.EVENTIFY_WEBHOOK_DAYS)


def _owed(row: Endpoint, fact: Fact) -> Delivery:
    now = timezone.now()
    return Delivery(
        endpoint=row, fact=fact, kind=fact.kind, position=fact.position, next_attempt_at=now, give_up_at=_give_up(now)
    )


def disable(row: Endpoint) -> None:
    """End an endpoint that has failed for days, and tell the organisation. In the caller's transaction, row locked."""
    row.state = Endpoint.State.DISABLED
    row.save(update_fields=["state", "updated_at"])
    trail.note("DISABLED_ENDPOINT", row, by=None, url=row.url)
    waiting = Delivery.objects.filter(endpoint=row, status=Delivery.Status.WAITING)
    waiting.update(status=Delivery.Status.GIVEN_UP, updated_at=timezone.now())
    title = notify.filled(
        gettext_lazy("The webhook endpoint of %(partner)s was switched off"), {"partner": row.partner.name}
    )
    words = {"url": row.url, "days": settings.EVENTIFY_WEBHOOK_DAYS}
    sentence = gettext_lazy(
        "%(url)s took nothing for %(days)s days. Mend it, resume it, and have it sent what it missed."
    )
    message = notify.filled(sentence, words)
    telling.tell(row.partner, "endpoint_disabled", title, message, level=Notification.Level.CRITICAL, **words)
