"""The KYC queue: one document after another, its pages beside the decision, by keyboard."""

from urllib.parse import urlencode

from django import forms
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import step_up
from eventify.lib.day_input import DayInput
from eventify.lib.desk import say
from eventify.lib.desk.pages import Crumb, ObjectFormPage, Page
from eventify.lib.errors import Forbidden, Missing
from partners import bank, documents, kyc, onboarding
from partners.command_center.partners import address_of
from partners.models import Document

SHOWN = 50  # of the queue, beside a document
S, T = Document.Status, Document.Type


class ReviewForm(forms.Form):
    """The decision about a document; each of the two buttons sends its verdict."""

    verdict = forms.ChoiceField(choices=((S.VERIFIED, S.VERIFIED.label), (S.REJECTED, S.REJECTED.label)))
    expires_on = forms.DateField(
        label=gettext_lazy("Good until (if the document says so)"),
        required=False,
        widget=DayInput(),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=kyc.REASON_MAX,
        help_text=gettext_lazy("The partner reads it: say what is wrong and what to upload instead."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@method_decorator(step_up.required, name="dispatch")
class Queue(Page):
    """`desk-kyc`: straight to the document that waits longest, or the good news that none does."""

    permission = "review_kyc"
    title = gettext_lazy("KYC queue")
    template_name = "command_center/partners/kyc_empty.html"

    def get(self, request):
        first = kyc.queue().first()
        return redirect("desk-document", first.uid) if first else self.render()


@method_decorator(step_up.required, name="dispatch")
class Review(ObjectFormPage):
    """`desk-document`: the pages of a document beside what is known of its partner, and the decision.

    After a decision the next document opens. What was decided already can be changed here, with a reason.
    """

    permission, place = "review_kyc", "desk-kyc"
    template_name = "command_center/partners/kyc.html"
    form_class, asks = ReviewForm, "review_paper"
    fields = {"decision": "verdict"}

    @property
    def says(self) -> str:
        verdict = getattr(self.form, "cleaned_data", {}).get("verdict")
        return urlencode({"decision": verdict, "reason": "-"}) if verdict else ""

    def visible(self):
        return Document.objects.select_related("partner", "uploaded_by", "reviewed_by")

    def get_title(self):
        what = {"type": kyc.name_of(self.object.type), "partner": self.object.partner.name}
        return _("%(type)s of %(partner)s") % what

    def get_crumbs(self):
        return (Crumb(_("KYC queue"), reverse("desk-kyc")),)

    def get_initial(self) -> dict:
        return {"expires_on": self.object.expires_on}

    def act(self, form):
        values, document = form.cleaned_data, self.object
        following = self.following()
        was_decided = document.status != S.PENDING
        kyc.review(document, **self._for_verdict(values), by=self.request.user, again="again" in self.request.POST)
        sentence = _("Verified: %(what)s.") if values["verdict"] == S.VERIFIED else _("Rejected: %(what)s.")
        if was_decided:
            return self.done(sentence % {"what": self.get_title()}, reverse("desk-document", args=[document.uid]))
        url = reverse("desk-document", args=[following]) if following else reverse("desk-kyc")
        change = (reverse("desk-document", args=[document.uid]), _("Change it"))
        return self.done(format_html('{} <a href="{}">{}</a>', sentence % {"what": self.get_title()}, *change), url)

    def _for_verdict(self, values: dict) -> dict:
        """A day counts only for a verified document, whatever the form still holds."""
        return {**values, "expires_on": values["expires_on"] if values["verdict"] == S.VERIFIED else None}

    def following(self):
        """The uid of the document to open after this one: the next in the queue, else the first."""
        uids = list(kyc.queue().values_list("uid", flat=True)[: SHOWN + 1])
        place = uids.index(self.object.uid) if self.object.uid in uids else -1
        return next((uid for uid in uids[place + 1 :] + uids if uid != self.object.uid), None)

    def get_context_data(self, **context) -> dict:
        document = self.object
        queue = list(kyc.queue()[:SHOWN])
        place = next((n for n, one in enumerate(queue) if one.pk == document.pk), None)
        return super().get_context_data(
            document=document,
            title_pills=[document.status],
            queue=queue,
            previous=queue[place - 1] if place else None,
            next=queue[place + 1] if place is not None and place + 1 < len(queue) else None,
            pages=self.pages(),
            file_url=reverse("desk-document-file", args=[document.uid]),
            facts=self.facts(),
            warnings=self.warnings(),
            papers=onboarding.papers_of(document.partner),
            partner_url=address_of(document.partner),
            may_not=self.may_not(),
            is_decided=document.status != S.PENDING,
            today=kyc.today().isoformat(),
            **context,
        )

    def pages(self) -> list[str]:
        """The addresses of the pictures of its pages; none when the file cannot be read."""
        try:
            count = documents.pages_of(self.object)
        except Missing:
            return []
        token = documents.token(self.object, viewer=self.request.user)
        return [reverse("document-page", args=[token, number]) for number in range(1, count + 1)]

    def facts(self) -> list[tuple]:
        document = self.object
        facts = [
            (_("File"), document.name),
            (_("Uploaded"), say.relative(document.created_at)),
            (_("By"), document.uploaded_by or _("Unknown")),
        ]
        if document.reviewed_at:
            facts += [(_("Decided"), say.relative(document.reviewed_at)), (_("By"), document.reviewed_by)]
        if document.expires_on:
            facts.append((_("Good until"), say.day(document.expires_on)))
        return facts + (self._account_facts() if document.type == T.CHEQUE else [])

    def _account_facts(self) -> list[tuple]:
        """What a cheque must agree with. The whole number is for those who see the money."""
        account = bank.current(self.object.partner)
        if account is None:
            return [(_("Bank account"), _("None entered yet"))]
        sees_all = self.may("view_financials", self.object.partner)
        number = account.number if sees_all else bank.masked(account)
        return [(_("Account holder"), account.holder), (_("Account number"), number)]

    def warnings(self) -> list[str]:
        document = self.object
        warnings = []
        others = Document.objects.filter(sha256=document.sha256).exclude(partner=document.partner)
        if other := others.select_related("partner").first():
            warnings.append(_("The same file was uploaded by %(partner)s.") % {"partner": other.partner.name})
        account = bank.current(document.partner) if document.type == T.CHEQUE else None
        if account and account.created_at > document.created_at:
            warnings.append(_("The bank account was changed after this was uploaded. A newer cheque is needed."))
        if kyc.is_own_upload(document, self.request.user) and not self.may_not():
            warnings.append(_("You uploaded this yourself. The audit log will say so."))
        if onboarding.has_expired(document):
            warnings.append(_("This document has expired."))
        return warnings

    def may_not(self) -> str:
        """The sentence that says why this person may not decide; empty when they may."""
        try:
            kyc.check_reviewer(self.object, self.request.user)
        except Forbidden as refusal:
            return str(refusal.message)
        return ""
