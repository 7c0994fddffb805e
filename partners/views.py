"""The partner's own pages: who it is, whom to call, where its money goes, its papers, its people."""

from csp.decorators import csp_update
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import explaining, step_up
from accounts.pages import members_only
from eventify.lib.desk import nav
from eventify.lib.errors import DomainError
from partners import bank, contacts, countries, documents, inviting, kyc, members, onboarding, profile, queries
from partners.forms import BankForm, ContactForm, InviteForm, OrganisationForm, UploadForm
from partners.models import Document, Member
from partners.views_base import BANK, MANAGE, PartnerForm, PartnerPage


@members_only
def mine(request):
    """`/partner/`: the partners that the visitor works for; straight to it when it is one."""
    own = list(queries.of_member(request.user)[:200])
    if len(own) == 1:
        return redirect("partner-home", own[0].slug)
    return render(request, "partners/mine.html", {"partners": own})


class Home(PartnerPage):
    """`/partner/<slug>/`: how far it has come, and what is missing."""

    template_name = "partners/home.html"
    place = "partner-home"
    title = gettext_lazy("Overview")

    def get_context_data(self, **context):
        papers = onboarding.papers_of(self.partner)
        steps = onboarding.steps_of(self.partner, papers)
        todo = [
            {"sentence": sentence, "url": self.address(f"partner-{key}")}
            for key, sentence in (
                *onboarding.missing_of(self.partner, papers),
                *onboarding.advice_of(self.partner),
            )
        ]
        shown = {"papers": papers, "steps": steps, "todo": todo, "is_payable": bank.is_payable(self.partner)}
        shown |= {"new_event_url": self.new_event_url(), "has_events": self.partner.events.exists()}
        shown["sees_money"] = self.may(("view_financials",))
        return super().get_context_data(sees_sales=self.request.user.can_anywhere("view_events"), **shown, **context)

    def new_event_url(self) -> str:
        """Where this person makes an event of the partner; empty when they may not, or it is suspended."""
        may = self.partner.may_trade and self.may(("manage_events",))
        return f"{nav.link('desk-event-new')}?partner={self.partner.uid}" if may else ""


class Organisation(PartnerForm):
    """`/partner/<slug>/organisation/`."""

    permissions, place, form_class = MANAGE, "partner-organisation", OrganisationForm
    template_name = "partners/form.html"
    title, asks = gettext_lazy("Organisation"), "rename_partner"

    def get_initial(self):
        return {name: getattr(self.partner, name) for name in OrganisationForm.base_fields}

    def act(self, form):
        profile.change(self.partner, **form.cleaned_data, by=self.request.user)
        return self.done(_("Saved."), "partner-organisation")

    def get_context_data(self, **context):
        return super().get_context_data(submit=_("Save"), **context)


class Contacts(PartnerForm):
    """`/partner/<slug>/contacts/`: those that are there, and one more."""

    permissions, place, form_class = MANAGE, "partner-contacts", ContactForm
    template_name = "partners/contacts.html"
    title, asks = gettext_lazy("Contacts"), "add_contact"

    def act(self, form):
        contact = contacts.add(self.partner, **form.cleaned_data, by=self.request.user)
        return self.done(_("%(name)s was added.") % {"name": contact.name}, "partner-contacts")

    def get_context_data(self, **context):
        return super().get_context_data(contacts=list(self.partner.contacts.all()), **context)


class Contact(PartnerForm):
    """`/partner/<slug>/contacts/<uid>/`: change one."""

    permissions, place, form_class = MANAGE, "partner-contacts", ContactForm
    template_name = "partners/form.html"
    title, fields = gettext_lazy("Change a contact"), {"stays_primary": "is_primary"}

    @property
    def contact(self):
        return get_object_or_404(self.partner.contacts, uid=self.kwargs["uid"])

    def get_initial(self):
        return {name: getattr(self.contact, name) for name in ContactForm.base_fields}

    def act(self, form):
        contacts.change(self.contact, **form.cleaned_data, by=self.request.user)
        return self.done(_("Saved."), "partner-contacts")

    def get_context_data(self, **context):
        back = self.address("partner-contacts")
        return super().get_context_data(submit=_("Save"), back=back, contact=self.contact, **context)


@method_decorator(step_up.required, name="dispatch")
class Bank(PartnerForm):
    """`/partner/<slug>/bank/`: the account that counts, and another one in its place. Asks who one is first."""

    permissions, place, form_class = BANK, "partner-bank", BankForm
    template_name = "partners/bank.html"
    title, asks = gettext_lazy("Bank account"), "be_paid"

    def act(self, form):
        bank.set_account(self.partner, **form.cleaned_data, by=self.request.user)
        sentence = _("Your bank account is saved. Now upload a cheque or statement of this account.")
        return self.done(sentence, "partner-documents")

    def get_context_data(self, **context):
        account = bank.current(self.partner)
        shown = {"masked": bank.masked(account), "country": countries.name_of(account.country)} if account else {}
        return super().get_context_data(account=account, submit=_("Save the account"), **shown, **context)


