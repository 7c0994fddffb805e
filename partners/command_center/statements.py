"""The statement of one partner: from the total to the event, to the order, to the booking."""

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eventify.lib.day_input import DayInput
from eventify.lib.desk import export, nav, say
from eventify.lib.desk.columns import Column
from eventify.lib.desk.pages import Action, Crumb, DetailPage
from eventify.lib.desk.words import word
from eventify.lib.errors import Invalid
from partners import books, members
from partners.models.ledger import Kind

SHOWN = (Kind.SALE, Kind.FEE, Kind.REFUND, Kind.FEE_RETURN, Kind.PAYOUT, Kind.PAYOUT_RETURNED)


class PeriodForm(forms.Form):
    """Which days, and in which currency."""

    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    first_day = forms.DateField(label=gettext_lazy("From"), widget=DayInput())
    last_day = forms.DateField(label=gettext_lazy("Until"), widget=DayInput())
    event = forms.UUIDField(required=False, widget=forms.HiddenInput)
    order = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data, currencies: list[str]):
        super().__init__(data)
        self.fields["currency"].choices = [(one, one) for one in currencies]

    def clean(self):
        asked = super().clean()
        first, last = asked.get("first_day"), asked.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day is before the first."))
        return asked


class Line(NamedTuple):
    """A line of a statement as it is shown and downloaded."""

    event: str
    order: str
    booking: str
    moment: object
    amounts: dict
    total: object
    currency: str
    url: str


class Lines:
    """The lines in the shape that a download wants."""

    def __init__(self, lines):
        self.lines = list(lines)

    def iterator(self, chunk_size: int) -> Iterator[Line]:
        return iter(self.lines)

    def count(self) -> int:
        return len(self.lines)


class StatementPage(DetailPage):
    """`desk-statement`: opening balance, what moved, closing balance; drills down by ?event= and ?order=."""

    permission, scoped = "view_financials", True
    place = "desk-ledger"
    template_name = "command_center/partners/statement.html"

    def visible(self):
        return members.partners_where(self.request.user, "view_financials")

    def get_title(self):
        return _("Statement of %(partner)s") % {"partner": self.object.name}

    def get_crumbs(self):
        crumbs = [Crumb(_("Ledger"), reverse("desk-ledger"))]
        partner = nav.link("desk-partner", self.object.uid)
        return (
            [*crumbs, Crumb(self.object.name, partner)]
            if partner and self.may("view_partners", self.object)
            else crumbs
        )

    def get(self, request, *args, **kwargs):
        if request.GET.get("format") in export.FORMATS:
            return self.download(request.GET["format"])
        return self.render()

    def period(self) -> PeriodForm:
        """The form with what was asked; without anything asked it is this month in the first currency."""
        currencies = list(self.object.balances.order_by("currency").values_list("currency", flat=True).distinct())
        currencies = currencies or [settings.EVENTIFY_CURRENCY]
        usual = settings.EVENTIFY_CURRENCY
        today = timezone.now().astimezone(say.zone()).date()
        asked = {
            "currency": usual if usual in currencies else currencies[0],
            "first_day": today.replace(day=1).isoformat(),
            "last_day": today.isoformat(),
        }
        asked |= {name: value for name, value in self.request.GET.items() if value}
        return PeriodForm(asked, currencies)

    def statement(self, form: PeriodForm, depth: int) -> books.Statement:
        asked = form.cleaned_data
        narrow = {"event": asked["event"], "order": asked["order"]}
        days = asked["first_day"], asked["last_day"]
        return books.statement(self.object, asked["currency"], *days, depth=depth, **narrow)

    def get_context_data(self, **context):
        form = self.period()
        context |= {"form": form, "actions": self.shown_actions()}
        if not form.is_valid():
            return super().get_context_data(**context)
        asked = form.cleaned_data
        level = 3 if asked["order"] else 2 if asked["event"] else 1
        statement = self.statement(form, level)
        kinds = [kind for kind in SHOWN if kind in statement.whole.amounts]
        kinds += [kind for kind in statement.whole.amounts if kind not in SHOWN]
        return super().get_context_data(
            statement=statement,
            kinds=[word(kind).label for kind in kinds],
            rows=[self._row(part, kinds, form, level) for part in _level(statement.whole, level)],
            sums=[(word(kind).label, statement.whole.amounts[kind]) for kind in kinds],
            way=self._way(form, statement),
            level=level,
            metrics=_metrics(statement, is_narrow=level > 1),
            downloads=[(name, self._url(form, format=name)) for name in export.FORMATS],
            **context,
        )

    def _row(self, part: books.Part, kinds: list, form: PeriodForm, level: int) -> dict:
        names = {1: part.name or _nameless(part), 2: _short(part.uid), 3: _short(part.uid)}
        url = ""
        if part.uid and level < 3:
            url = self._url(form, **{"event" if level == 1 else "order": part.uid})
        return {
            "name": names[level],
            "url": url,
            "moment": part.moment,
            "amounts": [(word(kind).label, part.amounts.get(kind)) for kind in kinds],
            "total": part.total,
        }

    def _way(self, form: PeriodForm, statement: books.Statement) -> list[Crumb]:
        """The levels above this one."""
        asked = form.cleaned_data
        way = []
        if asked["event"]:
            way.append(Crumb(_("All events"), self._url(form, event="", order="")))
            way.append(
                Crumb(statement.events[0].name if statement.events else str(asked["event"]), self._url(form, order=""))
            )
        if asked["order"]:
            way.append(
                Crumb(_("Order %(order)s") % {"order": _short(asked["order"])}, nav.link("desk-order", asked["order"]))
            )
        return way

    def _url(self, form: PeriodForm, **changes) -> str:
        asked = {name: form.cleaned_data[name] for name in form.fields} | changes
        return f"?{urlencode({name: value for name, value in asked.items() if value})}"

    def download(self, form: str):
        """The bookings of the statement as a file. Invalid when the days or the currency are."""
        period = self.period()
        if not period.is_valid():
            raise Invalid(_("The days or the currency are not valid. Correct them and try again."))
        statement = self.statement(period, 3)
        name = f"statement-{slugify(self.object.name) or self.object.slug}-{statement.first_day}-{statement.last_day}"
        return export.FORMATS[form](name, _columns(statement), Lines(_leaves(statement)))

    def shown_actions(self):
        asked = urlencode({"partner": self.object.uid})
        return [Action(_("Show the entries"), f"{reverse('desk-ledger')}?{asked}", style="secondary")]


