"""Whose facts are recorded: those of organisations with a key that reads the feed, or with a webhook endpoint."""

from django.db import transaction
from django.utils import timezone

from integrations.models import ApiKey, Endpoint, Fact, Listener
from partners.models import Partner

READS_FEED = "feed:read"


@transaction.atomic
def settle(partner: Partner) -> None:
    """Begin to record the organisation's facts, or stop. Locks its listener.

    When recording begins, the first fact says so: whoever reads on from before knows that something may be missing.
    """
    now = timezone.now()
    Listener.objects.get_or_create(partner=partner, defaults={"is_on": False, "since": now})
    listener = Listener.objects.select_for_update(no_key=True).get(partner=partner)
    is_wanted = _is_wanted(partner)
    if is_wanted == listener.is_on:
        return
    listener.is_on, listener.since = is_wanted, now if is_wanted else listener.since
    listener.save(update_fields=["is_on", "since"])
    if is_wanted:
        Fact.objects.create(partner=partner, kind="feed.started", occurred_at=now)


def _is_wanted(partner: Partner) -> bool:
    keys = ApiKey.objects.filter(partner=partner, revoked_at=None, scopes__contains=READS_FEED)
    return Endpoint.objects.filter(partner=partner).exists() or keys.exists()
