"""What staff do to a partner: invite it, suspend and activate it, set its terms, help with its papers and people."""

from django import forms
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import step_up
from eventify.lib.desk.confirm import Explained, ObjectConfirmPage, ReasonForm
from eventify.lib.desk.pages import Crumb, FormPage, ObjectActionPage, ObjectFormPage, ObjectMixin, Page
from eventify.lib.desk.words import word
from partners import documents, inviting, kyc, profile, queries, standing
from partners.command_center.partners import TRUST_WORDS, TYPE_WORDS, address_of, visible_documents
from partners.forms import InviteForm, LegalForm, UploadForm, email, phone, text
from partners.models import Invitation, Partner


class InvitePartnerForm(forms.Form):
    """A new partner, and the person who gets the mail."""

    name = text(gettext_lazy("Name of the organisation"), 200)
    type = forms.ChoiceField(label=gettext_lazy("Kind"), choices=tuple(TYPE_WORDS.items()), initial="Promoter")
    contact_name = text(gettext_lazy("Contact's name"), 200)
    contact_email = email(
        gettext_lazy("Contact's e-mail"),
        help_text=gettext_lazy("The invitation goes here; its link is good for 14 days."),
    )
    contact_phone = phone(gettext_lazy("Contact's phone (optional)"))


class InvitePartner(FormPage):
    """`desk-partner-invite`."""

    permission, place = "manage_partners", "desk-partners"
    title, submit = gettext_lazy("Invite a partner"), gettext_lazy("Send the invitation")
    form_class = InvitePartnerForm
    fields = {f"contact.{name}": f"contact_{name}" for name in inviting.FIELDS}

    def get_crumbs(self):
        return (Crumb(_("Partners"), reverse("desk-partners")),)

    def act(self, form):
        values = form.cleaned_data
        contact = {name: values[f"contact_{name}"] for name in inviting.FIELDS}
        partner = inviting.invite_partner(
            name=values["name"], type=values["type"], contact=contact, by=self.request.user
        )
        sentence = _("%(partner)s is invited. We wrote to %(email)s.")
        return self.done(sentence % {"partner": partner.name, "email": contact["email"]}, address_of(partner))


class AboutPartner(ObjectMixin):
    """A page of staff about `self.object`, a partner."""

    permission, place = "manage_partners", "desk-partners"

    def visible(self):
        return queries.visible_to(self.request.user)

    def get_crumbs(self):
        return (Crumb(_("Partners"), reverse("desk-partners")), Crumb(self.object.name, address_of(self.object)))


class ChangeStatus(AboutPartner, ObjectConfirmPage):
    """Shows what a new status stops or lets go on, then sets it."""

    status: str
    asks = "change_partner_status"

    @property
    def says(self) -> str:
        return f"status={self.status}"

    def change(self, values: dict) -> dict:
        reason = values.get("reason") or "-"  # while it is previewed none is typed yet; it is no part of the facts
        return standing.change_of_status(self.object, self.status, reason=reason, by=self.request.user)()

    def numbers(self, facts: dict) -> list[tuple]:
        return [
            (_("Events on sale"), facts["events_on_sale"]),
            (_("Orders that hold places"), facts["open_holds"]),
            (_("Parties on the waitlist"), facts["waitlisted"]),
            (_("Open payouts"), facts["open_payouts"]),
            (_("Mails"), facts["mails"]),
        ]

    def changes(self, facts: dict) -> list[tuple]:
        before, after = facts["before"]["status"], facts["after"]["status"]
        return [(_("Status"), word(before).label, word(after).label)]

    def finished(self, facts: dict):
        return self.done(self.sentence % {"partner": self.object.name}, address_of(self.object))


class Suspend(ChangeStatus):
    """`desk-partner-suspend`."""

    title, form_class, status = gettext_lazy("Suspend"), ReasonForm, Partner.Status.SUSPENDED
    sentence = gettext_lazy("%(partner)s is suspended.")

    def explain(self, facts: dict) -> Explained:
        name = {"partner": self.object.name}
        warnings = []
        if facts["open_holds"]:
            warnings.append(
                ngettext(
                    "%(count)s order holds places now and may still be paid until its time is up.",
                    "%(count)s orders hold places now and may still be paid until their time is up.",
                    facts["open_holds"],
                )
                % {"count": facts["open_holds"]}
            )
        return Explained(
            _("%(partner)s cannot publish, sell or be paid any more. Tickets that are sold already still scan.") % name,
            submit=_("Suspend %(partner)s") % name,
            changes=self.changes(facts),
            facts=self.numbers(facts),
            warnings=warnings,
        )


