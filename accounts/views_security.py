"""Everybody's own security: password, two-factor, log-ins, and proving that it is still them."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, View

from accounts import browser, codes, devices, explaining, password_links, signup, step_up, two_factor
from accounts.forms import ConfirmForm, NewPasswordForm, PasswordForm, SetupCodeForm, put_into
from accounts.lockout import LockedOut
from accounts.pages import limited, members_only, safe_next
from eventify.lib import qr
from eventify.lib.errors import DomainError, Missing

SECURITY = "/account/security/"
TWO_FACTOR = "/account/security/two-factor/"
_secret = sensitive_post_parameters("password", "old", "otp", "code")


@method_decorator([_secret, never_cache], name="dispatch")
class SecretForm(FormView):
    """A form with secrets: `act(form)` makes one domain call and returns the response.

    A refusal stands at the field that it names, or above the form with the question `asks` about oneself.
    """

    status, asks = 400, ""

    def act(self, form):
        raise NotImplementedError

    def form_valid(self, form):
        try:
            return self.act(form)
        except DomainError as refusal:
            put_into(form, refusal)
            explaining.ask_above(form, self.asks, self.request.user)
            self.status = refusal.status
            response = self.form_invalid(form)
            if isinstance(refusal, LockedOut):
                response["Retry-After"] = str(refusal.retry_after)
            return response

    def form_invalid(self, form):
        return render(self.request, self.template_name, self.get_context_data(form=form), status=self.status)


@method_decorator([members_only, never_cache], name="dispatch")
class Security(View):
    """`/account/security/`: how the account is protected, and where it is logged in."""

    def get(self, request):
        own = browser.own_session(request)
        is_on = codes.is_on(request.user)
        context = {
            "is_on": is_on,
            "codes_left": codes.recovery_codes_left(request.user) if is_on else 0,
            "lacks_two_factor": request.user.lacks_two_factor,
            "works_for_a_partner": request.user.memberships.exists(),
            "log_ins": devices.log_ins(request.user, own=own),
        }
        return render(request, "accounts/security.html", context)


@method_decorator([limited("login"), members_only], name="dispatch")
class Confirm(SecretForm):
    """`/account/confirm/`: prove that it is still you, then go on."""

    form_class = ConfirmForm
    template_name = "accounts/confirm.html"

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "wants_code": codes.is_on(self.request.user)}

    def get_context_data(self, **context):
        return super().get_context_data(next=safe_next(self.request, ""), **context)

    def act(self, form):
        step_up.confirm_browser(self.request, **form.cleaned_data)
        return redirect(safe_next(self.request, SECURITY))


@method_decorator([members_only, step_up.required], name="dispatch")
class TwoFactor(SecretForm):
    """`/account/security/two-factor/`: set it up with the app, or see that it is on."""

    form_class = SetupCodeForm
    template_name = "accounts/two_factor.html"

    def get_context_data(self, **context):
        setup = two_factor.pending(self.request.user)
        is_on = codes.is_on(self.request.user)
        picture = qr.inline(setup.url, _("QR code for your authenticator app")) if setup and not is_on else ""
        left = codes.recovery_codes_left(self.request.user) if is_on else 0
        return super().get_context_data(setup=setup, is_on=is_on, picture=picture, codes_left=left, **context)

    def act(self, form):
        shown = two_factor.confirm(self.request.user, form.cleaned_data["code"], keep=browser.own_session(self.request))
        return _show_codes(self.request, shown, is_new=True)


def _show_codes(request, shown: list[str], *, is_new: bool):
    return render(request, "accounts/recovery_codes.html", {"codes": shown, "is_new": is_new, "next": SECURITY})


@method_decorator([members_only, step_up.required, never_cache], name="dispatch")
class Act(View):
    """A button of the security pages. A refusal becomes a sentence on the page where it leads."""

    http_method_names = ["post", "options"]
    back, act_asked = TWO_FACTOR, "begin"

    def act(self, request):
        raise NotImplementedError

    def post(self, request):
        try:
            return self.act(request) or redirect(self.back)
        except DomainError as refusal:
            explaining.tell(request, refusal, "change_two_factor", request.user, act=self.act_asked)
            return redirect(self.back)


class BeginTwoFactor(Act):
    """Make a new secret."""

    def act(self, request):
        two_factor.begin(request.user)


class TurnTwoFactorOff(Act):
    """Back to the password alone."""

    back, act_asked = SECURITY, "off"

    def act(self, request):
        two_factor.disable(request.user, by=request.user, keep=browser.own_session(request))
        messages.success(request, _("Two-factor is off. All other devices were logged out."))


class NewRecoveryCodes(Act):
    """Ten new codes, shown once."""

    act_asked = "codes"

    def act(self, request):
        return _show_codes(request, two_factor.new_recovery_codes(request.user, by=request.user), is_new=False)


@method_decorator([members_only, never_cache], name="dispatch")
class EndLogIn(View):
    """Log one other device out, or all of them."""

    http_method_names = ["post", "options"]

    def post(self, request):
        own = browser.own_session(request)
        try:
            if request.POST.get("which") == "others":
                devices.end_others(request.user, own=own)
                messages.success(request, _("All other devices were logged out."))
            else:
                devices.end(request.user, request.POST.get("which", ""))
                messages.success(request, _("That device was logged out."))
        except Missing:
            messages.error(request, _("That device was logged out already."))
        return redirect(SECURITY)


@method_decorator([limited("login"), members_only], name="dispatch")
class ChangePassword(SecretForm):
    """`/account/security/password/`: another password; every other device is logged out."""

    form_class = PasswordForm
    template_name = "accounts/password.html"

    def act(self, form):
        user = self.request.user
        signup.change_password(user, old=form.cleaned_data["old"], new=form.cleaned_data["password"])
        browser.log_in(self.request, user)
        messages.success(self.request, _("Your password is changed. All other devices were logged out."))
        return redirect(SECURITY)


@method_decorator(limited("login"), name="dispatch")
class SetPassword(SecretForm):
    """`/account/set-password/…/`: the mailed link of somebody who was invited."""

    form_class = NewPasswordForm
    template_name = "accounts/set_password.html"

    def dispatch(self, request, *args, **kwargs):
        try:
            self.owner = password_links.find(kwargs["uid"], kwargs["token"])
        except password_links.LinkExpired:
            return render(request, "accounts/link_expired.html", status=404)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **context):
        return super().get_context_data(owner=self.owner, **context)

    def act(self, form):
        user = password_links.use(self.kwargs["uid"], self.kwargs["token"], form.cleaned_data["password"])
        messages.success(self.request, _("Your password is set. Log in with it now."))
        return redirect("/login/?next=/command-center/" if user.is_staff else "/login/")
