"""What is done to an order from its page: end it or some of its tickets, give money back, send the tickets again."""

from decimal import Decimal
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.explaining import ASKED_MOST
from accounts.step_up import Proved
from bookings import previews, queries, refunds, tickets
from bookings.command_center.orders import SEES_ORDERS, AboutOrder, address_of
from bookings.models import Order, Refund, Ticket
from eventify.lib import currencies
from eventify.lib.desk.confirm import Explained, ObjectConfirmPage, ReasonForm
from eventify.lib.desk.pages import ObjectActionPage
from eventify.lib.desk.words import word
from eventify.lib.errors import Invalid

MANY = 1000  # tickets chosen at once


def said(amount: str, currency: str) -> str:
    """`₹25.00` of what a preview says."""
    return currencies.exact(forms.DecimalField().clean(amount), currency)


class RefundOrder(AboutOrder, Proved, ObjectConfirmPage):
    """`desk-order-refund`: the whole order ends, and what was paid goes back."""

    permission, scoped = "refund_orders", True
    title, form_class, asks = gettext_lazy("Refund"), ReasonForm, "cancel"

    def change(self, values: dict) -> dict:
        return previews.order_refund(self.object, reason=values.get("reason") or "", by=self.request.user)()

    def explain(self, facts: dict) -> Explained:
        currency = facts["currency"]
        back, fees = said(facts["refund"], currency), said(facts["fees_returned"], currency)
        has_money = facts["refund"] != "0"
        sentence = _("%(amount)s goes back to %(buyer)s, and the tickets stop working.")
        if not has_money:
            sentence = _("The order of %(buyer)s ends. Nothing was paid for it, so no money moves.")
        return Explained(
            sentence % {"amount": back, "buyer": self.object.user},
            submit=_("Refund %(amount)s") % {"amount": back} if has_money else _("Cancel the order"),
            changes=[(_("Status"), word(facts["status"]["before"]).label, word(facts["status"]["after"]).label)],
            facts=[
                (_("Goes back to the buyer"), back),
                (_("Fees that go back to the partner"), fees),
                (_("Tickets that stop working"), facts["tickets"]),
                (_("Parties that move up from the waitlist"), facts["promoted"]),
                (_("Mails"), facts["mails"]),
            ],
        )

    def finished(self, facts: dict):
        sentence = (
            _("The order is refunded; the money is on its way.")
            if facts["refund"] != "0"
            else _("The order is cancelled.")
        )
        return self.done(sentence, address_of(self.object))


