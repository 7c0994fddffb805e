"""The base of the partner's own pages: for its members only; to everybody else they are not there."""

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.cache import never_cache

from accounts import explaining
from eventify.lib.errors import DomainError
from partners import queries

MANAGE = ("manage_partners",)
BANK = ("manage_partners", "view_financials")
# url name, label, permissions that open it
PLACES = (
    ("partner-home", _("Overview"), ()),
    ("partner-organisation", _("Organisation"), MANAGE),
    ("partner-contacts", _("Contacts"), MANAGE),
    ("partner-bank", _("Bank account"), BANK),
    ("partner-documents", _("Documents"), MANAGE),
    ("partner-people", _("People"), MANAGE),
    ("partner-integrations", _("Webhooks and keys"), ("manage_integrations",)),
    ("partner-reports", _("Reports"), ("view_events",)),
)


@method_decorator(never_cache, name="dispatch")
class PartnerPage(View):
    """A page about `self.partner`, for which the visitor works (else 404). All `permissions` are needed (else 403)."""

    permissions: tuple[str, ...] = ()
    template_name = ""
    title = ""
    place = ""

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self._held: dict[str, bool] = {}

    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), "/login/")
        self.judge()
        try:
            return super().dispatch(request, *args, **kwargs)
        except DomainError as refusal:
            return self.render(status=refusal.status, refusal=str(refusal.message))

    def judge(self) -> None:
        """Find the partner for the visitor (Http404), and see that they may open the page (PermissionDenied)."""
        self.partner = queries.of_member(self.request.user).filter(slug=self.kwargs["slug"]).first()
        if self.partner is None:
            raise Http404
        if not self.may(self.permissions):
            raise PermissionDenied

    def may(self, permissions) -> bool:
        """Whether the visitor holds all of these on the partner; each is asked once."""
        for one in permissions:
            if one not in self._held:
                self._held[one] = self.request.user.can(one, on=self.partner)
        return all(self._held[one] for one in permissions)

    def get(self, request, *args, **kwargs):
        return self.render()

    def render(self, status: int = 200, **context):
        return render(self.request, self.template_name, self.get_context_data(**context), status=status)

    def get_context_data(self, **context) -> dict:
        places = [
            {"label": label, "url": self.address(name), "is_current": name == self.place}
            for name, label, permissions in PLACES
            if self.may(permissions)
        ]
        own = {"partner": self.partner, "places": places, "title": self.title, "may_manage": self.may(MANAGE)}
        return {**own, **context}

    def address(self, name: str, *args) -> str:
        """The address of one of the partner's pages."""
        return reverse(name, args=[self.partner.slug, *args])

    def done(self, sentence, name: str):
        """Say what was done, on the page that comes next."""
        messages.success(self.request, sentence)
        return redirect(self.address(name))


class PartnerForm(PartnerPage):
    """A form on such a page: `act(form)` makes one domain call and returns a response.

    A refusal stands at the field that it names, or above the form with the question `asks`; what was typed stays.
    """

    form_class = None
    form = None
    fields: dict[str, str] = {}  # a rule about a value -> its field
    asks = ""  # what of analytics/explaining.py is asked of `about` when the form as a whole is refused

    def act(self, form):
        raise NotImplementedError

    def get_initial(self) -> dict:
        return {}

    def post(self, request, *args, **kwargs):
        self.form = self.form_class(request.POST, request.FILES)
        if not self.form.is_valid():
            return self.render(status=400)
        try:
            return self.act(self.form)
        except DomainError as refusal:
            put_into(self.form, refusal, self.fields)
            explaining.ask_above(self.form, self.asks, self.about)
            return self.render(status=refusal.status)

    @property
    def about(self):
        """The row that `asks` is about."""
        return self.partner

    def get_context_data(self, **context) -> dict:
        if self.form is None:
            self.form = self.form_class(initial=self.get_initial())
        return super().get_context_data(form=self.form, **context)


def put_into(form, refusal: DomainError, fields: dict[str, str] | None = None) -> None:
    """The sentences of a refusal, beside the fields that it names; `fields` are those of rules about a value."""
    errors = getattr(refusal, "errors", None) or {(fields or {}).get(refusal.rule): [refusal.message]}
    for name, sentences in errors.items():
        form.add_error(name if name in form.fields else None, [str(one) for one in sentences])
