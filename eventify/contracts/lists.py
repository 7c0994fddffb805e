"""Lists: which page was asked for, and what the filters leave."""

from collections.abc import Callable
from datetime import date

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from rest_framework import exceptions

from eventify.lib.brief import Brief

EXACT = 1000  # rows up to which a total is as it is now
KEPT = 5  # seconds that a higher one is remembered
PAGING = ("page", "limit", "per_page")  # what of a query does not change a total
_DIGITS_MOST = 18  # of a page number
_totals = Brief(KEPT)
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_DAYS = [MinValueValidator(date(1970, 1, 1)), MaxValueValidator(date(2199, 12, 31))]


def page_asked(request, size: str, default: int, most: int) -> tuple[int, int]:
    """`page` and the parameter that `size` names; ValidationError names each that is no number in its range."""
    errors: dict[str, list] = {}
    page = _number(request, "page", 1, None, errors)
    limit = _number(request, size, default, most, errors)
    if errors:
        raise exceptions.ValidationError(errors)
    return page, limit


def _number(request, name: str, default: int, most: int | None, errors: dict) -> int:
    text = request.query_params.get(name, "").strip()
    if not text:
        return default
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MOST else 0
    if number < 1 or (most and number > most):
        errors[name] = [_("Use a whole number from 1 to %(most)s.") % {"most": most or "10^18"}]
    return number


def total_of(place, count: Callable[[int | None], int]) -> int:
    """How many rows there are: `count(most)` counts up to so many, `count(None)` all. `place` names the question."""
    found = _totals.get(place)
    if found is None:
        found = count(EXACT + 1)
        if found > EXACT:
            found = count(None)
            _totals.put(place, found)
    return found


def total_for(request, rows) -> int:
    """How many rows the list of this address has for who asks, as `total_of` says it; `rows` may be an InTurn."""
    if isinstance(rows, InTurn):
        return rows.count()
    asked = frozenset((name, value) for name, value in request.query_params.items() if name not in PAGING)
    return total_of((request.path, request.user.pk, asked), lambda most: rows.order_by()[:most].count())


class InTurn:
    """One list of several ordered queries, one after the other. `place` names it, for its totals."""

    def __init__(self, place, *parts: QuerySet):
        self._place, self._parts = place, parts

    @cached_property
    def _sizes(self) -> list[int]:
        return [
            total_of((*self._place, number), lambda most, part=part: part.order_by()[:most].count())
            for number, part in enumerate(self._parts)
        ]

    def count(self) -> int:
        """How many rows there are in all."""
        return sum(self._sizes)

    def __getitem__(self, wanted: slice) -> list:
        start, stop, found = wanted.start, wanted.stop, []
        for part, size in zip(self._parts, self._sizes, strict=True):
            if start < min(size, stop):
                found += _page(part, start, min(size, stop))
            start, stop = max(0, start - size), max(0, stop - size)
        return found


def _page(rows: QuerySet, start: int, stop: int) -> QuerySet:
    """These of the ordered rows. Their keys are looked for alone, which an index can answer, however many it passes."""
    return rows.filter(pk__in=rows.values("pk")[start:stop])


def filtered(filters, request, rows):
    """The rows that the query's filters leave (a FilterSet class); refuses known filters with bad values."""
    chosen = filters(request.query_params, queryset=rows, request=request)
    if not chosen.is_valid():
        raise exceptions.ValidationError({name: list(said) for name, said in chosen.errors.items()})
    return chosen.qs


class DayFilter(django_filters.DateFilter):
    """A calendar day from 1970 to 2199."""

    def __init__(self, *args, **options):
        super().__init__(*args, validators=_DAYS, **options)


class _FlagField(forms.CharField):
    def clean(self, value) -> bool | None:
        word = super().clean(value).lower()
        if word and word not in _FLAGS:
            raise ValidationError(_("Use true or false."))
        return _FLAGS.get(word)


class FlagFilter(django_filters.Filter):
    """true or false (1 or 0); django-filter's own takes any other word for none."""

    field_class = _FlagField
