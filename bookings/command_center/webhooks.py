"""What payment providers told us: the list of messages, one of them, and applying it again."""

import json

import django_filters
from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.step_up import Proved
from bookings import webhooks
from bookings.models import Payment, WebhookDelivery
from eventify.lib.desk import say
from eventify.lib.desk.columns import Column
from eventify.lib.desk.filters import Filters
from eventify.lib.desk.lists import EmptyState, ListPage
from eventify.lib.desk.pages import Crumb, DetailPage, ObjectActionPage
from eventify.lib.desk.words import CAUTION, NEGATIVE, POSITIVE, Word

PERMISSION = webhooks.PERMISSION
SHOWN = 20_000  # characters of a message
DONE, OPEN, FAILED, UNSIGNED = "applied", "not_applied", "apply_failed", "unsigned"
FAILING = "failing"
STATES = {
    DONE: Word(gettext_lazy("Processed"), POSITIVE),
    OPEN: Word(gettext_lazy("Not applied yet"), CAUTION),
    FAILED: Word(gettext_lazy("Could not be applied"), NEGATIVE),
    UNSIGNED: Word(gettext_lazy("Not believed"), NEGATIVE),
}
_UNSIGNED = Q(delivery_id__startswith=webhooks.UNSIGNED)
_WHICH = {
    DONE: Q(processed_at__isnull=False),
    OPEN: Q(processed_at=None, error=""),
    FAILED: Q(processed_at=None) & ~Q(error="") & ~_UNSIGNED,
    UNSIGNED: Q(processed_at=None) & ~Q(error="") & _UNSIGNED,
}


def state_of(delivery: WebhookDelivery) -> str:
    """What has become of a message: one of STATES."""
    if delivery.processed_at:
        return DONE
    if not delivery.error:
        return OPEN
    return UNSIGNED if delivery.delivery_id.startswith(webhooks.UNSIGNED) else FAILED


def address_of(delivery: WebhookDelivery) -> str:
    """The message's page."""
    return reverse("desk-webhook", args=[delivery.uid])


class DeliveryFilters(Filters):
    """By what has become of them and by provider; searched by the provider's id and by what the message names."""

    search = ("delivery_id", "body__payment__istartswith", "body__reference__istartswith")

    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        choices=[
            *((name, one.label) for name, one in STATES.items()),
            (FAILING, gettext_lazy("Fails again and again")),
        ],
        method="in_state",
    )
    provider = django_filters.ChoiceFilter(
        label=gettext_lazy("Provider"), choices=[("sandbox", "sandbox"), ("stripe", "stripe")]
    )

    def in_state(self, rows, _name, state):
        return rows.filter(webhooks.failing() if state == FAILING else _WHICH[state])


class Deliveries(ListPage):
    """`desk-webhooks`."""

    permission = PERMISSION
    title = gettext_lazy("Payment messages")
    filters, search_hint = DeliveryFilters, gettext_lazy("Id of the message or the payment")
    default_sort = "-received_at"
    empty = EmptyState(gettext_lazy("No messages"), gettext_lazy("What payment providers report is kept here."))
    columns = (
        Column("delivery_id", gettext_lazy("Message"), link=address_of, below=lambda row: row.error),
        Column("provider", gettext_lazy("Provider"), sort="provider"),
        Column("state", gettext_lazy("State"), kind="pill", value=state_of, words=STATES),
        Column("attempts", gettext_lazy("Attempts"), kind="number", sort="attempts"),
        Column("received_at", gettext_lazy("Received"), kind="moment", sort="received_at"),
        Column("processed_at", gettext_lazy("Processed"), kind="moment", sort="processed_at"),
    )

    def rows(self):
        return WebhookDelivery.objects.defer("raw_body", "headers", "body")


class AboutDelivery:
    """A page about `self.object`, a stored message."""

    permission, place = PERMISSION, "desk-webhooks"

    def visible(self):
        return WebhookDelivery.objects.all()


class DeliveryPage(AboutDelivery, DetailPage):
    """`desk-webhook`."""

    template_name = "command_center/bookings/webhook.html"

    def get_title(self):
        return _("Message %(number)s") % {"number": self.object.pk}

    def get_crumbs(self):
        return (Crumb(_("Payment messages"), reverse("desk-webhooks")),)

    def get_context_data(self, **context) -> dict:
        one = self.object
        text = bytes(one.raw_body)[:SHOWN].decode("utf-8", "replace").replace("\x00", "\N{REPLACEMENT CHARACTER}")
        return super().get_context_data(
            state=say.pill(state_of(one), STATES),
            facts=[(what, value) for what, value in self.facts() if value not in (None, "")],
            text=text,
            read=json.dumps(one.body, indent=2, ensure_ascii=False) if one.body else "",
            **context,
        )

    def facts(self) -> list[tuple]:
        one = self.object
        return [
            (_("State"), say.pill(state_of(one), STATES)),
            (_("Provider"), one.provider),
            (_("Id"), one.delivery_id),
            (_("Received"), say.moment(one.received_at)),
            (_("Processed"), say.moment(one.processed_at) if one.processed_at else None),
            (_("Attempts"), one.attempts),
            (_("Error"), one.error),
            (_("Order"), self.order()),
        ]

    def order(self) -> str | None:
        uid = self.object.body.get("payment")
        payment = Payment.objects.filter(uid=uid).select_related("order").first() if uid else None
        if payment is None:
            return None
        return format_html(
            '<a href="{}">{}</a>', reverse("desk-order", args=[payment.order.uid]), payment.order.uid.hex[-8:].upper()
        )


class Replay(AboutDelivery, Proved, ObjectActionPage):
    """`desk-webhook-replay`."""

    asks = "replay_message"

    def act(self):
        webhooks.replay(self.object, by=self.request.user)
        return _("The message is applied.")

    def back_url(self) -> str:
        known = WebhookDelivery.objects.filter(pk=self.object.pk).exists()  # it may have been a repetition
        return address_of(self.object) if known else reverse("desk-webhooks")