class Activate(ChangeStatus):
    """`desk-partner-activate`."""

    title, status = gettext_lazy("Activate"), Partner.Status.ACTIVE
    sentence = gettext_lazy("%(partner)s is active.")

    def explain(self, facts: dict) -> Explained:
        name = {"partner": self.object.name}
        warnings = []
        if facts["before"].get("reason"):
            warnings.append(_("It was suspended because: %(reason)s") % {"reason": facts["before"]["reason"]})
        return Explained(
            _("%(partner)s may publish, sell and be paid. Its waitlists move at once.") % name,
            submit=_("Activate %(partner)s") % name,
            changes=self.changes(facts),
            facts=self.numbers(facts),
            warnings=warnings,
            is_danger=False,
        )


class TermsForm(forms.Form):
    """Fee and trust."""

    fee_percent = forms.DecimalField(
        label=gettext_lazy("Fee, in percent of a sale"),
        required=False,
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        help_text=gettext_lazy("Empty: the platform's usual fee. It counts for sales that are paid from now on."),
    )
    trust = forms.ChoiceField(
        label=gettext_lazy("Trust"),
        choices=tuple(TRUST_WORDS.items()),
        help_text=gettext_lazy("How much of the money of events that are still to come may be paid out."),
    )


@method_decorator(step_up.required, name="dispatch")
class Terms(AboutPartner, ObjectFormPage):
    """`desk-partner-terms`."""

    title, submit, form_class = gettext_lazy("Terms"), gettext_lazy("Save the terms"), TermsForm

    def get_initial(self) -> dict:
        return {"fee_percent": self.object.fee_percent, "trust": self.object.trust}

    def act(self, form):
        standing.set_terms(self.object, **form.cleaned_data, by=self.request.user)
        return self.done(_("The terms are saved."), address_of(self.object))


class Legal(AboutPartner, ObjectFormPage):
    """`desk-partner-legal`: what the partner's invoices say of it."""

    title, submit, form_class = gettext_lazy("Invoice details"), gettext_lazy("Save"), LegalForm
    asks = "rename_partner"

    def get_initial(self) -> dict:
        return {name: getattr(self.object, name) for name in LegalForm.base_fields}

    def act(self, form):
        profile.change(self.object, **form.cleaned_data, by=self.request.user)
        return self.done(_("Saved. Invoices that were issued before stay as they are."), address_of(self.object))


class Upload(AboutPartner, ObjectFormPage):
    """`desk-partner-upload`: a document that came by mail, say. Somebody else reviews it."""

    title, submit, form_class = gettext_lazy("Upload a document"), gettext_lazy("Upload"), UploadForm
    asks = "upload_paper"

    def act(self, form):
        document = kyc.upload(self.object, form.cleaned_data["type"], form.cleaned_data["file"], by=self.request.user)
        sentence = _("%(name)s is uploaded. Somebody else must review it.") % {"name": document.name}
        return self.done(sentence, address_of(self.object))


class InviteMember(AboutPartner, ObjectFormPage):
    """`desk-partner-invite-member`."""

    title, submit, form_class = (
        gettext_lazy("Invite somebody"),
        gettext_lazy("Send the invitation"),
        InviteForm,
    )
    asks, fields = "invite_member", {"member_already": "email"}

    def act(self, form):
        values = form.cleaned_data
        inviting.invite(self.object, values["email"], values["role"], name=values["name"], by=self.request.user)
        return self.done(_("We wrote to %(email)s.") % {"email": values["email"]}, address_of(self.object))


class AboutInvitation(ObjectActionPage):
    """A button about an invitation."""

    permission, asks = "manage_partners", "decide_invitation"

    def visible(self):
        return Invitation.objects.filter(partner__in=queries.visible_to(self.request.user)).select_related("partner")

    def back_url(self) -> str:
        return address_of(self.object.partner)


class ResendInvitation(AboutInvitation):
    """`desk-invitation-resend`."""

    says = "decision=resend"

    def act(self):
        inviting.resend(self.object, by=self.request.user)
        return _("We wrote to %(email)s again. The link before does not work any more.") % {"email": self.object.email}


class RevokeInvitation(AboutInvitation):
    """`desk-invitation-revoke`."""

    says = "decision=revoke"

    def act(self):
        inviting.revoke(self.object, by=self.request.user)
        return _("The invitation of %(email)s was taken back.") % {"email": self.object.email}


class DocumentFile(Page):
    """`desk-document-file`: leads to the file through a link of five minutes."""

    permission, scoped = ("review_kyc", "manage_partners"), True

    def get(self, request, uid):
        document = get_object_or_404(visible_documents(request.user), uid=uid)
        return redirect("document-file", documents.token(document, viewer=request.user))
