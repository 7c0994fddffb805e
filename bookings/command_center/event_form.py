"""The form of an event: what buyers read, in parts; what few events need is folded away."""

import re
from html import unescape
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.html import linebreaks
from django.utils.translation import gettext_lazy

from accounts.models import User
from bookings.command_center.fields import LocalMoment, OfUid
from bookings.inventory import CAPACITY_MAX
from eventify.lib import currencies
from events import family
from events.models import Category, Event
from partners import members
from partners.models import Partner

KINDS = (
    (Event.Kind.EVENT, gettext_lazy("One event")),
    (Event.Kind.FESTIVAL, gettext_lazy("Festival: a programme with parts of its own")),
    (Event.Kind.SERIES, gettext_lazy("Series: the same again at other times")),
)
_MORE_CURRENCIES = ("AED", "AUD", "CAD", "CHF", "IDR", "LKR", "MYR", "NPR", "NZD", "SEK", "SGD", "THB", "ZAR")
_ZONES = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))
_ZONES.append("UTC")
_PARAGRAPHS = re.compile(r"(\s*<p>[^<]*(<br>[^<]*)*</p>)*\s*")


class Part(NamedTuple):
    """A part of the form: its heading and fields; `is_folded` until somebody wants it."""

    title: object
    fields: tuple[str, ...]
    is_folded: bool = False


PARTS = (
    Part(gettext_lazy("What"), ("partner", "name", "category", "kind", "parent", "description", "content")),
    Part(gettext_lazy("When"), ("starts_at", "ends_at", "timezone")),
    Part(gettext_lazy("Where"), ("venue_name", "location", "place", "pincode")),
    Part(gettext_lazy("Tickets"), ("currency", "capacity")),
    Part(
        gettext_lazy("More about the place"),
        ("district", "state_name", "country", "latitude", "longitude"),
        is_folded=True,
    ),
    Part(
        gettext_lazy("More about the event"),
        (
            "title",
            "important_information",
            "sub_event_label",
            "outside_event_url",
            "slug",
            "banner_image",
            "thumbnail_image",
            "lets_smaller_parties_pass",
            "is_hot",
        ),
        is_folded=True,
    ),
)


def text(label, most: int, hint="", rows: int = 0, **options) -> forms.CharField:
    """A field for words, of so many rows."""
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
    return forms.CharField(
        label=label, max_length=most, help_text=hint, widget=widget, **{"required": False, **options}
    )


def choices_of(values, *more: str) -> list[tuple[str, str]]:
    """The values as choices, with those that are in use though they are not offered."""
    return [(one, one) for one in dict.fromkeys([*values, *(one for one in more if one)])]


def plain(content: str) -> str:
    """Paragraphs as they were typed; the HTML itself where it is more than that."""
    if not _PARAGRAPHS.fullmatch(content):
        return content
    paragraphs = [one.strip().removeprefix("<p>") for one in content.split("</p>")]
    lines = "\n\n".join(paragraphs).replace("<br>\n", "\n").replace("<br>", "\n")
    return unescape(lines).strip()


