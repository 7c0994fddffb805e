"""A column of a list: one declaration that the table, the card on a phone and the exports are all made from."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from eventify.lib.desk import say
from eventify.lib.desk.words import word

KINDS = {
    "text": say.text,
    "link": say.text,
    "number": say.number,
    "moment": say.moment,
    "relative": say.relative,
    "day": say.day,
    "yesno": say.yesno,
}
NUMERIC = {"number", "money"}


def attribute(row, path: str):
    """The value at `partner.name` on the row; None when something on the way is None. Methods are called."""
    value = row
    for name in path.split("."):
        value = getattr(value, name, None)
        if value is None:
            return None
        value = value() if callable(value) else value
    return value


@dataclass(frozen=True)
class Column:
    """One column.

    `kind`: text, link, pill, money, number, moment, relative, day or yesno. `value`: row -> value; without it the
    attribute path `key` ("partner.name"). Money is an amount with the row's `currency`, or a pair from `value`.
    `sort`: the field or annotation to order by, which is also its name in ?sort=. `link`: row -> address or None.
    `below`: row -> a second, quieter line. `words`: stored value -> Word, for a pill's own words.
    """

    key: str
    label: object
    kind: str = "text"
    value: Callable | None = None
    sort: str | None = None
    link: Callable | None = None
    below: Callable | None = None
    words: dict | None = None
    currency: str = "currency"
    export: bool = True

    @property
    def is_numeric(self) -> bool:
        return self.kind in NUMERIC

    def raw(self, row):
        """The value itself; for money the pair (amount, currency), or None."""
        found = self.value(row) if self.value else attribute(row, self.key)
        if self.kind != "money" or found is None:
            return found
        return found if isinstance(found, tuple) else (found, attribute(row, self.currency) or "")

    def html(self, row) -> SafeString:
        """What the table shows."""
        shown = self._linked(row, self._shown(row))
        second = self.below(row) if self.below else None
        return format_html('{}<span class="below">{}</span>', shown, say.text(second)) if second else shown

    def _shown(self, row) -> SafeString:
        value = self.raw(row)
        if value is None or value == "":
            return say.NOTHING
        if self.kind == "money":
            return say.money(*value)
        return say.pill(value, self.words) if self.kind == "pill" else KINDS[self.kind](value)

    def _linked(self, row, shown: SafeString) -> SafeString:
        address = self.link(row) if self.link else None
        return format_html('<a href="{}">{}</a>', address, shown) if address else shown

    def headings(self) -> list[str]:
        """The heads of its columns in an export: two for money."""
        label = str(self.label)
        return [label, _("%(column)s: currency") % {"column": label}] if self.kind == "money" else [label]

    def exported(self, row) -> list[str | int | Decimal | date | datetime | None]:
        """Its values in an export: plain figures, moments in the staff's zone, states as words."""
        value = self.raw(row)
        if self.kind == "money":
            return [None, None] if value is None else list(value)
        if value is None or isinstance(value, int | Decimal) and not isinstance(value, bool):
            return [value]
        if isinstance(value, datetime):
            return [value.astimezone(say.zone())]
        if self.kind == "pill":
            return [str(word(value, self.words).label)]
        if self.kind == "yesno":
            return [_("Yes") if value else _("No")]
        return [value if isinstance(value, date) else str(value)]
