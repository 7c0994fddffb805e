"""The page behind an invitation's link."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts import browser
from accounts.models import User
from accounts.pages import limited
from eventify.lib.errors import DomainError
from partners import inviting, queries
from partners.forms import JoinForm
from partners.views_base import put_into


@method_decorator([sensitive_post_parameters("password"), never_cache, limited("signup")], name="dispatch")
class Accept(View):
    """`/invitations/<token>/`: join with the account of the invited address, or with a new one."""

    template_name = "partners/invitation.html"

    def dispatch(self, request, *args, **kwargs):
        try:
            self.invitation = inviting.find(kwargs["token"])
            return super().dispatch(request, *args, **kwargs)
        except DomainError as refusal:
            context = {"sentence": str(refusal.message), "status": refusal.status}
            return render(request, "partners/invitation_over.html", context, status=refusal.status)

    def get(self, request, token):
        return self.render(JoinForm(initial={"name": self.invitation.name}))

    def post(self, request, token):
        form = JoinForm(request.POST)
        if request.user.is_authenticated:
            return self._joined(inviting.accept(token, user=request.user), is_new=False)
        if not form.is_valid():
            return self.render(form, status=400)
        try:
            return self._joined(inviting.accept(token, **form.cleaned_data), is_new=True)
        except DomainError as refusal:
            put_into(form, refusal)
            return self.render(form, status=refusal.status)

    def _joined(self, member, *, is_new: bool):
        if is_new:
            browser.log_in(self.request, member.user)
        messages.success(self.request, _("Welcome to %(partner)s.") % {"partner": member.partner})
        is_shown = queries.of_member(member.user).filter(pk=member.partner_id).exists()
        return redirect("partner-home", member.partner.slug) if is_shown else redirect("/")

    def render(self, form, status: int = 200):
        email, user = self.invitation.email.lower(), self.request.user
        context = {
            "invitation": self.invitation,
            "partner": self.invitation.partner,
            "form": form,
            "is_owner": user.is_authenticated and user.email.lower() == email,
            "has_account": User.objects.filter(email__lower=email).exists(),
        }
        return render(self.request, self.template_name, context, status=status)