def _nameless(part: books.Part) -> str:
    """What is of no event: payouts, as a rule."""
    if part.uid:
        return str(part.uid)
    return _("Payouts") if all(kind.startswith("payout") for kind in part.amounts) else _("Not of an event")


def _short(uid: UUID | None) -> str:
    return str(uid)[-12:] if uid else _("Not of one order")


def _level(whole: books.Part, level: int) -> list[books.Part]:
    """The parts that a level shows: events, the orders of one event, the bookings of one order."""
    parts = [whole]
    for _depth in range(level):
        parts = [one for part in parts for one in part.parts]
    return parts


def _metrics(statement: books.Statement, *, is_narrow: bool) -> list[dict]:
    def metric(label, amount):
        return {"label": label, "value": say.money(amount, statement.currency)}

    moved = metric(_("Moved"), statement.whole.total)
    if is_narrow:
        return [moved]
    return [metric(_("Opening balance"), statement.opening), moved, metric(_("Closing balance"), statement.closing)]


def _leaves(statement: books.Statement) -> Iterator[Line]:
    for event in statement.whole.parts:
        for order in event.parts:
            for booking in order.parts:
                names = event.name, str(order.uid or ""), str(booking.uid or "")
                yield Line(*names, booking.moment, booking.amounts, booking.total, statement.currency, "")


def _columns(statement: books.Statement) -> list[Column]:
    columns = [
        Column("moment", _("When"), kind="moment"),
        Column("event", _("Event")),
        Column("order", _("Order")),
        Column("booking", _("Booking")),
    ]
    for kind in statement.whole.amounts:
        amount = _amount_of(kind)
        columns.append(Column(kind, word(kind).label, kind="number", value=amount))
    return [*columns, Column("total", _("Total"), kind="money")]


def _amount_of(kind: str):
    return lambda line: line.amounts.get(kind)
