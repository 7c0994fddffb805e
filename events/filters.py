"""The filters of the search and of the calendar, as their addresses hold them: ?q=&category=&city=&since=&until=..."""

from datetime import date, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eventify.lib.dates import date_format
from eventify.lib.day_input import DayInput
from events import facets, kinds
from events.models import Category
from events.search import Wanted
from events.templatetags.say import money

SEARCH_MAX = 200  # characters
PRICE_MAX = 1_000_000
SORTS = {"date": gettext_lazy("Date"), "price": gettext_lazy("Price"), "name": gettext_lazy("Name")}
_WORDS = {"type": "search", "autocomplete": "off", "enterkeyhint": "search"}
_MONEY = {"inputmode": "decimal", "min": "0", "step": "any"}


def today() -> date:
    """The day that it is for the site (settings.EVENTIFY_TIME_ZONE)."""
    return timezone.now().astimezone(ZoneInfo(settings.EVENTIFY_TIME_ZONE)).date()


def weekend(day: date) -> tuple[date, date]:
    """The Saturday and Sunday of the day's week; on a Sunday that day alone."""
    sunday = day + timedelta(days=6 - day.weekday())
    return max(day, sunday - timedelta(days=1)), sunday


def _day(label) -> forms.DateField:
    return forms.DateField(label=label, required=False, input_formats=["%Y-%m-%d"], widget=DayInput())


def _price(label) -> forms.DecimalField:
    widget = forms.NumberInput(attrs=_MONEY)
    return forms.DecimalField(label=label, required=False, min_value=0, max_value=PRICE_MAX, widget=widget)


class KindField(forms.ModelChoiceField):
    """A choice of categories, each in the reader's words."""

    def label_from_instance(self, category):
        return kinds.said(category.name)


class CalendarForm(forms.Form):
    """What a visitor may narrow a month by. A field with a bad value says so and does not narrow."""

    q = forms.CharField(
        label=gettext_lazy("Event, venue, city or organiser"),
        required=False,
        max_length=SEARCH_MAX,
        widget=forms.TextInput(attrs=_WORDS),
    )
    category = KindField(
        label=gettext_lazy("Kind"),
        queryset=Category.objects.order_by("name"),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("All kinds"),
        error_messages={"invalid_choice": gettext_lazy("There is no such kind. Choose one from the list.")},
    )
    city = forms.CharField(label=gettext_lazy("City"), required=False, max_length=100, widget=forms.Select())
    pincode = forms.CharField(
        label=gettext_lazy("Postcode"),
        required=False,
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "postal-code"}),
    )
    price_min = _price(gettext_lazy("Price from"))
    price_max = _price(gettext_lazy("Price up to"))
    free = forms.BooleanField(label=gettext_lazy("Only free"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        names = sorted(city.name for city in facets.cities())
        asked = self.data.get("city", "").replace("\x00", "").strip()[:100]
        extra = [asked] if asked and asked not in names else []
        self.fields["city"].widget.choices = [("", _("All cities")), *((name, name) for name in [*extra, *names])]

    def clean(self):
        """The two ends of a range are the right way round, or else the second one does not narrow."""
        cleaned = super().clean()
        for first, last, sentence in (
            ("price_min", "price_max", _("This is less than the price from which you look.")),
            ("since", "until", _("This day is before the first one.")),
        ):
            ends = cleaned.get(first), cleaned.get(last)
            if None not in ends and ends[0] > ends[1]:
                self.add_error(last, sentence)
        return cleaned

    def wanted(self) -> Wanted:
        """What is asked, as the search takes it, without what is wrong."""
        self.is_valid()
        empty = (None, "")  # 0 is a price
        return Wanted(**{name: value for name, value in self.cleaned_data.items() if value not in empty})

    def kept(self, *but: str, **more) -> str:
        """The query of an address with these filters, less some and with some more; what is empty is not there."""
        values = {name: self.data.get(name, "") for name in self.fields if name not in but} | more
        return urlencode({name: value for name, value in values.items() if value})

    def untidy(self) -> bool:
        """Whether the address holds empty filters, as a plain form sends them."""
        return any(name in self.data and not self.data[name] for name in self.fields)

    def has_more(self) -> bool:
        """Whether a filter of the part that is folded away is in use, or wrong."""
        return bool(self.errors) or any(self.data.get(name) for name in self.fields if name not in ("q", "city"))

    def chips(self) -> list[dict]:
        """Each filter in force: what it says, and the query without it."""
        wanted = self.wanted()
        said = (
            (f"“{wanted.q}”" if wanted.q else "", ("q",)),
            (wanted.category and kinds.said(wanted.category.name), ("category",)),
            (wanted.city, ("city",)),
            (wanted.pincode, ("pincode",)),
            (_("Free") if wanted.free else _prices(wanted), ("price_min", "price_max", "free")),
            (_span(wanted.since, wanted.until), ("since", "until")),
        )
        return [{"label": label, "query": self.kept(*names)} for label, names in said if label]


class SearchForm(CalendarForm):
    """What a visitor may narrow and sort the search by."""

    since = _day(gettext_lazy("From"))
    until = _day(gettext_lazy("Until"))
    sort = forms.ChoiceField(label=gettext_lazy("Sort by"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        best = [("relevance", _("Best match"))] if self.data.get("q", "").strip() else []
        first = [("", _("Best match") if best else _("Date"))]
        rest = [*best, *SORTS.items()]
        self.fields["sort"].choices = first + rest
        shown = [one for one in rest if one[0] != ("relevance" if best else "date")]
        self.fields["sort"].widget.choices = first + shown

    def days(self) -> list[dict]:
        """Short ways to the days that people ask for; the one in force leads back to any day."""
        return [self._short_way(label, first, last) for label, first, last in _spans()]

    def _short_way(self, label: str, first: date, last: date) -> dict:
        ends = {"since": first.isoformat(), "until": last.isoformat()}
        is_current = all(self.data.get(name) == value for name, value in ends.items())
        query = self.kept("since", "until", **({} if is_current else ends))
        return {"label": label, "query": query, "is_current": is_current}


def _spans() -> tuple[tuple[str, date, date], ...]:
    now = today()
    tomorrow = now + timedelta(days=1)
    return (
        (_("Today"), now, now),
        (_("Tomorrow"), tomorrow, tomorrow),
        (_("This weekend"), *weekend(now)),
        (_("Next 7 days"), now, now + timedelta(days=6)),
    )


def said(day: date) -> str:
    """`Fri 12 Jun`; with the year when it is not this one."""
    return date_format(day, "D j M" if day.year == today().year else "D j M Y")


def _span(since: date | None, until: date | None) -> str:
    named = {(first, last): label for label, first, last in _spans()}
    if (since, until) in named:
        return named[since, until]
    if since and until:
        return said(since) if since == until else f"{said(since)} – {said(until)}"
    if since:
        return _("From %(day)s") % {"day": said(since)}
    return _("Until %(day)s") % {"day": said(until)} if until else ""


def _prices(wanted: Wanted) -> str:
    least, most = (
        None if price is None else money(price, settings.EVENTIFY_CURRENCY)
        for price in (wanted.price_min, wanted.price_max)
    )
    if least and most:
        return f"{least} – {most}"
    if least:
        return _("From %(price)s") % {"price": least}
    return _("Up to %(price)s") % {"price": most} if most else ""
