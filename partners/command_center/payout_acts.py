"""What is done with payouts: drawn up, approved, discarded, handed to the bank. Each asks first and shows the facts.

Whoever does it has proved not long ago that it is still them (step-up).
"""

from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.explaining import ASKED_MOST
from accounts.step_up import Proved
from eventify.lib.currencies import exact
from eventify.lib.desk.confirm import ConfirmPage, Explained, ObjectConfirmPage
from eventify.lib.desk.pages import Crumb, ObjectActionPage, ObjectFormPage, Page
from partners import cover, payouts, sending
from partners.command_center.payouts import BatchBase, approve_label
from partners.models import Partner, Payout

MOST = 5000  # partners in one batch


class NewPayouts(Page):
    """`desk-payout-new`: how each partner stands, in one sentence; choose whom to pay."""

    permission = payouts.PERMISSION
    place = "desk-payouts"
    title = gettext_lazy("New payouts")
    lead = gettext_lazy("What each partner can be paid now, and why. Choose whom to pay; nothing is sent yet.")
    template_name = "command_center/partners/payout_new.html"
    crumbs = (Crumb(gettext_lazy("Payouts"), "/command-center/payouts/"),)

    def get_context_data(self, **context):
        positions = payouts.preview()
        payable = [one for one in positions if one.amount]
        return super().get_context_data(
            payable=_by_partner(payable),
            left_out=[one for one in positions if not one.amount],
            totals=_amounts(payable),
            **context,
        )


def _by_partner(positions: list[cover.Position]) -> list[dict]:
    """A partner that can be paid in several currencies is chosen once."""
    rows: dict[int, dict] = {}
    for one in positions:
        row = rows.setdefault(one.partner.pk, {"partner": one.partner, "sentences": [], "positions": []})
        row["sentences"].append(one.sentence)
        row["positions"].append(one)
    return [{**row, "amounts": _amounts(row["positions"])} for row in rows.values()]


def _amounts(positions: list[cover.Position]) -> str:
    sums: dict = {}
    for one in positions:
        sums[one.currency] = sums.get(one.currency, 0) + one.amount
    return ", ".join(exact(amount, currency) for currency, amount in sorted(sums.items()))


class ChosenForm(forms.Form):
    """Whom to pay: the uids of partners."""

    partner = forms.ModelMultipleChoiceField(
        Partner.objects.filter(is_house=False),
        to_field_name="uid",
        widget=forms.MultipleHiddenInput,
        error_messages={
            "required": gettext_lazy("Choose at least one partner."),
            "list": gettext_lazy("Choose again."),
        },
    )

    def clean_partner(self):
        chosen = self.cleaned_data["partner"]
        if len(self.data.getlist("partner")) > MOST:
            raise forms.ValidationError(_("Choose at most %(most)d partners.") % {"most": MOST})
        return chosen


def explain_payouts(facts: dict) -> list[tuple]:
    """Each payout of a preview: whom, how much, and how it came about."""
    return [(one["name"], one["sentence"], _amount(one)) for one in facts["payouts"] if not one["reason"]]


def _amount(one: dict) -> str:
    return exact(_decimal(one["amount"]), one["currency"])


def _decimal(text: str):
    return Payout._meta.get_field("amount").to_python(text)


def amounts_in(facts: dict) -> str:
    """The totals of a preview for people."""
    return ", ".join(exact(_decimal(amount), currency) for currency, amount in facts["totals"].items())


class DrawUp(Proved, ConfirmPage):
    """`desk-payout-draw-up`: what was chosen, with its sum; then the draft."""

    permission = payouts.PERMISSION
    place = "desk-payouts"
    title = gettext_lazy("Draw up payouts")
    template_name = "command_center/partners/payout_confirm.html"
    form_class, asks = ChosenForm, "draw_up_payout"

    def get_crumbs(self):
        return Crumb(_("Payouts"), reverse("desk-payouts")), Crumb(_("New payouts"), reverse("desk-payout-new"))

    def chosen(self) -> list[Partner]:
        """Whom the form names; nobody when it names somebody wrong."""
        form = self.form if self.form is not None else self.get_form()
        form.is_valid()  # what is refused after that leaves the choice as it is
        return list(form.cleaned_data.get("partner", ()))

    @property
    def about(self):
        """The question is about the first, with the others beside."""
        return next(iter(self.chosen()), None)

    @property
    def says(self) -> str:
        others = self.chosen()[1 : ASKED_MOST + 1]
        return urlencode({"others": ",".join(str(one.uid) for one in others)}) if others else ""

    def get_form(self, data=None, files=None):
        """What was chosen on the page before comes in the address."""
        return self.form_class(data if data is not None else self.request.GET)

    def preview_values(self):
        form = self.form if self.form is not None else self.get_form()
        if not form.is_valid() and "partner" in form.errors:
            raise payouts.NothingToPay(form.errors["partner"][0])
        return form.cleaned_data

    def change(self, values):
        self.batch = payouts.create(partners=values["partner"], by=self.request.user)
        return payouts.facts(self.batch)

    def explain(self, facts):
        number = len(facts["payouts"])
        what = {"number": number, "amounts": amounts_in(facts)}
        sentence = ngettext(
            "%(number)d payout of %(amounts)s is drawn up. It is sent when it has been approved.",
            "%(number)d payouts of %(amounts)s are drawn up. They are sent when they have been approved.",
            number,
        )
        submit = ngettext("Draw up %(number)d payout, %(amounts)s", "Draw up %(number)d payouts, %(amounts)s", number)
        warnings = [f"{one['name']}: {one['sentence']}" for one in facts["left_out"]]
        return Explained(sentence % what, submit % what, explain_payouts(facts), [], warnings, is_danger=False)

    def finished(self, facts):
        return self.done(_("The payouts are drawn up."), reverse("desk-payout-batch", args=[self.batch.uid]))