class TicketsForm(ReasonForm):
    """Which tickets, chosen on the order's page, and whether their money goes back."""

    tickets = forms.ModelMultipleChoiceField(
        Ticket.objects.none(), to_field_name="uid", widget=forms.MultipleHiddenInput
    )
    money = forms.ChoiceField(choices=[("back", "back"), ("stays", "stays")], widget=forms.HiddenInput)

    def __init__(self, *args, order: Order, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["tickets"].queryset = order.tickets.all()


class CancelTickets(AboutOrder, Proved, ObjectConfirmPage):
    """`desk-order-tickets`: ?tickets=<uid>&tickets=<uid>&money=back (or stays)."""

    permission, scoped = "refund_orders", True
    title, asks = gettext_lazy("Cancel tickets"), "cancel_tickets"

    @property
    def says(self) -> str:
        """The question is about the same tickets; about all that are good when they are too many for an address."""
        values = self.preview_values()
        uids = [getattr(one, "uid", one) for one in values.get("tickets") or []]
        chosen = {"tickets": ",".join(str(one) for one in uids)} if len(uids) <= ASKED_MOST else {}
        return urlencode({**chosen, "money": values.get("money") or "back"})

    def get_form(self, data=None, files=None):
        return TicketsForm(data, order=self.object, initial=self.get_initial())

    def get_initial(self) -> dict:
        money = "stays" if self.request.GET.get("money") == "stays" else "back"
        return {"tickets": self.request.GET.getlist("tickets")[:MANY], "money": money}

    def change(self, values: dict) -> dict:
        uids = [uid_of(one) for one in values.get("tickets") or []]
        is_refunded, reason = values.get("money") != "stays", values.get("reason") or ""
        by = self.request.user
        return previews.tickets_cancellation(self.object, uids, is_refunded=is_refunded, reason=reason, by=by)()

    def explain(self, facts: dict) -> Explained:
        currency, number = facts["currency"], len(facts["tickets"])
        back, what = said(facts["refund"], currency), {"count": number, "buyer": self.object.user}
        has_ended = facts["status"]["before"] != facts["status"]["after"]
        sentence = ngettext(
            "%(count)s ticket of %(buyer)s stops working.", "%(count)s tickets of %(buyer)s stop working.", number
        )
        return Explained(
            sentence % what,
            submit=_("Cancel and refund %(amount)s") % {"amount": back}
            if Decimal(facts["refund"])
            else _("Cancel without a refund"),
            changes=[(_("Status"), *(word(facts["status"][when]).label for when in ("before", "after")))] * has_ended,
            facts=[
                (_("Goes back to the buyer"), back),
                (_("Fees that go back to the partner"), said(facts["fees_returned"], currency)),
                (_("Tickets that stay good"), facts["left"]),
                (_("Parties that move up from the waitlist"), facts["promoted"]),
                (_("Mails"), facts["mails"]),
            ],
        )

    def finished(self, facts: dict):
        sentence = _("The tickets are cancelled; the money is on its way.")
        if not Decimal(facts["refund"]):
            sentence = _("The tickets are cancelled.")
        return self.done(sentence, address_of(self.object))


def uid_of(one) -> UUID:
    """The uid of a ticket that a form has found, or as the address names it. Invalid for anything else."""
    try:
        return one.uid if isinstance(one, Ticket) else UUID(str(one))
    except ValueError:
        raise Invalid.field("tickets", _("There is no such ticket in this order.")) from None


class AmountForm(ReasonForm):
    """How much goes back, and the reason that the buyer is told."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=refunds.REASON_MAX,
        help_text=gettext_lazy("The buyer reads it in the mail."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    amount = forms.DecimalField(
        label=gettext_lazy("Amount"), min_value=Decimal("0.01"), max_digits=12, decimal_places=2
    )
    field_order = ("amount", "reason")


class GiveMoney(AboutOrder, Proved, ObjectConfirmPage):
    """`desk-order-give`: money without a cancellation. ?amount= is previewed; another amount is previewed again."""

    permission, scoped = "refund_orders", True
    title, form_class, asks = gettext_lazy("Give money back"), AmountForm, "refund"
    lead = gettext_lazy("The tickets stay good. Type another amount to see what it would do.")

    def get_initial(self) -> dict:
        return {"amount": self.request.GET.get("amount") or refunds.most(self.object)}

    def change(self, values: dict) -> dict:
        try:
            amount = AmountForm.base_fields["amount"].clean(values.get("amount"))
        except ValidationError as error:
            raise Invalid.field("amount", " ".join(error.messages)) from None
        reason = values.get("reason") or _("Not said yet")
        return previews.gift(self.object, amount, reason=reason, by=self.request.user)()

    def explain(self, facts: dict) -> Explained:
        currency = facts["currency"]
        back = said(facts["refund"], currency)
        sentence = _("%(amount)s goes back to %(buyer)s, and the tickets stay good.")
        return Explained(
            sentence % {"amount": back, "buyer": self.object.user},
            submit=_("Give %(amount)s back") % {"amount": back},
            facts=[
                (_("Fees that go back to the partner"), said(facts["fees_returned"], currency)),
                (_("What could still go back after this"), said(facts["left"], currency)),
                (_("Mails"), facts["mails"]),
            ],
        )

    def finished(self, facts: dict):
        return self.done(_("The money is on its way."), address_of(self.object))


class SendRefundAgain(AboutOrder, Proved, ObjectActionPage):
    """`desk-refund-again`: a refund that the provider could not pay out."""

    permission, scoped, asks = "refund_orders", True, "send_refund_again"

    def may(self, permission, on=None) -> bool:
        return super().may(permission, on.payment.order if isinstance(on, Refund) else on)

    def visible(self):
        seen = queries.orders_of(self.request.user, *SEES_ORDERS)
        return Refund.objects.filter(payment__order__in=seen).select_related("payment__order")

    def act(self):
        refunds.try_again(self.object, by=self.request.user)
        return _("The money is on its way.")

    def back_url(self) -> str:
        return self.next_url(address_of(self.object.payment.order))


class MailAgain(AboutOrder, ObjectActionPage):
    """`desk-order-mail`."""

    permission, scoped, asks = SEES_ORDERS, True, "mail_tickets"

    def act(self):
        tickets.mail_again(self.object, by=self.request.user)
        return _("We send the tickets to %(email)s again.") % {"email": self.object.mail_to}

    def back_url(self) -> str:
        return self.next_url(address_of(self.object))
