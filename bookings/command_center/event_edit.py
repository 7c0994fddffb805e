"""Making an event, changing what people read about it, copying and deleting it."""

from django import forms
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import capacity, copying, queries
from bookings.command_center.event_form import EventForm, plain
from bookings.command_center.events import AboutEvent, address_of
from bookings.command_center.fields import LocalMoment, changed
from eventify.lib.desk.confirm import Explained, ObjectConfirmPage
from eventify.lib.desk.pages import Crumb, FormPage, ObjectFormPage
from eventify.lib.desk.resent import MadeOnce, Unmoved
from events import editing
from events.models import Event
from partners import members

_WORDS = {"start_time": "starts_at", "end_time": "ends_at"}  # a refusal's word for a field -> the form's


class NewEvent(MadeOnce, FormPage):
    """`desk-event-new`. `?partner=` and `?parent=` (uids) are chosen already."""

    place, permission, scoped, title = "desk-events", "manage_events", True, gettext_lazy("New event")
    template_name = "command_center/events/event_form.html"
    submit, fields = gettext_lazy("Make a draft"), _WORDS
    lead = gettext_lazy("Only a name is needed now. Nobody sees the event before you publish it.")
    crumbs = (Crumb(gettext_lazy("Events"), "/command-center/events/"),)

    def get_form(self, data=None, files=None):
        return EventForm(self.request.user, data, initial=self.get_initial())

    def get_initial(self) -> dict:
        """The zone and the currency are those of the newest event of the organisation."""
        festival = self._festival()
        partner = self._partner(festival)
        last = partner and partner.events.order_by("-pk").first()
        return {
            "kind": Event.Kind.EVENT,
            "partner": partner and partner.uid,
            "parent": festival and festival.uid,
            "timezone": last.timezone if last else settings.EVENTIFY_TIME_ZONE,
            "currency": last.currency if last else settings.EVENTIFY_CURRENCY,
        }

    def _festival(self) -> Event | None:
        mine = queries.events_of(self.request.user, "manage_events").select_related("partner")
        return _named(mine, self.request.GET.get("parent", ""))

    def _partner(self, festival: Event | None):
        if festival:
            return festival.partner
        mine = members.partners_where(self.request.user, "manage_events")
        named = _named(mine, self.request.GET.get("partner", ""))
        return named or members.home_of(self.request.user, "manage_events")

    def act(self, form):
        partner = form.cleaned_data.get("partner") or form.own[0]
        with transaction.atomic():
            event, is_new = editing.create_once(self.uid, partner, by=self.request.user, **form.values())
            if is_new and form.cleaned_data["capacity"] is not None:
                capacity.change(event, form.cleaned_data["capacity"], by=self.request.user)
        sentence = _("%(event)s is a draft now. Add its tickets and a picture, then publish it.")
        return self.done(sentence % {"event": event.name}, address_of(event))


def _named(rows, uid: str):
    """The row of this uid; None for what is no uid, or not among them."""
    try:
        wanted = forms.UUIDField(required=False).clean(uid)
    except forms.ValidationError:
        return None
    return rows.filter(uid=wanted).first() if wanted else None


class Manages(AboutEvent):
    """A page about `self.object`, an event that the person manages."""

    permission, scoped = "manage_events", True


class EditEvent(Unmoved, Manages, ObjectFormPage):
    """`desk-event-edit`."""

    title, submit, fields = gettext_lazy("Edit the event"), gettext_lazy("Save"), _WORDS
    template_name = "command_center/events/event_form.html"

    def get_form(self, data=None, files=None):
        return EventForm(self.request.user, data, initial=self.get_initial(), event=self.object)

    def get_initial(self) -> dict:
        event = self.object
        names = [name for name in EventForm.base_fields if name not in ("partner", "parent", "capacity")]
        values = {name: getattr(event, name) for name in names}
        values |= {"category": event.category_id, "content": plain(event.content)}
        return {**values, "partner": event.partner.uid, "parent": event.parent and event.parent.uid}

    def act(self, form):
        self.check_unmoved()
        values = form.values()
        if "partner" in form.cleaned_data:
            values["partner"] = form.cleaned_data["partner"]
        changes = changed(self.object, values)
        event = editing.change(self.object, by=self.request.user, **changes) if changes else self.object
        return self.done(_("%(event)s is saved.") % {"event": event.name}, address_of(event))


class CopyForm(forms.Form):
    """What the copy is called, and when it is."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    starts_at = LocalMoment(label=gettext_lazy("Starts"))

    def __init__(self, event: Event, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["starts_at"].zone = event.zone
        self.fields["starts_at"].help_text = _("Times are in the event's own zone (%(zone)s).") % {
            "zone": event.timezone
        }


class CopyEvent(MadeOnce, Manages, ObjectFormPage):
    """`desk-event-copy`."""

    title, submit = gettext_lazy("Copy the event"), gettext_lazy("Make the copy")
    template_name = "command_center/events/form.html"
    lead = gettext_lazy(
        "A new draft with the same texts, pictures, hall and ticket types. Its end and its sale move along with the "
        "start. Orders, promo codes and the crew are not copied."
    )

    def get_form(self, data=None, files=None):
        return CopyForm(self.object, data, initial={"name": self.object.name})

    def act(self, form):
        made = copying.copy(self.object, uid=self.uid, by=self.request.user, **form.cleaned_data)
        return self.done(_("This is the copy. Look at its dates, then publish it."), address_of(made))


class DeleteEvent(Manages, ObjectConfirmPage):
    """`desk-event-delete`: what nobody ever booked."""

    title, asks = gettext_lazy("Delete the event"), "delete_event"

    def change(self, values: dict) -> dict:
        kinds = self.object.ticket_types.count()
        editing.delete(Event.objects.get(pk=self.object.pk), by=self.request.user)
        return {"ticket_types": kinds}

    def explain(self, facts: dict) -> Explained:
        return Explained(
            _("%(event)s is deleted with all that belongs to it. This cannot be taken back.")
            % {"event": self.object.name},
            submit=_("Delete the event"),
            facts=[(_("Ticket types"), facts["ticket_types"])],
        )

    def finished(self, facts: dict):
        return self.done(_("%(event)s is deleted.") % {"event": self.object.name}, reverse("desk-events"))