class Approve(Proved, BatchBase, ObjectConfirmPage):
    """`desk-payout-approve`: what is paid and what is not any more; then it is sent."""

    permission = payouts.PERMISSION
    title, asks = gettext_lazy("Approve payouts"), "approve_payout"
    template_name = "command_center/partners/payout_confirm.html"

    def get_crumbs(self):
        return *super().get_crumbs(), Crumb(_("This batch"), self.batch_url())

    def change(self, values):
        return payouts.facts(payouts.approve(self.object, by=self.request.user))

    def explain(self, facts):
        good = [one for one in facts["payouts"] if not one["reason"]]
        gone = [one for one in facts["payouts"] if one["reason"]]
        warnings = [
            _("%(partner)s is not paid: %(reason)s") % {"partner": one["name"], "reason": one["reason"]} for one in gone
        ]
        if not good:
            return Explained(
                _("None of these payouts can be made any more."), _("Discard these payouts"), warnings=warnings
            )
        amounts = amounts_in(facts)
        sentence = _("%(amounts)s leaves our account. This cannot be taken back.") % {"amounts": amounts}
        return Explained(sentence, approve_label(len(good), amounts), explain_payouts(facts), [], warnings)

    def finished(self, facts):
        return self.done(_("Approved. The payouts are being sent."), self.batch_url())


class Discard(Proved, BatchBase, ObjectConfirmPage):
    """`desk-payout-discard`."""

    permission = payouts.PERMISSION
    title, asks = gettext_lazy("Discard payouts"), "discard_payout"

    def get_crumbs(self):
        return *super().get_crumbs(), Crumb(_("This batch"), self.batch_url())

    def change(self, values):
        return payouts.facts(payouts.discard(self.object, by=self.request.user))

    def explain(self, facts):
        number = len(facts["payouts"])
        sentence = _("Nobody is paid by these payouts. The money stays in the partners' balances.")
        submit = ngettext("Discard %(number)d payout", "Discard %(number)d payouts", number) % {"number": number}
        return Explained(sentence, submit, facts=[(_("Amount"), amounts_in(facts))])

    def finished(self, facts):
        return self.done(_("The payouts are discarded."), reverse("desk-payouts"))


class BankFile(Proved, BatchBase, ObjectActionPage):
    """`desk-payout-file`: the file for the bank (ISO 20022 pain.001)."""

    permission, asks = payouts.PERMISSION, "fetch_bank_file"
    title = gettext_lazy("Bank file")

    def act(self):
        whole = sending.bank_file_of(self.object, by=self.request.user)
        response = HttpResponse(whole, content_type="application/xml")
        response["Content-Disposition"] = f'attachment; filename="payouts-{self.object.uid.hex}.xml"'
        response["Cache-Control"] = "no-store"
        return response

    def back_url(self):
        return self.batch_url()


class Executed(Proved, BatchBase, ObjectConfirmPage):
    """`desk-payout-executed`: the bank has executed what is still with it."""

    permission, asks = payouts.PERMISSION, "book_bank_answer"
    title = gettext_lazy("The bank has paid")

    def get_crumbs(self):
        return *super().get_crumbs(), Crumb(_("This batch"), self.batch_url())

    def change(self, values):
        number = sending.report_executed(self.object, by=self.request.user)
        paid = self.object.payouts.filter(status=Payout.Status.PAID)
        return {"number": number, "paid": sorted(str(uid) for uid in paid.values_list("uid", flat=True))}

    def explain(self, facts):
        number = facts["number"]
        sentence = ngettext(
            "%(number)d payout is booked as paid, and its partner is told.",
            "%(number)d payouts are booked as paid, and their partners are told.",
            number,
        )
        submit = ngettext("Yes, the bank paid it", "Yes, the bank paid all %(number)d", number)
        what = {"number": number}
        return Explained(sentence % what, submit % what, is_danger=False)

    def finished(self, facts):
        return self.done(_("Booked as paid."), self.batch_url())


class RefusedForm(forms.Form):
    """Why the bank refused it."""

    reason = forms.CharField(
        label=gettext_lazy("What the bank said"),
        max_length=sending.REASON_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The partner reads it. The money goes back to its balance."),
    )


class Refused(Proved, ObjectFormPage):
    """`desk-payout-refused`: the bank refused one payout."""

    permission, asks = payouts.PERMISSION, "book_bank_answer"
    place = "desk-payouts"
    form_class = RefusedForm
    submit_style = "danger"

    def visible(self):
        mine = payouts.batches_visible_to(self.request.user)
        return Payout.objects.filter(batch__in=mine).select_related("partner", "batch")

    def get_title(self):
        return _("The bank refused the payout to %(partner)s") % {"partner": self.object.partner.name}

    def get_crumbs(self):
        batch = Crumb(_("This batch"), reverse("desk-payout-batch", args=[self.object.batch.uid]))
        return Crumb(_("Payouts"), reverse("desk-payouts")), batch

    def get_submit(self):
        amount = exact(self.object.amount, self.object.currency)
        return _("Take %(amount)s back into the balance") % {"amount": amount}

    def act(self, form):
        sending.report_outcome(self.object, is_paid=False, by=self.request.user, **form.cleaned_data)
        return self.done(_("Booked: the money is back in the balance."), self.get_crumbs()[-1].url)