@method_decorator(csp_update({"img-src": ["blob:"]}), name="dispatch")  # the picture is shown before it is sent
class Documents(PartnerForm):
    """`/partner/<slug>/documents/`: what we need, how each stands, and the upload."""

    permissions, place, form_class = MANAGE, "partner-documents", UploadForm
    template_name = "partners/documents.html"
    title, asks = gettext_lazy("Documents"), "upload_paper"

    def act(self, form):
        document = kyc.upload(self.partner, form.cleaned_data["type"], form.cleaned_data["file"], by=self.request.user)
        sentence = _("%(type)s: %(name)s is uploaded. We check it and write to you.")
        what = {"type": kyc.name_of(document.type), "name": document.name}
        return self.done(sentence % what, "partner-documents")

    def get_context_data(self, **context):
        papers = onboarding.papers_of(self.partner)
        history = list(self.partner.documents.all()[:50])
        chosen = self.form.data.get("type", "") if self.form else ""
        shown = {"papers": papers, "history": history, "chosen": chosen, "other": onboarding.HINTS["Other"]}
        shown["size_most"] = kyc.SIZE_MOST
        return super().get_context_data(**shown, **context)


class DocumentFile(PartnerPage):
    """`/partner/<slug>/documents/<uid>/`: leads to the file through a link of five minutes."""

    permissions = MANAGE

    def get(self, request, slug, uid):
        document = get_object_or_404(Document, partner=self.partner, uid=uid)
        return redirect("document-file", documents.token(document, viewer=request.user))


class People(PartnerForm):
    """`/partner/<slug>/people/`: members, open invitations, and one more."""

    permissions, place, form_class = MANAGE, "partner-people", InviteForm
    template_name = "partners/people.html"
    title, asks, fields = gettext_lazy("People"), "invite_member", {"member_already": "email"}

    def act(self, form):
        values = form.cleaned_data
        invitation = inviting.invite(
            self.partner, values["email"], values["role"], name=values["name"], by=self.request.user
        )
        return self.done(_("We wrote to %(email)s.") % {"email": invitation.email}, "partner-people")

    def get_context_data(self, **context):
        people = list(self.partner.members.select_related("user").order_by("pk"))
        waiting = inviting.open_invitations(self.partner)
        return super().get_context_data(people=people, waiting=waiting, **context)


class Act(PartnerPage):
    """A button on one of these pages: POST only; back to the page with a sentence."""

    permissions = MANAGE
    http_method_names = ["post"]
    back = "partner-people"
    asks, said = "", {}  # what of analytics/explaining.py is asked about the row when it is refused; other inputs

    def post(self, request, slug, uid):
        row = get_object_or_404(self.rows(), uid=uid)
        try:
            messages.success(request, self.act(row))
        except DomainError as refusal:
            explaining.tell(request, refusal, self.asks, row, **self.said)
        return redirect(self.address(self.back))

    def rows(self):
        """Those of the partner that can be acted on."""
        return self.partner.invitations

    def act(self, row) -> str:
        raise NotImplementedError


class RemoveContact(Act):
    """`/partner/<slug>/contacts/<uid>/remove/`."""

    back, asks = "partner-contacts", "remove_contact"

    def rows(self):
        return self.partner.contacts

    def act(self, row):
        contacts.remove(row, by=self.request.user)
        return _("%(name)s was removed.") % {"name": row.name}


class ResendInvitation(Act):
    """`/partner/<slug>/invitations/<uid>/resend/`."""

    asks, said = "decide_invitation", {"decision": "resend"}

    def act(self, row):
        invitation = inviting.resend(row, by=self.request.user)
        return _("We wrote to %(email)s again. The link before does not work any more.") % {"email": invitation.email}


class RevokeInvitation(Act):
    """`/partner/<slug>/invitations/<uid>/revoke/`."""

    asks, said = "decide_invitation", {"decision": "revoke"}

    def act(self, row):
        inviting.revoke(row, by=self.request.user)
        return _("The invitation of %(email)s was taken back.") % {"email": row.email}


class RemoveMember(Act):
    """`/partner/<slug>/people/<uid>/remove/`."""

    asks = "remove_member"

    def rows(self):
        return Member.objects.filter(partner=self.partner).select_related("user")

    def act(self, row):
        member = row
        members.remove_other(member, by=self.request.user)
        return _("%(name)s is no member any more.") % {"name": member.user}
