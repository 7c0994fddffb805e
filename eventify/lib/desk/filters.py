"""Narrowing a list by its address: the search box, the fields beside it, and a chip for each that is in force."""

from datetime import date
from typing import NamedTuple

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eventify.lib.dates import date_format
from eventify.lib.day_input import DayInput

SEARCH_MAX = 200  # characters
WORDS_MAX = 10
SEARCH = "q"
_LOOKUPS = ("__exact", "__iexact", "__startswith", "__istartswith")  # other fields are looked through


class Chip(NamedTuple):
    """One filter in force: what it says, and the query of the same list without it."""

    label: str
    value: str
    query: str


class DayFilter(django_filters.DateFilter):
    """A day, picked in the browser's own calendar."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, widget=DayInput(), **kwargs)


class Filters(django_filters.FilterSet):
    """The base of every list's filters. `search` names the lookups in which ?q= looks for each of its words."""

    search: tuple[str, ...] = ()

    q = django_filters.CharFilter(
        method="search_words",
        label=gettext_lazy("Search"),
        max_length=SEARCH_MAX,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args, hint="", **kwargs):
        super().__init__(*args, **kwargs)
        if not self.search:
            self.filters.pop(SEARCH)
        elif hint:
            self.form.fields[SEARCH].widget.attrs["placeholder"] = hint

    def search_words(self, rows: QuerySet, _name: str, words: str) -> QuerySet:
        """Every word somewhere in the looked-at fields."""
        for word in words.split()[:WORDS_MAX]:
            anywhere = Q()
            for lookup in self.search:
                anywhere |= Q(**{lookup if lookup.endswith(_LOOKUPS) else f"{lookup}__icontains": word})
            rows = rows.filter(anywhere)
        return rows

    @property
    def search_field(self):
        return self.form[SEARCH] if SEARCH in self.form.fields else None

    @property
    def fields_beside(self) -> list:
        """The fields beside the search box."""
        return [field for field in self.form if field.name != SEARCH]

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is in force or was meant to be."""
        return any(value for name in self.form.fields for value in self.form.data.getlist(name))

    def chips(self) -> list[Chip]:
        """A chip for each value in force, the search words apart (they stand in their box)."""
        names = [name for name in self.form.fields if name != SEARCH and name in self._cleaned]
        return [chip for name in names for chip in self._chips_of(name)]

    @property
    def _cleaned(self) -> dict:
        self.form.is_valid()  # a field with an error is not among the cleaned
        return getattr(self.form, "cleaned_data", {})

    def _chips_of(self, name: str):
        field = self.form.fields[name]
        for value in self.form.data.getlist(name):
            if value:
                query = self.form.data.copy()
                query.setlist(name, [other for other in query.getlist(name) if other != value])
                said = say_value(field, value, self._cleaned[name])
                yield Chip(str(field.label), said, without(query, "page", "format"))


def without(query, *names: str) -> str:
    """The query string without some of its names and without empty values."""
    kept = query.copy()
    for name in list(kept):
        values = [value for value in kept.getlist(name) if value]
        kept.setlist(name, values) if values and name not in names else kept.pop(name)
    return kept.urlencode()


def say_value(field: forms.Field, value: str, cleaned) -> str:
    """The value of a filter as people read it."""
    if isinstance(cleaned, date):
        return date_format(cleaned, "j M Y")
    if isinstance(cleaned, bool):
        return _("Yes") if cleaned else _("No")
    for choice, label in getattr(field, "choices", ()):
        if str(choice) == value:
            return str(label)
    return str(cleaned)
