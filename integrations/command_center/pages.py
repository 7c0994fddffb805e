"""The endpoints of the organisations that somebody may manage: how they do, what they were sent, sending it again."""

import django_filters
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eventify.lib.desk import say
from eventify.lib.desk.columns import Column
from eventify.lib.desk.filters import Filters
from eventify.lib.desk.lists import EmptyState, ListPage
from eventify.lib.desk.pages import Crumb, DetailPage, ObjectActionPage
from eventify.lib.desk.words import CAUTION, NEGATIVE, POSITIVE, Word
from integrations import endpoints, keys
from integrations.models import Delivery, Endpoint
from integrations.views import SHOWN
from partners import members

FAILING = "failing"
STATES = {
    Endpoint.State.ACTIVE.value: Word(gettext_lazy("Active"), POSITIVE),
    FAILING: Word(gettext_lazy("Failing"), NEGATIVE),
    Endpoint.State.PAUSED.value: Word(gettext_lazy("Paused"), CAUTION),
    Endpoint.State.DISABLED.value: Word(gettext_lazy("Switched off"), NEGATIVE),
}


def state_of(endpoint: Endpoint) -> str:
    """One of STATES."""
    is_failing = endpoint.state == Endpoint.State.ACTIVE and endpoint.failing_since
    return FAILING if is_failing else endpoint.state


def address_of(endpoint: Endpoint) -> str:
    """The endpoint's page."""
    return reverse("desk-endpoint", args=[endpoint.uid])


class EndpointFilters(Filters):
    """By how they do; searched by address and organisation."""

    search = ("url", "partner__name")

    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=[(name, one.label) for name, one in STATES.items()], method="in_state"
    )

    def in_state(self, rows, _name, state):
        if state == FAILING:
            return rows.filter(state=Endpoint.State.ACTIVE, failing_since__isnull=False)
        return rows.filter(state=state)


class SeenEndpoints:
    """Of the organisations whose integrations the person may manage."""

    permission, scoped = keys.PERMISSION, True

    def visible(self):
        own = members.partners_where(self.request.user, keys.PERMISSION)
        return Endpoint.objects.filter(partner__in=own).select_related("partner")


class Endpoints(SeenEndpoints, ListPage):
    """`desk-endpoints`."""

    title = gettext_lazy("Webhook endpoints")
    filters, search_hint = EndpointFilters, gettext_lazy("Address or organisation")
    default_sort = "-created_at"
    empty = EmptyState(
        gettext_lazy("No endpoints"),
        gettext_lazy("Organisations add them on their own pages, under Webhooks and keys."),
    )
    columns = (
        Column("url", gettext_lazy("Address"), link=address_of, below=lambda row: row.description),
        Column("partner", gettext_lazy("Organisation"), sort="partner__name"),
        Column("state", gettext_lazy("State"), kind="pill", value=state_of, words=STATES),
        Column("waiting", gettext_lazy("Waiting"), kind="number"),
        Column("failing_since", gettext_lazy("Failing since"), kind="moment", sort="failing_since"),
        Column("created_at", gettext_lazy("Added"), kind="moment", sort="created_at"),
    )

    def rows(self):
        waiting = Count("deliveries", filter=Q(deliveries__status=Delivery.Status.WAITING))
        return self.visible().annotate(waiting=waiting)


class EndpointPage(SeenEndpoints, DetailPage):
    """`desk-endpoint`."""

    place = "desk-endpoints"
    template_name = "command_center/integrations/endpoint.html"

    def get_crumbs(self):
        return (Crumb(_("Webhook endpoints"), reverse("desk-endpoints")),)

    def get_context_data(self, **context) -> dict:
        one = self.object
        log = one.deliveries.prefetch_related("attempts").order_by("-pk")[:SHOWN]
        facts = [
            (_("State"), say.pill(state_of(one), STATES)),
            (_("Organisation"), one.partner.name),
            (_("Waiting"), one.deliveries.filter(status=Delivery.Status.WAITING).count()),
            (_("Failures in a row"), one.failures),
            (_("Failing since"), say.moment(one.failing_since) if one.failing_since else None),
            (_("Next attempt"), say.moment(one.retry_at) if one.retry_at else None),
            (_("Kinds"), ", ".join(one.kinds)),
        ]
        told = [(what, value) for what, value in facts if value not in (None, "")]
        return super().get_context_data(log=log, facts=told, desk=True, **context)


class Resume(SeenEndpoints, ObjectActionPage):
    """`desk-endpoint-resume`: try again now."""

    asks, says = "run_endpoint", "act=resume"

    def act(self):
        endpoints.resume(self.object, by=self.request.user)
        return _("It is active. What waits is sent first.")

    def back_url(self) -> str:
        return address_of(self.object)


class ReplayDelivery(ObjectActionPage):
    """`desk-delivery-replay`."""

    permission, scoped, asks = keys.PERMISSION, True, "replay_delivery"

    def visible(self):
        own = members.partners_where(self.request.user, keys.PERMISSION)
        return Delivery.objects.filter(endpoint__partner__in=own).select_related("endpoint__partner")

    def act(self):
        endpoints.replay(self.object, by=self.request.user)
        return _("It is sent again, under the same id.")

    def back_url(self) -> str:
        return address_of(self.object.endpoint)
