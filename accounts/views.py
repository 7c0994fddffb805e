"""Logging in (in one step or two), signing up and logging out on the public site."""

from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django.views.generic import FormView

from accounts import browser, sessions
from accounts.forms import CodeForm, LoginForm, SignupForm
from accounts.pages import home_of, limited, safe_next
from eventify.lib.ratelimit import client_address


@method_decorator([sensitive_post_parameters("password", "code"), never_cache], name="dispatch")
class Entrance(FormView):
    """A form whose `user` is logged in when it is valid; then the person goes on to where they wanted to be."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            return redirect(safe_next(request, "") or home_of(request.user))
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        return super().get_context_data(next=safe_next(self.request, ""), **kwargs)

    def form_valid(self, form):
        try:
            browser.log_in(self.request, form.user)
        except sessions.WrongCredentials as refusal:  # changed while we looked
            form.refused(refusal)
            return self.form_invalid(form)
        return redirect(safe_next(self.request, "") or home_of(form.user))

    def form_invalid(self, form):
        context = self.get_context_data(form=form)
        response = render(self.request, self.template_name, context, status=form.status)
        if form.retry_after:
            response["Retry-After"] = str(form.retry_after)
        return response


@method_decorator(limited("login"), name="dispatch")
class Login(Entrance):
    """`/login/`: name and password. Who has two-factor goes on to the second step, and is nobody until then."""

    form_class = LoginForm
    template_name = "accounts/login.html"

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "address": client_address(self.request)}

    def form_valid(self, form):
        if not form.needs_code:
            return super().form_valid(form)
        browser.await_code(self.request, form.user)
        return redirect(_with_next("/login/code/", safe_next(self.request, "")))


@method_decorator(limited("login"), name="dispatch")
class SecondStep(Entrance):
    """`/login/code/`: the code of the app, or a recovery code."""

    form_class = CodeForm
    template_name = "accounts/login_code.html"

    def dispatch(self, request, *args, **kwargs):
        self.awaited = browser.awaited(request)
        if self.awaited is None and not request.user.is_authenticated:
            browser.forget_awaited(request)
            return redirect(_with_next("/login/", safe_next(request, "")))
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "user": self.awaited, "address": client_address(self.request)}


def _with_next(path: str, wanted: str) -> str:
    return f"{path}?{urlencode({'next': wanted})}" if wanted else path


@method_decorator(limited("signup"), name="dispatch")
class Signup(Entrance):
    """`/signup/`."""

    form_class = SignupForm
    template_name = "accounts/signup.html"


@require_POST
def leave(request):
    """`/logout/`: ends the browser's session."""
    browser.log_out(request)
    return redirect("/")


@never_cache
def raw_admin_login(request):
    """`/django-admin/login/`: there is one log-in for all; who is in and comes here may not see that page."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect(_with_next("/login/", safe_next(request, "/django-admin/")))
