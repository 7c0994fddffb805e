"""The pictures of an event: uploaded, put first, taken away."""

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import queries
from bookings.command_center.event_edit import Manages
from eventify.lib.desk.pages import ObjectActionPage, ObjectFormPage
from eventify.lib.desk.resent import MadeOnce
from events import pictures
from events.models import EventImage


def pictures_of(event) -> str:
    """The address of the event's pictures."""
    return reverse("desk-event-pictures", args=[event.uid])


class PictureForm(forms.Form):
    """One picture; what it is, events/pictures.py reads from its content."""

    file = forms.FileField(
        label=gettext_lazy("Add a picture"),
        help_text=gettext_lazy("JPEG, PNG or WebP, at most 10 MB. Landscape looks best: 1600 × 900 pixels."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        allow_empty_file=True,
        max_length=1000,
    )


class Pictures(MadeOnce, Manages, ObjectFormPage):
    """`desk-event-pictures`."""

    title, submit, asks = gettext_lazy("Pictures"), gettext_lazy("Upload"), "add_picture"
    lead = gettext_lazy("The main picture stands on top of the event's page and on its card.")
    template_name = "command_center/events/pictures.html"
    form_class = PictureForm

    def get_form(self, data=None, files=None):
        return PictureForm(data, files)

    def get_context_data(self, **context) -> dict:
        return super().get_context_data(pictures=list(self.object.images.all()), **context)

    def act(self, form):
        pictures.add(self.object, form.cleaned_data["file"], by=self.request.user, uid=self.uid)
        return self.done(_("The picture is there."), pictures_of(self.object))


class PictureAct(ObjectActionPage):
    """A button at a picture of an event that the person manages."""

    place, permission, scoped, asks = "desk-events", "manage_events", True, "change_picture"

    def visible(self):
        mine = queries.events_of(self.request.user, "view_events").values("pk")
        return EventImage.objects.filter(event__in=mine).select_related("event__partner")

    def back_url(self) -> str:
        return pictures_of(self.object.event)


class RemovePicture(PictureAct):
    """`desk-picture-remove`."""

    says = "act=remove"

    def act(self):
        pictures.remove(self.object, by=self.request.user)
        return _("The picture is removed.")


class MainPicture(PictureAct):
    """`desk-picture-main`."""

    says = "act=main"

    def act(self):
        pictures.make_main(self.object, by=self.request.user)
        return _("This is the main picture now.")
