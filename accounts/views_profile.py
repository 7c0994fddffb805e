"""Everybody's own page: who they are, their address and its confirmation, what they were told, a forgotten password."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import View

from accounts import addresses, forgotten, inbox, signup, step_up
from accounts.forms import AddressForm, ForgottenForm, ProfileForm
from accounts.links import LinkExpired
from accounts.pages import limited, members_only, too_many
from accounts.views_security import SecretForm
from eventify.lib.ratelimit import TooManyRequests, hit

PROFILE = "/account/"
PER_PAGE = 30


@method_decorator(members_only, name="dispatch")
class Profile(SecretForm):
    """`/account/`: name, phone and place."""

    form_class = ProfileForm
    template_name = "accounts/profile.html"

    def get_initial(self):
        user = self.request.user
        return {
            "full_name": user.full_name, "phone": user.phone or "", "place": user.place, "pincode": user.pincode,
            "language": user.language or get_language(),
        }  # fmt: skip

    def act(self, form):
        values = dict(form.cleaned_data)
        with transaction.atomic():
            signup.change_phone(self.request.user, values.pop("phone"))
            signup.change_profile(self.request.user, **values)
        messages.success(self.request, _("Your profile is saved."))
        return redirect(PROFILE)


@method_decorator([limited("login"), members_only, step_up.required], name="dispatch")
class Address(SecretForm):
    """`/account/address/`: another e-mail address, confirmed by the link that goes there."""

    form_class = AddressForm
    template_name = "accounts/address.html"

    def act(self, form):
        signup.change_email(self.request.user, form.cleaned_data["email"])
        messages.success(self.request, _("Your address is changed. Open the link that we sent there to confirm it."))
        return redirect(PROFILE)


@method_decorator([members_only, never_cache], name="dispatch")
class AskAgain(View):
    """`/account/confirm-address/`: the mail that confirms the address, once more."""

    http_method_names = ["post", "options"]

    def post(self, request):
        try:
            hit("reset", f"confirm {request.user.pk}")
        except TooManyRequests as refusal:
            return too_many(request, refusal)
        if request.user.email_confirmed_at is None:
            addresses.ask(request.user)
        messages.success(request, _("The mail is on its way."))
        return redirect(PROFILE)


@method_decorator(never_cache, name="dispatch")
class ConfirmAddress(View):
    """`/account/confirm-address/<token>/`: asks first, for mail scanners open links; POST confirms."""

    http_method_names = ["get", "head", "post", "options"]

    def dispatch(self, request, *args, **kwargs):
        try:
            self.owner = addresses.find(kwargs["token"])
            return super().dispatch(request, *args, **kwargs)
        except LinkExpired:
            return render(request, "accounts/link_expired.html", status=404)

    def get(self, request, token):
        return render(request, "accounts/confirm_address.html", {"owner": self.owner})

    def post(self, request, token):
        addresses.confirm(token)
        messages.success(request, _("Thank you. Your address is confirmed."))
        return redirect(PROFILE if request.user.is_authenticated else "/login/")


@method_decorator([members_only, never_cache], name="dispatch")
class Messages(View):
    """`/account/notifications/`: what one was told, newest first; POST marks all as read."""

    http_method_names = ["get", "head", "post", "options"]

    def get(self, request):
        mine = request.user.notifications.order_by("-id")
        page = Paginator(mine, PER_PAGE).get_page(request.GET.get("page"))
        unread = mine.filter(is_read=False).count()
        return render(request, "accounts/notifications.html", {"page": page, "unread": unread})

    def post(self, request):
        inbox.mark_all_read(request.user)
        return redirect("account-notifications")


@method_decorator(limited("login"), name="dispatch")
class Forgotten(SecretForm):
    """`/password/forgotten/`: a link to a new password. The answer is the same whoever has the address."""

    form_class = ForgottenForm
    template_name = "accounts/forgotten.html"

    def act(self, form):
        try:
            forgotten.ask(form.cleaned_data["email"])
        except TooManyRequests as refusal:
            return too_many(self.request, refusal)
        return self.render_to_response(self.get_context_data(form=form, sent_to=form.cleaned_data["email"]))
