"""What the filters of this contract's lists have in common."""

import django_filters

from eventify.contracts.lists import DayFilter
from eventify.lib.desk import say


class Words(django_filters.ChoiceFilter):
    """One of a model's words, spelled as on this wire; `stored` makes the stored word of it."""

    def __init__(self, words, stored=str, **options):
        super().__init__(choices=[(word, word) for word in words], **options)
        self.stored = stored

    def filter(self, qs, value):
        return super().filter(qs, self.stored(value) if value else value)


class Sort(django_filters.OrderingFilter):
    """`sort=name` or `sort=-name`; the newest comes first among equals."""

    def filter(self, qs, value):
        return super().filter(qs, value).order_by(*self._terms(value)) if value else qs

    def _terms(self, value):
        return [*(self.get_ordering_value(one) for one in value), "-id"]


class Since(DayFilter):
    """From the beginning of this day (settings.EVENTIFY_TIME_ZONE) on."""

    def filter(self, qs, value):
        return qs.filter(**{f"{self.field_name}__gte": say.day_starts_at(value)}) if value else qs


class Until(DayFilter):
    """To the end of this day (settings.EVENTIFY_TIME_ZONE)."""

    def filter(self, qs, value):
        return qs.filter(**{f"{self.field_name}__lt": say.day_ends_at(value)}) if value else qs
