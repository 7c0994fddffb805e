"""The search over everything, and the people among what it finds."""

from collections.abc import Iterator

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from eventify.lib.desk import nav, search
from eventify.lib.desk.pages import LOGGED_IN, Page, is_htmx


class SearchForm(forms.Form):
    """What to look for."""

    q = forms.CharField(min_length=search.LEAST, max_length=search.MOST, required=False)


class Search(Page):
    """`desk-search`: what each source has found. htmx gets the hits alone, for the panel under the field."""

    permission = LOGGED_IN
    title = _("Search")
    template_name = "command_center/accounts/search.html"

    def get(self, request, *args, **kwargs):
        form = SearchForm(request.GET)
        text = form.cleaned_data["q"] if form.is_valid() else ""
        groups = search.everywhere(request.user, text) if text else []
        if is_htmx(request):
            self.template_name = "command_center/parts/hits.html"
        errors = form.errors.get("q", [])
        return self.render(groups=groups, search_text=request.GET.get("q", ""), text=text, errors=errors)


@search.register("users", _("Users"), "view_users")
def find_users(user: User, text: str) -> Iterator[search.Hit]:
    """People by name, e-mail address or phone number."""
    wanted = Q(email__icontains=text) | Q(full_name__icontains=text)
    digits = "".join(letter for letter in text if letter.isdecimal())
    if len(digits) >= 4 and not any(letter.isalpha() for letter in text):
        wanted = Q(phone__contains=digits)
    for found in User.objects.filter(wanted, is_guest=False).order_by("-pk")[: search.PER_KIND]:
        yield search.Hit(str(found), found.email, nav.link("desk-user", found.uid))
