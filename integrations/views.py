"""An organisation's integrations on its own pages: endpoints with their logs, and keys."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import step_up
from eventify.lib.errors import DomainError
from integrations import endpoints, keys
from integrations.forms import EndpointForm, KeyForm, SinceForm
from integrations.models import ApiKey, Delivery, Endpoint
from partners.views_base import PartnerForm, PartnerPage

NEEDS = (keys.PERMISSION,)
PLACE = "partner-integrations"
SHOWN = 50  # deliveries of a log


class Integrations(PartnerPage):
    """`/partner/<slug>/integrations/`: the endpoints and the keys."""

    permissions, place = NEEDS, PLACE
    template_name = "integrations/home.html"
    title = gettext_lazy("Webhooks and keys")

    def get_context_data(self, **context):
        shown = {
            "endpoints": list(self.partner.endpoints.order_by("pk")),
            "keys": [(one, [keys.SCOPES.get(scope, scope) for scope in one.scopes]) for one in self.live_keys()],
        }
        return super().get_context_data(**shown, **context)

    def live_keys(self):
        return self.partner.api_keys.filter(revoked_at=None)


class NewEndpoint(PartnerForm):
    """`/partner/<slug>/integrations/new/`: what it makes has a secret, which is shown this once."""

    permissions, place, form_class = NEEDS, PLACE, EndpointForm
    template_name = "integrations/form.html"
    title = gettext_lazy("Add an endpoint")

    def get_initial(self):
        return {"kinds": EndpointForm.base_fields["kinds"].initial}

    def act(self, form):
        made = endpoints.make(self.partner, by=self.request.user, **form.cleaned_data)
        self.template_name = "integrations/shown_once.html"
        return self.render(secret=made.secret, on=made.row.url, back=self.address("partner-endpoint", made.row.uid))

    def get_context_data(self, **context):
        own = {"submit": _("Add the endpoint"), "back": self.address(PLACE)}
        return super().get_context_data(**{**own, **context})


@method_decorator(step_up.required, name="dispatch")
class NewKey(PartnerForm):
    """`/partner/<slug>/integrations/keys/new/`: the key is shown this once. Asks who one is first."""

    permissions, place, form_class = NEEDS, PLACE, KeyForm
    template_name = "integrations/form.html"
    title = gettext_lazy("Make a key")

    def act(self, form):
        values = form.cleaned_data
        made = keys.make(
            self.partner, name=values["name"], scopes=values["scopes"], expires_at=form.expires_at(),
            by=self.request.user,
        )  # fmt: skip
        self.template_name = "integrations/shown_once.html"
        return self.render(secret=made.key, on=made.row.name, back=self.address(PLACE), is_key=True)

    def get_context_data(self, **context):
        own = {"submit": _("Make the key"), "back": self.address(PLACE)}
        return super().get_context_data(**{**own, **context})


class AboutEndpoint:
    """Below an endpoint of the organisation."""

    permissions, place = NEEDS, PLACE

    @property
    def endpoint(self) -> Endpoint:
        return get_object_or_404(
            Endpoint.objects.select_related("partner"), partner=self.partner, uid=self.kwargs["uid"]
        )


class EndpointPage(AboutEndpoint, PartnerPage):
    """`/partner/<slug>/integrations/<uid>/`: what it is, and its log."""

    template_name = "integrations/endpoint.html"

    def get_context_data(self, **context):
        endpoint = self.endpoint
        log = endpoint.deliveries.prefetch_related("attempts").order_by("-pk")[:SHOWN]
        waiting = endpoint.deliveries.filter(status=Delivery.Status.WAITING).count()
        shown = {"endpoint": endpoint, "log": log, "waiting": waiting, "since": SinceForm(), "title": endpoint.url}
        return {**super().get_context_data(**context), **shown}


class EditEndpoint(AboutEndpoint, PartnerForm):
    """`/partner/<slug>/integrations/<uid>/edit/`."""

    form_class = EndpointForm
    template_name = "integrations/form.html"
    title = gettext_lazy("Change an endpoint")

    def get_initial(self):
        row = self.endpoint
        return {"url": row.url, "description": row.description, "kinds": row.kinds}

    def act(self, form):
        endpoints.change(self.endpoint, by=self.request.user, **form.cleaned_data)
        messages.success(self.request, _("Saved."))
        return redirect(self.address("partner-endpoint", self.kwargs["uid"]))

    def get_context_data(self, **context):
        back = self.address("partner-endpoint", self.endpoint.uid)
        return super().get_context_data(submit=_("Save"), back=back, **context)


class Pressed(AboutEndpoint, PartnerPage):
    """A button: POST only; back to the endpoint with a sentence."""

    http_method_names = ["post"]

    def post(self, request, slug, uid):
        try:
            result = self.act()
        except DomainError as refusal:
            messages.error(request, str(refusal.message))
            result = None
        if isinstance(result, str):
            messages.success(request, result)
        return result if hasattr(result, "status_code") else redirect(self.back())

    def back(self) -> str:
        return self.address("partner-endpoint", self.kwargs["uid"])

    def act(self):
        raise NotImplementedError


class ActOnEndpoint(Pressed):
    """`/partner/<slug>/integrations/<uid>/act/`: pause, resume, test, rotate or remove it, as `do` says."""

    template_name = "integrations/shown_once.html"

    def act(self):
        verbs = {
            "pause": self.pause,
            "resume": self.resume,
            "test": self.test,
            "rotate": self.rotate,
            "remove": self.remove,
        }
        row, verb = self.endpoint, verbs.get(self.request.POST.get("do", ""))
        if verb is None:
            raise Http404
        return verb(row)

    def pause(self, row: Endpoint) -> str:
        endpoints.pause(row, by=self.request.user)
        return _("It is paused. What happens meanwhile waits.")

    def resume(self, row: Endpoint) -> str:
        endpoints.resume(row, by=self.request.user)
        return _("It is active again. What waits is sent first.")

    def test(self, row: Endpoint) -> str:
        endpoints.test(row, by=self.request.user)
        return _("A test is on its way. Look at the log in a few seconds.")

    def rotate(self, row: Endpoint):
        made = endpoints.rotate(row, by=self.request.user)
        back = self.address("partner-endpoint", row.uid)
        return self.render(secret=made.secret, on=row.url, back=back, is_rotated=True, title=_("New secret"))

    def remove(self, row: Endpoint):
        endpoints.remove(row, by=self.request.user)
        return self.done(_("The endpoint is removed."), PLACE)


class ReplayEndpoint(Pressed):
    """`/partner/<slug>/integrations/<uid>/replay/`: everything since a moment once more."""

    def act(self) -> str:
        row, form = self.endpoint, SinceForm(self.request.POST)
        if not form.is_valid():
            raise Http404
        facts = endpoints.replay_since(row, form.moment(), by=self.request.user)
        return _("%(count)s facts are sent again.") % {"count": facts}


class ReplayDelivery(Pressed):
    """`/partner/<slug>/integrations/deliveries/<uid>/replay/`: one delivery once more."""

    @property
    def delivery(self) -> Delivery:
        rows = Delivery.objects.select_related("endpoint__partner")
        return get_object_or_404(rows, endpoint__partner=self.partner, uid=self.kwargs["uid"])

    def act(self) -> str:
        endpoints.replay(self.delivery, by=self.request.user)
        return _("It is sent again, under the same id.")

    def back(self) -> str:
        return self.address("partner-endpoint", self.delivery.endpoint.uid)


class RevokeKey(Pressed):
    """`/partner/<slug>/integrations/keys/<uid>/revoke/`."""

    def act(self) -> str:
        row = get_object_or_404(ApiKey.objects.select_related("partner"), partner=self.partner, uid=self.kwargs["uid"])
        keys.revoke(row, by=self.request.user)
        return _("The key %(name)s is revoked.") % {"name": row.name}

    def back(self) -> str:
        return self.address(PLACE)
