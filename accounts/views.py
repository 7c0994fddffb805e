"""Logging in, signing up and logging out on the public site."""

from django.contrib.auth import login, logout
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django.views.generic import FormView

from accounts.forms import LoginForm, SignupForm
from accounts.pages import limited, safe_next


@method_decorator([sensitive_post_parameters("password"), never_cache], name="dispatch")
class Entrance(FormView):
    """A form whose `user` is logged in when it is valid; then the person goes on to where they wanted to be."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            return redirect(safe_next(request))
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        return super().get_context_data(next=safe_next(self.request, ""), **kwargs)

    def form_valid(self, form):
        login(self.request, form.user)
        return redirect(safe_next(self.request))

    def form_invalid(self, form):
        context = self.get_context_data(form=form)
        return render(self.request, self.template_name, context, status=400)


@method_decorator(limited("login"), name="dispatch")
class Login(Entrance):
    """`/login/`."""

    form_class = LoginForm
    template_name = "accounts/login.html"


@method_decorator(limited("signup"), name="dispatch")
class Signup(Entrance):
    """`/signup/`."""

    form_class = SignupForm
    template_name = "accounts/signup.html"


@require_POST
def leave(request):
    """`/logout/`: ends the browser's session."""
    logout(request)
    return redirect("/")
