"""The promo codes of an event, with how often each was used; and the tax rate of a kind of ticket."""

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import promos, queries, ticket_types
from bookings.command_center.events import AboutEvent, address_of
from bookings.command_center.fields import LocalMoment
from bookings.models import PromoCode, TicketType
from eventify.lib import currencies
from eventify.lib.desk.columns import Column
from eventify.lib.desk.filters import Filters
from eventify.lib.desk.lists import EmptyState, ListPage
from eventify.lib.desk.pages import Action, Crumb, ObjectActionPage, ObjectFormPage, ObjectMixin
from eventify.lib.desk.words import CAUTION, INFORMATION, POSITIVE, Word
from events.models import Event

_ALL = gettext_lazy("Empty: no limit.")


def _takes_off(promo: PromoCode) -> str:
    if promo.percent_off:
        return f"{promo.percent_off.normalize():f} %"
    return currencies.exact(promo.amount_off, promo.event.currency) if promo.amount_off else ""


def _good_for(promo: PromoCode) -> str:
    return ", ".join(one.name for one in promo.ticket_types.all()) or _("All types on sale")


_STATES = {
    "in_use": Word(gettext_lazy("In use"), POSITIVE),
    "used_up": Word(gettext_lazy("Used up"), INFORMATION),
    "not_yet": Word(gettext_lazy("Not valid yet"), CAUTION),
}


def _state(promo: PromoCode) -> str:
    if not promo.is_active:
        return "inactive"
    if promos.left(promo) == 0:
        return "used_up"
    if not promos.why_not(promo):
        return "in_use"
    return "not_yet" if promo.starts_at and promo.starts_at > timezone.now() else "expired"


class Promos(AboutEvent, ObjectMixin, ListPage):
    """`desk-event-promos`."""

    permission, scoped, title = "manage_events", True, gettext_lazy("Promo codes")
    filters, search_hint = type("PromoFilters", (Filters,), {"search": ("code",)}), gettext_lazy("Code")
    default_sort = "code"
    columns = (
        Column("code", gettext_lazy("Code"), sort="code", link=lambda row: reverse("desk-promo", args=[row.uid])),
        Column("off", gettext_lazy("Takes off"), value=_takes_off),
        Column("types", gettext_lazy("Good for"), value=_good_for),
        Column("used_places", gettext_lazy("Places bought"), kind="number", sort="used_places"),
        Column("max_places", gettext_lazy("At most"), kind="number", sort="max_places"),
        Column("state", gettext_lazy("State"), kind="pill", value=_state, words=_STATES),
    )

    def rows(self):
        return self.object.promo_codes.select_related("event").prefetch_related("ticket_types")

    @property
    def empty(self) -> EmptyState:
        step = Action(_("New code"), reverse("desk-event-promo-new", args=[self.object.uid]))
        return EmptyState(
            _("No promo codes yet"), _("A code makes tickets cheaper, or lets its holder buy more."), step
        )

    def shown_actions(self) -> list[Action]:
        return [Action(_("New code"), reverse("desk-event-promo-new", args=[self.object.uid]))]

    def row_actions(self, row) -> list[Action]:
        return [Action(_("Change"), reverse("desk-promo", args=[row.uid]))]


