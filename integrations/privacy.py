"""What integrations know about people: who made a key or an endpoint. Facts name nobody; they have ids only."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from eventify.lib.personal import Data, Kind, NoData
from integrations.models import Delivery, Fact

_WORK = _("The organisation's own: who set up what its systems use.")


def _old_facts(before: datetime) -> QuerySet[Fact]:
    return Fact.objects.filter(numbered_at__lt=before)


def _old_deliveries(before: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(created_at__lt=before).exclude(status=Delivery.Status.WAITING)


DECLARED = (
    Data("integrations.Endpoint", "-", mentions=("created_by",), silent=("secret",), why=_WORK),
    Data("integrations.ApiKey", "-", mentions=("created_by",), silent=("name",), why=_WORK),
)
NOTHING = (
    NoData("integrations.Listener", "That an organisation's facts are recorded."),
    NoData("integrations.Fact", "Ids, amounts and moments; names and addresses are asked for by the ids."),
    NoData("integrations.Delivery", "Which fact went to which endpoint."),
    NoData("integrations.Attempt", "What an organisation's own server answered."),
)
KINDS = (
    # In the order of the feed: what is left of an organisation's facts has no hole.
    Kind("facts", "facts of the feed", _old_facts, by="position"),
    Kind("deliveries", "deliveries to webhook endpoints", _old_deliveries, by="created_at"),
)
