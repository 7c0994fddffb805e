"""What is done to an event from its page: cancel it, refund everybody, change its capacity, open and close booking."""

from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.step_up import Proved
from bookings import calling_off, previews
from bookings.command_center.events import AboutEvent, address_of
from bookings.inventory import CAPACITY_MAX
from eventify.lib import currencies
from eventify.lib.desk.confirm import Explained, ObjectConfirmPage
from eventify.lib.desk.pages import ObjectActionPage
from eventify.lib.desk.words import word
from eventify.lib.errors import Invalid
from events import editing


class WhyForm(forms.Form):
    """The reason that the buyers read."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=calling_off.REASON_MAX,
        help_text=gettext_lazy("Every buyer reads it in the mail; it stays in the audit log."),
        error_messages={"required": gettext_lazy("Say why: buyers are told.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def amounts(money: dict[str, str]) -> str:
    """`₹1,200.00, €20.00` of what a plan says; empty for no money."""
    return ", ".join(currencies.exact(forms.DecimalField().clean(amount), name) for name, amount in money.items())


def numbers(facts: dict) -> list[tuple]:
    """What a calling-off touches, as people read it."""
    return [
        (_("People"), facts["people"]),
        (_("Orders"), facts["orders"]),
        (_("Places"), facts["places"]),
        (_("Orders not paid yet, which end"), facts["holds"]),
        (_("Parties on the waitlist, which end"), facts["waitlisted"]["parties"]),
        (_("Money that goes back to buyers"), amounts(facts["refunds"]) or _("None")),
        (_("Fees that go back to the partner"), amounts(facts["fees_returned"]) or _("None")),
        (_("Mails"), facts["mails"]),
    ]


class CallOff(AboutEvent, Proved, ObjectConfirmPage):
    """Shows who is told and what goes back, then does it. The refunds leave one after the other in the background."""

    form_class = WhyForm
    done_sentence: str

    def facts_now(self, reason: str) -> dict:
        raise NotImplementedError

    def change(self, values: dict) -> dict:
        return self.facts_now(values.get("reason") or "-")  # while it is previewed none is typed yet

    def finished(self, facts: dict):
        return self.done(self.done_sentence % {"event": self.object.name}, address_of(self.object))


class CancelEvent(CallOff):
    """`desk-event-cancel`."""

    permission, scoped, title = "manage_events", True, gettext_lazy("Cancel the event")
    asks, says = "change_state", "state=cancelled"
    done_sentence = gettext_lazy("%(event)s is cancelled. The mails and the money are on their way.")

    def facts_now(self, reason: str) -> dict:
        return previews.cancellation(self.object, reason=reason, by=self.request.user)()

    def explain(self, facts: dict) -> Explained:
        refunds = amounts(facts["refunds"])
        warnings = []
        if facts["tickets_used"]:
            sentence = ngettext(
                "%(count)s ticket was used at the door already. It is refunded as well.",
                "%(count)s tickets were used at the door already. They are refunded as well.",
                facts["tickets_used"],
            )
            warnings.append(sentence % {"count": facts["tickets_used"]})
        label = _("Cancel and refund %(amount)s") % {"amount": refunds} if refunds else _("Cancel the event")
        return Explained(
            _("%(event)s ends for everybody: tickets stop working, holds and the waitlist end, all money goes back.")
            % {"event": self.object.name},
            submit=label,
            changes=[(_("State"), word(facts["state"]["before"]).label, word(facts["state"]["after"]).label)],
            facts=numbers(facts),
            warnings=warnings,
        )


class RefundEvent(CallOff):
    """`desk-event-refund`."""

    permission, scoped, title = "refund_orders", True, gettext_lazy("Refund everybody")
    asks = "refund_event"
    done_sentence = gettext_lazy("Everybody who paid for %(event)s gets the money back. Booking is withdrawn.")

    def facts_now(self, reason: str) -> dict:
        return previews.mass_refund(self.object, reason=reason, by=self.request.user)()

    def explain(self, facts: dict) -> Explained:
        was_open = facts["is_bookable"]["before"]
        return Explained(
            _("All who paid for %(event)s get their money back and lose their tickets. The event itself stays.")
            % {"event": self.object.name},
            submit=_("Refund %(amount)s") % {"amount": amounts(facts["refunds"])}
            if facts["refunds"]
            else _("End the orders that are not paid"),
            changes=[(_("Booking"), _("Open") if was_open else _("Withdrawn"), _("Withdrawn"))],
            facts=numbers(facts),
            warnings=[_("Who was let in already, who paid nothing, and who waits is left out.")],
        )


class CapacityForm(forms.Form):
    """How many places."""

    places = forms.IntegerField(label=gettext_lazy("Places"), min_value=0, max_value=CAPACITY_MAX)


class ChangeCapacity(AboutEvent, ObjectConfirmPage):
    """`desk-event-capacity`. A number in the address (?places=) is previewed; another one is previewed again."""

    permission, scoped, title = "manage_events", True, gettext_lazy("Change the capacity")
    form_class, asks = CapacityForm, "change_capacity"

    @property
    def says(self) -> str:
        """The question is about the number that was asked for."""
        return urlencode({"places": (self.request.POST or self.request.GET).get("places", "")})

    def get_initial(self) -> dict:
        return {"places": self.request.GET.get("places") or self.object.capacity}

    def change(self, values: dict) -> dict:
        try:
            places = CapacityForm.base_fields["places"].clean(values.get("places"))
        except ValidationError as error:
            raise Invalid.field("places", " ".join(error.messages)) from None
        return previews.capacity_change(self.object, places, by=self.request.user)()

    def explain(self, facts: dict) -> Explained:
        before, after = facts["capacity"]["before"], facts["capacity"]["after"]
        rows = [
            (_("Places"), before, after),
            (_("Free places"), facts["free"]["before"], facts["free"]["after"]),
            (_("Places on the waitlist"), facts["waiting"]["before"], facts["waiting"]["after"]),
            (_("Seats"), facts["seats"]["before"], facts["seats"]["after"]),
        ]
        return Explained(
            _("%(event)s has %(places)s places from now on.") % {"event": self.object.name, "places": after},
            submit=_("Set the capacity to %(places)s") % {"places": after},
            changes=rows,
            facts=[
                (_("Booked places, which stay"), facts["booked"]["after"]),
                (_("Parties that move up from the waitlist"), facts["promoted"]),
                (_("Mails"), facts["mails"]),
            ],
            is_danger=after < before,
        )

    def finished(self, facts: dict):
        sentence = _("The capacity is %(places)s now.") % {"places": facts["capacity"]["after"]}
        return self.done(sentence, address_of(self.object))


class SetBookable(AboutEvent, ObjectActionPage):
    """`desk-event-open` and `desk-event-withdraw`."""

    permission, scoped, is_bookable, asks = "manage_events", True, True, "set_bookable"

    @property
    def says(self) -> str:
        return "act=open" if self.is_bookable else "act=withdraw"

    def act(self):
        editing.set_bookable(self.object, self.is_bookable, by=self.request.user)
        return _("Booking is open again.") if self.is_bookable else _("Nobody can book any more; tickets still scan.")

    def back_url(self) -> str:
        return self.next_url(reverse("desk-event", args=[self.object.uid]))
