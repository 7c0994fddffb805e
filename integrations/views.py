"""An organisation's integrations on its own pages: endpoints with their logs, and keys."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import explaining, step_up
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
    title, asks = gettext_lazy("Add an endpoint"), "make_endpoint"

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
    title, asks = gettext_lazy("Make a key"), "make_key"

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
    asks = "run_endpoint"  # what of analytics/explaining.py is asked when it is refused

    def post(self, request, slug, uid):
        try:
            result = self.act()
        except DomainError as refusal:
            explaining.tell(request, refusal, self.asks, self.asked_about(), **self.said())
            result = None
        if isinstance(result, str):
            messages.success(request, result)
        return result if hasattr(result, "status_code") else redirect(self.back())

    def asked_about(self) -> Endpoint | Delivery:
        """The row of the question."""
        return self.endpoint

    def said(self) -> dict:
        """Its other inputs."""
        return {}

    def back(self) -> str:
        return self.address("partner-endpoint", self.kwargs["uid"])

    def act(self):
        raise NotImplementedError


class ActOnEndpoint(Pressed):
    """`/partner/<slug>/integrations/<uid>/act/`: pause, resume or test it, as `do` says."""

    def act(self):
        verbs = {"pause": self.pause, "resume": self.resume, "test": self.test}
        row, verb = self.endpoint, verbs.get(self.request.POST.get("do", ""))
        if verb is None:
            raise Http404
        return verb(row)

    def said(self) -> dict:
        return {"act": self.request.POST["do"]}

    def pause(self, row: Endpoint) -> str:
        endpoints.pause(row, by=self.request.user)
        return _("It is paused. What happens meanwhile waits.")

    def resume(self, row: Endpoint) -> str:
        endpoints.resume(row, by=self.request.user)
        return _("It is active again. What waits is sent first.")

    def test(self, row: Endpoint) -> str:
        endpoints.test(row, by=self.request.user)
        return _("A test is on its way. Look at the log in a few seconds.")


class Asked(PartnerForm):
    """What cannot be taken back is asked first: GET says what would be lost, POST does it."""

    permissions, place, form_class = NEEDS, PLACE, forms.Form
    template_name = "integrations/asked.html"

    def told(self) -> dict:
        """`on` what it is about, the `sentences` that say what happens, and where `back` leads."""
        raise NotImplementedError

    def get_context_data(self, **context):
        return super().get_context_data(**{**self.told(), "submit": self.title, **context})


class RotateSecret(AboutEndpoint, Asked):
    """`/partner/<slug>/integrations/<uid>/secret/`: another secret, which is shown this once."""

    title = gettext_lazy("Make a new secret")

    def told(self):
        row, hours = self.endpoint, endpoints.BOTH_FOR // timedelta(hours=1)
        said = _("The new secret is shown once. The present one signs as well for %(hours)s hours, then no more.")
        sentences = [said % {"hours": hours}]
        if row.old_secret_until and row.old_secret_until > timezone.now():
            sentences.append(_("The secret before it, which still signs now, stops at once."))
        return {"on": row.url, "sentences": sentences, "back": self.address("partner-endpoint", row.uid)}

    def act(self, form):
        made = endpoints.rotate(self.endpoint, by=self.request.user)
        self.template_name = "integrations/shown_once.html"
        return self.render(secret=made.secret, is_rotated=True)


class RemoveEndpoint(AboutEndpoint, Asked):
    """`/partner/<slug>/integrations/<uid>/remove/`."""

    title = gettext_lazy("Remove the endpoint")

    def told(self):
        row = self.endpoint
        waiting = row.deliveries.filter(status=Delivery.Status.WAITING).count()
        lost = ngettext(
            "%(count)s message that waits is not sent any more.",
            "%(count)s messages that wait are not sent any more.",
            waiting,
        )
        sentences = [
            _("Nothing is sent there any more, and its log goes with it. This cannot be taken back."),
            *([lost % {"count": waiting}] if waiting else []),
        ]
        back = self.address("partner-endpoint", row.uid)
        return {"on": row.url, "sentences": sentences, "back": back, "is_danger": True}

    def act(self, form):
        endpoints.remove(self.endpoint, by=self.request.user)
        return self.done(_("The endpoint is removed."), PLACE)


class ReplayEndpoint(Pressed):
    """`/partner/<slug>/integrations/<uid>/replay/`: everything since a moment once more."""

    def said(self) -> dict:
        form = SinceForm(self.request.POST)
        return {"act": "replay", "since": form.moment().isoformat()} if form.is_valid() else {"act": "replay"}

    def act(self) -> str:
        row, form = self.endpoint, SinceForm(self.request.POST)
        if not form.is_valid():
            raise Http404
        facts = endpoints.replay_since(row, form.moment(), by=self.request.user)
        return _("%(count)s facts are sent again.") % {"count": facts}


class ReplayDelivery(Pressed):
    """`/partner/<slug>/integrations/deliveries/<uid>/replay/`: one delivery once more."""

    asks = "replay_delivery"

    def asked_about(self) -> Delivery:
        return self.delivery

    @property
    def delivery(self) -> Delivery:
        rows = Delivery.objects.select_related("endpoint__partner")
        return get_object_or_404(rows, endpoint__partner=self.partner, uid=self.kwargs["uid"])

    def act(self) -> str:
        endpoints.replay(self.delivery, by=self.request.user)
        return _("It is sent again, under the same id.")

    def back(self) -> str:
        return self.address("partner-endpoint", self.delivery.endpoint.uid)


class RevokeKey(Asked):
    """`/partner/<slug>/integrations/keys/<uid>/revoke/`."""

    title = gettext_lazy("Revoke the key")

    @property
    def key(self) -> ApiKey:
        return get_object_or_404(ApiKey.objects.select_related("partner"), partner=self.partner, uid=self.kwargs["uid"])

    def told(self):
        row = self.key
        sentences = [
            _("Whatever uses this key is refused from now on. This cannot be taken back; make another key first.")
        ]
        return {
            "on": f"{row.name} ({row.prefix}…)",
            "sentences": sentences,
            "back": self.address(PLACE),
            "is_danger": True,
        }

    def act(self, form):
        row = self.key
        keys.revoke(row, by=self.request.user)
        return self.done(_("The key %(name)s is revoked.") % {"name": row.name}, PLACE)
