"""Everybody's own data: what is known about them, a copy of it, and erasure."""

from django import forms
from django.contrib import messages
from django.http import FileResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.generic import View

from accounts import browser, explaining, step_up
from accounts.pages import limited, members_only
from accounts.views_security import SecretForm
from eventify.lib.errors import DomainError
from privacy import copies, erasing, words


@method_decorator([limited("login"), members_only, step_up.required, never_cache], name="dispatch")
class MyData(View):
    """`/account/data/`: the copies that were made, and the ways to a new one and to erasure; POST asks for a copy."""

    http_method_names = ["get", "head", "post", "options"]

    def get(self, request):
        made = [(copy, copies.path_of(copy.uid) if copy.made_at else "") for copy in copies.of(request.user)]
        context = {"copies": made, "days": copies.days(), "is_under_way": any(not path for _copy, path in made)}
        return render(request, "privacy/data.html", context)

    def post(self, request):
        try:
            copies.request(request.user, by=request.user)
            messages.success(request, _("Your copy is being made. We send you a mail with the link."))
        except DomainError as refusal:
            explaining.tell(request, refusal, "copy_data", request.user)
        return redirect("account-data")


class SureForm(forms.Form):
    """That somebody means it."""

    is_sure = forms.BooleanField(
        label=gettext_lazy("Yes, erase my account for ever."),
        error_messages={"required": gettext_lazy("Tick this to go on: it cannot be taken back.")},
    )


@method_decorator([limited("login"), members_only, step_up.required], name="dispatch")
class EraseMe(SecretForm):
    """`/account/data/erase/`: what goes, what stays and why, what is in the way; then one button."""

    form_class, asks = SureForm, "erase_person"
    template_name = "privacy/erase.html"

    def get_context_data(self, **context):
        sentences = list(erasing.in_the_way(self.request.user))
        return super().get_context_data(in_the_way=sentences, goes=words.GOES, stays=words.STAYS, **context)

    def act(self, form):
        erasing.erase(self.request.user, by=self.request.user)
        browser.log_out(self.request)
        messages.success(self.request, _("Your account is erased. Goodbye, and thank you for having been here."))
        return redirect("/")


@require_safe
@never_cache
def fetch(request, token: str):
    """`/data/<token>/`: the copy itself, to be saved. The signed link of the mail is the right."""
    person = request.user if request.user.is_authenticated else None
    try:
        copy = copies.find(token, browser_of=person)
        file = copies.fetch(copy, by=person)
    except DomainError as refusal:
        return render(request, "privacy/gone.html", {"sentence": refusal.message}, status=refusal.status)
    name = f"eventify-data-{copy.made_at:%Y-%m-%d}.zip"
    response = FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
    response["X-Content-Type-Options"] = "nosniff"
    return response
