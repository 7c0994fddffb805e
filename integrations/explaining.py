"""Why not? What can be asked about webhooks: running an endpoint, and sending what it missed once more."""

from datetime import datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.explaining import Action, Fix, Input, found, one_of
from accounts.models import User
from integrations import endpoints, keys
from integrations.kinds import IDS
from integrations.models import Delivery, Endpoint
from partners.explaining import FIXES, need, seen_with
from partners.models import Partner

SOMEWHERE = "https://example.com/"  # where an endpoint would be when the question names no address
_ACTS = {"test": endpoints.test, "pause": endpoints.pause, "resume": endpoints.resume}


def _endpoint(asker: User | None, text: str) -> Endpoint:
    mine = seen_with(asker, keys.PERMISSION).values("pk")
    return found(Endpoint.objects.filter(partner__in=mine).select_related("partner"), text)


def _delivery(asker: User | None, text: str) -> Delivery:
    mine = seen_with(asker, keys.PERMISSION).values("pk")
    return found(Delivery.objects.filter(endpoint__partner__in=mine).select_related("endpoint__partner"), text)


def _run(endpoint: Endpoint, *, by: User, act: str = "test", since: datetime | None = None) -> None:
    need(by, keys.PERMISSION, on=endpoint.partner)
    if act == "replay":
        endpoints.replay_since(endpoint, since or timezone.now(), by=by)
    else:
        _ACTS[act](endpoint, by=by)


def _replay(delivery: Delivery, *, by: User) -> None:
    need(by, keys.PERMISSION, on=delivery.endpoint.partner)
    endpoints.replay(delivery, by=by)


def _partner(asker: User | None, text: str) -> Partner:
    return found(seen_with(asker, keys.PERMISSION), text)


def _make_endpoint(partner: Partner, *, by: User) -> None:
    need(by, keys.PERMISSION, on=partner)
    endpoints.make(partner, url=SOMEWHERE, kinds=IDS[:1], by=by)


def _make_key(partner: Partner, *, by: User) -> None:
    need(by, keys.PERMISSION, on=partner)
    keys.make(partner, name="-", scopes=list(keys.SCOPES)[:1], by=by)


def _moment(text: str) -> datetime:
    found_at = parse_datetime(text)
    if found_at is None or found_at.tzinfo is None:
        raise ValueError(text)
    return found_at


_FIXES = {**FIXES, "not_active": Fix(gettext_lazy("Resume the endpoint first."))}
ACTIONS = (
    Action("run_endpoint", gettext_lazy("Run a webhook endpoint"), gettext_noop("the uid of a webhook endpoint"),
           _endpoint, _run, (Input("act", one_of(*_ACTS, "replay"), "test (default), pause, resume or replay"),
                             Input("since", _moment, "replay from this moment on")), fixes=_FIXES),
    Action("make_endpoint", gettext_lazy("Add a webhook endpoint"), gettext_noop("the uid of a partner"), _partner,
           _make_endpoint, fixes=_FIXES),
    Action("make_key", gettext_lazy("Make an API key"), gettext_noop("the uid of a partner"), _partner, _make_key,
           fresh=True, fixes=_FIXES),
    Action("replay_delivery", gettext_lazy("Send a webhook once more"), gettext_noop("the uid of a delivery"),
           _delivery, _replay, fixes=_FIXES),
)  # fmt: skip