class EventForm(forms.Form):
    """An event's own words. Which of the fields there are depends on who asks, and on whether it is new."""

    partner = OfUid(Partner.objects.none(), label=gettext_lazy("Organisation"), empty_label=None)
    name = text(
        gettext_lazy("Name"), 200, required=True, error_messages={"required": gettext_lazy("Give the event a name.")}
    )
    category = forms.ModelChoiceField(
        Category.objects.order_by("name"), label=gettext_lazy("Category"), required=False, empty_label="–"
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=KINDS)
    parent = OfUid(
        Event.objects.none(),
        label=gettext_lazy("Part of"),
        required=False,
        empty_label="–",
        help_text=gettext_lazy("The festival or series that it belongs to."),
    )
    description = text(
        gettext_lazy("Summary"), 20_000, gettext_lazy("One or two sentences, for lists and search engines."), rows=3
    )
    content = text(
        gettext_lazy("About the event"),
        200_000,
        gettext_lazy("An empty line begins a new paragraph. Simple HTML such as <b> or <ul> is kept."),
        rows=8,
    )
    starts_at = LocalMoment(label=gettext_lazy("Starts"))
    ends_at = LocalMoment(label=gettext_lazy("Ends"))
    timezone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), help_text=gettext_lazy("Of the place: times are as clocks there show them.")
    )
    venue_name = text(gettext_lazy("Venue"), 200)
    location = text(
        gettext_lazy("Address"), 300, gettext_lazy("In one line, as people should read it. Empty: venue and city.")
    )
    place = text(gettext_lazy("City"), 100)
    pincode = text(gettext_lazy("Postal code"), 12)
    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    capacity = forms.IntegerField(
        label=gettext_lazy("Places in all"),
        min_value=0,
        max_value=CAPACITY_MAX,
        required=False,
        help_text=gettext_lazy("Empty: as many as the ticket types add up to."),
    )
    district = text(gettext_lazy("District"), 100)
    state_name = text(gettext_lazy("State or region"), 100)
    country = text(gettext_lazy("Country"), 100)
    latitude = forms.DecimalField(
        label=gettext_lazy("Latitude"),
        min_value=-90,
        max_value=90,
        max_digits=9,
        decimal_places=6,
        required=False,
        help_text=gettext_lazy("For example 18.922000."),
    )
    longitude = forms.DecimalField(
        label=gettext_lazy("Longitude"),
        min_value=-180,
        max_value=180,
        max_digits=9,
        decimal_places=6,
        required=False,
        help_text=gettext_lazy("For example 72.834700."),
    )
    title = text(gettext_lazy("Headline"), 200, gettext_lazy("Longer than the name; empty: the name."))
    important_information = text(gettext_lazy("Important information"), 20_000, rows=3)
    sub_event_label = text(
        gettext_lazy("What its parts are called"), 100, gettext_lazy("Of a festival or series: day, stage, evening.")
    )
    outside_event_url = forms.URLField(
        label=gettext_lazy("Tickets are sold elsewhere"),
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("The address where they are sold; it gets a button."),
    )
    slug = forms.SlugField(
        label=gettext_lazy("Address of the page"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("What stands behind /e/. Links to the old address stop working."),
    )
    banner_image = text(
        gettext_lazy("Picture from elsewhere"), 500, gettext_lazy("It is shown instead of the main picture.")
    )
    thumbnail_image = text(
        gettext_lazy("Small picture from elsewhere"), 500, gettext_lazy("It is shown on cards instead of the main one.")
    )
    lets_smaller_parties_pass = forms.BooleanField(
        label=gettext_lazy("On the waitlist, smaller parties may pass a larger one that does not fit"), required=False
    )
    is_hot = forms.BooleanField(label=gettext_lazy("Shown among what is not to be missed"), required=False)

    def __init__(self, user: User, *args, event: Event | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.event = event
        self._offer_partners(user)
        self._offer_parents()
        self._offer_zones()
        used = (settings.EVENTIFY_CURRENCY, self.get_initial_for_field(self.fields["currency"], "currency"))
        self.fields["currency"].choices = choices_of(sorted({*currencies.SYMBOLS, *_MORE_CURRENCIES}), *used)
        self._leave_out(user)

    def _offer_partners(self, user: User) -> None:
        mine = members.partners_where(user, "manage_events").order_by("-is_house", "name", "pk")
        self.fields["partner"].queryset = mine
        self.own = list(mine[:2])  # with one there is nothing to choose
        if len(self.own) < 2:
            del self.fields["partner"]

    def _offer_parents(self) -> None:
        found = self.parents()
        self.fields["parent"].queryset = found
        if not found.exists():
            del self.fields["parent"]

    def parents(self) -> QuerySet[Event]:
        """The festivals and series that it can be a part of: those of its organisation, or the one that is named."""
        top = Event.objects.filter(kind__in=family.PARENTS, parent=None).order_by("-starts_at", "-pk")
        if self.event:
            return top.filter(partner=self.event.partner_id).exclude(pk=self.event.pk)
        named = self.initial.get("parent")
        mine = top.filter(partner__in=self.own)
        return mine.filter(uid=named) if named else mine if len(self.own) < 2 else mine.none()

    def _offer_zones(self) -> None:
        """The moments are read in the zone that is chosen beside them."""
        known = self.get_initial_for_field(self.fields["timezone"], "timezone")
        self.fields["timezone"].choices = choices_of(_ZONES, known)
        chosen = self.data.get("timezone", "") if self.is_bound else known
        offered = {zone for zone, _label in self.fields["timezone"].choices}
        for name in ("starts_at", "ends_at"):
            self.fields[name].zone = ZoneInfo(chosen if chosen in offered else known)

    def _leave_out(self, user: User) -> None:
        away = {"capacity"} if self.event else {"slug"}
        away |= {name for name in ("banner_image", "thumbnail_image") if not self.initial.get(name)}
        away |= set() if user.can("manage_events") else {"is_hot"}
        for name in away:
            del self.fields[name]

    def parts(self) -> list[dict]:
        """The parts with their fields; one with an error is open."""
        made = []
        for part in PARTS:
            fields = [self[name] for name in part.fields if name in self.fields]
            is_open = any(field.errors for field in fields)
            made.append({"title": part.title, "fields": fields, "is_folded": part.is_folded, "is_open": is_open})
        return [part for part in made if part["fields"]]

    def clean_content(self) -> str:
        """Paragraphs for what was typed without any HTML."""
        typed = self.cleaned_data["content"]
        return typed if "<" in typed or not typed.strip() else linebreaks(typed, autoescape=True)

    def values(self) -> dict:
        """What events/editing.py takes."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("partner", "capacity")}
