"""Narrowing the events of the home page by its address: ?q=&category=&city=&pincode=&price=&since=&until=."""

from decimal import Decimal

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from events import queries
from events.models import Category, Event

SEARCH_MAX = 200  # characters
PRICE_MAX = 1_000_000
_SEARCHED = ("name", "title", "venue_name", "place", "category__name")


def _day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PublicEventFilter(django_filters.FilterSet):
    """What a visitor may narrow by. A field with a bad value says so and does not narrow."""

    q = django_filters.CharFilter(
        method="search",
        label=_("Event, artist or venue"),
        max_length=SEARCH_MAX,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    category = django_filters.ModelChoiceFilter(
        label=_("Kind"), queryset=Category.objects.all(), to_field_name="slug", empty_label=_("All kinds")
    )
    city = django_filters.ChoiceFilter(label=_("City"), field_name="place", empty_label=_("All cities"))
    pincode = django_filters.CharFilter(
        label=_("Postcode"), max_length=12, widget=forms.TextInput(attrs={"autocomplete": "postal-code"})
    )
    price = django_filters.NumberFilter(
        method="at_most",
        label=_("Price at most"),
        min_value=0,
        max_value=PRICE_MAX,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "min": "0", "step": "any"}),
    )
    since = django_filters.DateFilter(label=_("From"), field_name="ends_on", lookup_expr="gte", widget=_day_input())
    until = django_filters.DateFilter(label=_("Until"), field_name="starts_on", lookup_expr="lte", widget=_day_input())

    class Meta:
        model = Event
        fields = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        cities = queries.upcoming().exclude(place="").order_by("place").values_list("place", flat=True).distinct()
        self.filters["city"].extra["choices"] = lambda: [(city, city) for city in cities]

    def at_most(self, events: QuerySet[Event], _name: str, price: Decimal) -> QuerySet[Event]:
        """With a kind of ticket on sale at this price or less; 0 is free."""
        cheap = Event.objects.filter(ticket_types__status="active", ticket_types__price__lte=price)
        return events.filter(pk__in=cheap.values("pk"))

    def search(self, events: QuerySet[Event], _name: str, words: str) -> QuerySet[Event]:
        """Every word somewhere in the name, the headline, the place or the kind."""
        for word in words.split()[:10]:
            anywhere = Q()
            for field in _SEARCHED:
                anywhere |= Q(**{f"{field}__icontains": word})
            events = events.filter(anywhere)
        return events