class PromoForm(forms.Form):
    """What a code does, for whom, when and how often."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=promos.CODE_MAX,
        help_text=gettext_lazy("Letters, digits, - and _. Buyers may type it in any case."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    percent_off = forms.DecimalField(
        label=gettext_lazy("Percent off"), required=False, min_value=0, max_value=100, max_digits=5, decimal_places=2
    )
    amount_off = forms.DecimalField(
        label=gettext_lazy("Or amount off each ticket"), required=False, min_value=0, max_digits=12, decimal_places=2
    )
    ticket_types = forms.ModelMultipleChoiceField(
        label=gettext_lazy("For these types only"),
        queryset=TicketType.objects.none(),
        required=False,
        help_text=gettext_lazy("None chosen: all types on sale."),
        widget=forms.CheckboxSelectMultiple,
    )
    unlocks_hidden = forms.BooleanField(label=gettext_lazy("Its hidden types may be bought with it"), required=False)
    starts_at = LocalMoment(label=gettext_lazy("Good from"))
    ends_at = LocalMoment(label=gettext_lazy("Good until"))
    max_places = forms.IntegerField(
        label=gettext_lazy("Places in all"), required=False, min_value=1, max_value=promos.LIMIT_MAX, help_text=_ALL
    )
    max_places_per_person = forms.IntegerField(
        label=gettext_lazy("Places per person"), required=False, min_value=1, max_value=promos.LIMIT_MAX, help_text=_ALL
    )

    def __init__(self, event: Event, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["ticket_types"].queryset = event.ticket_types.all()
        for name in ("starts_at", "ends_at"):
            self.fields[name].zone = event.zone

    def values(self) -> dict:
        """What bookings/promos.py takes."""
        cleaned = dict(self.cleaned_data)
        cleaned |= {name: cleaned[name] or 0 for name in ("percent_off", "amount_off")}
        return {**cleaned, "ticket_types": list(cleaned["ticket_types"])}


class NewPromo(AboutEvent, ObjectFormPage):
    """`desk-event-promo-new`."""

    permission, scoped, title = "manage_events", True, gettext_lazy("New promo code")
    submit = gettext_lazy("Make the code")

    def get_form(self, data=None, files=None):
        return PromoForm(self.object, data)

    @property
    def lead(self):
        return _("Times are in the event's own zone (%(zone)s).") % {"zone": self.object.timezone}

    def get_crumbs(self):
        return (*super().get_crumbs(), Crumb(_("Promo codes"), reverse("desk-event-promos", args=[self.object.uid])))

    def act(self, form):
        promo = promos.create(self.object, by=self.request.user, **form.values())
        return self.done(_("%(code)s is there.") % {"code": promo.code}, self.get_cancel_url())


class AboutPromo:
    """A page about `self.object`, a promo code of an event that the person may change."""

    place, permission, scoped = "desk-events", "manage_events", True

    def visible(self):
        mine = queries.events_of(self.request.user, "manage_events").values("pk")
        return PromoCode.objects.filter(event__in=mine).select_related("event__partner")

    def get_crumbs(self):
        event = self.object.event
        return (
            Crumb(_("Events"), reverse("desk-events")),
            Crumb(event.name, address_of(event)),
            Crumb(_("Promo codes"), reverse("desk-event-promos", args=[event.uid])),
        )


class EditPromo(AboutPromo, ObjectFormPage):
    """`desk-promo`. Its name stays, for it may be printed; what was bought with it stays as it is."""

    template_name = "command_center/bookings/promo.html"

    def get_form(self, data=None, files=None):
        form = PromoForm(self.object.event, data, initial=self.get_initial())
        del form.fields["code"]
        return form

    def get_initial(self) -> dict:
        names = [name for name in PromoForm.base_fields if name != "ticket_types"]
        values = {name: getattr(self.object, name) for name in names}
        return {**values, "ticket_types": self.object.ticket_types.all()}

    def act(self, form):
        promo = promos.change(self.object, by=self.request.user, **form.values())
        return self.done(_("%(code)s is changed.") % {"code": promo.code}, self.get_cancel_url())


class SetPromoActive(AboutPromo, ObjectActionPage):
    """`desk-promo-on` and `desk-promo-off`."""

    is_active, asks = True, "switch_promo_code"

    @property
    def says(self) -> str:
        return "act=on" if self.is_active else "act=off"

    def act(self):
        promo = promos.change(self.object, by=self.request.user, is_active=self.is_active)
        sentence = _("%(code)s can be used again.") if self.is_active else _("Nobody can use %(code)s any more.")
        return sentence % {"code": promo.code}

    def back_url(self) -> str:
        return self.next_url(reverse("desk-event-promos", args=[self.object.event.uid]))


class TaxForm(forms.Form):
    """How much of the price is tax."""

    tax_rate = forms.DecimalField(
        label=gettext_lazy("Tax rate in percent"),
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        help_text=gettext_lazy("The price holds the tax already. Tickets that are sold keep their rate."),
    )


class SetTaxRate(ObjectFormPage):
    """`desk-ticket-type-tax`."""

    place, permission, scoped = "desk-events", "manage_events", True
    form_class, submit = TaxForm, gettext_lazy("Set the tax rate")

    def visible(self):
        mine = queries.events_of(self.request.user, "manage_events").values("pk")
        return TicketType.objects.filter(event__in=mine).select_related("event__partner")

    def get_initial(self) -> dict:
        return {"tax_rate": self.object.tax_rate}

    def get_crumbs(self):
        event = self.object.event
        return (Crumb(_("Events"), reverse("desk-events")), Crumb(event.name, address_of(event)))

    def act(self, form):
        changed = ticket_types.change(self.object, by=self.request.user, **form.cleaned_data)
        words = {"type": changed.name, "rate": f"{changed.tax_rate:.2f}"}
        return self.done(_("The tax rate of %(type)s is %(rate)s %% now.") % words, self.get_cancel_url())
