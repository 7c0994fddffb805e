"""What is done to an order from its page: give the money back, send the tickets again."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.step_up import Proved
from bookings import previews, tickets
from bookings.command_center.orders import SEES_ORDERS, AboutOrder, address_of
from eventify.lib import currencies
from eventify.lib.desk.confirm import Explained, ObjectConfirmPage, ReasonForm
from eventify.lib.desk.pages import ObjectActionPage
from eventify.lib.desk.words import word


def said(amount: str, currency: str) -> str:
    """`₹25.00` of what a preview says."""
    return currencies.exact(forms.DecimalField().clean(amount), currency)


class RefundOrder(AboutOrder, Proved, ObjectConfirmPage):
    """`desk-order-refund`: the whole order ends, and what was paid goes back."""

    permission, scoped = "refund_orders", True
    title, form_class = gettext_lazy("Refund"), ReasonForm

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


class MailAgain(AboutOrder, ObjectActionPage):
    """`desk-order-mail`."""

    permission, scoped = SEES_ORDERS, True

    def act(self):
        tickets.mail_again(self.object, by=self.request.user)
        return _("We send the tickets to %(email)s again.") % {"email": self.object.user.email}

    def back_url(self) -> str:
        return self.next_url(address_of(self.object))
