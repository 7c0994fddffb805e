"""What the event page asks: how many of which ticket, or how many places on the waitlist."""

from uuid import uuid4

from django import forms
from django.forms.utils import flatatt
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import buyers, promos, sales
from bookings.keys import KEY_MAX
from bookings.models import Booking, Order, PromoCode, TicketType
from bookings.orders import Line
from eventify.lib.errors import Invalid
from events.models import Event
from events.templatetags.say import moment

MOST_SHOWN = 20  # in one list of quantities; a larger party books twice
PARTY_MAX = 10  # places that the waitlist's form offers
SELECTED = mark_safe(" selected")
CODE_ATTRIBUTES = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}


def new_key() -> str:
    """A key for one form: sending it twice makes one order."""
    return str(uuid4())


def field_name(ticket_type: TicketType) -> str:
    """The name of the quantity of this type, in the form and in the address that leads back to it."""
    return f"qty_{ticket_type.pk}"


class Quantity(forms.Select):
    """A list of numbers, written at once: Django renders a template for each choice, half the time of a page."""

    def render(self, name, value, attrs=None, renderer=None):
        chosen = self.format_value(value)
        rows = ((number, SELECTED if str(number) in chosen else "", label) for number, label in self.choices)
        options = format_html_join("", '<option value="{}"{}>{}</option>', rows)
        more = flatatt({**self.attrs, **(attrs or {})})
        return format_html('<select name="{}"{}>{}</select>', name, more, options)


class BookingForm(forms.Form):
    """A quantity for each kind of ticket, and the key that makes a double click one order."""

    key = forms.CharField(max_length=KEY_MAX, widget=forms.HiddenInput(attrs={"autocomplete": "off"}))
    code = forms.CharField(
        label=gettext_lazy("Promo code"),
        required=False,
        max_length=promos.CODE_MAX,
        widget=forms.TextInput(attrs=CODE_ATTRIBUTES),
    )

    def __init__(self, event: Event, *args, address: str = "", **kwargs):
        """`address` is where it comes from, for codes that are tried. Raises TooManyRequests."""
        super().__init__(*args, **kwargs)
        self.event, self.code_error, self.address = event, "", address
        self.promo = self._promo((self.data if self.is_bound else self.initial).get("code") or "")
        self.types = promos.shown_types(event, self.promo)
        self.has_hidden = any(one.status == TicketType.Status.HIDDEN for one in event.ticket_types.all())
        self.is_open = sales.is_open(event)
        for ticket_type in self.types:
            self.fields[field_name(ticket_type)] = self._quantity(ticket_type)
        buyable = [one for one in self.types if not why_not_now(one, event)]
        if len(buyable) == 1:  # nothing else to choose: one less thing to do on a phone
            self.fields[field_name(buyable[0])].initial = buyable[0].min_per_order

    def _promo(self, code: str) -> PromoCode | None:
        """The code that was typed, when it can be used; else the sentence why not is `code_error`."""
        if not code.strip():
            return None
        try:
            with promos.guessing(self.address):
                return promos.find(self.event, code)
        except Invalid as refusal:
            self.code_error = str(refusal.message)
            return None

    def _quantity(self, ticket_type: TicketType) -> forms.IntegerField:
        name = field_name(ticket_type)
        asked = str((self.data if self.is_bound else self.initial).get(name) or 0)
        chosen = min(int(asked), sales.QTY_MAX) if asked.isdecimal() and len(asked) < 4 else 0
        numbers = range(ticket_type.min_per_order, max(_most(ticket_type, self.event), chosen) + 1)
        choices = [(number, str(number)) for number in sorted({0, chosen, *numbers})]
        widget = Quantity(choices=choices, attrs={"class": "quantity", "autocomplete": "off"})
        return forms.IntegerField(
            label=ticket_type.shown_name, min_value=0, max_value=sales.QTY_MAX, required=False, widget=widget
        )

    @cached_property
    def offers(self) -> list[dict]:
        """The rows of the form: type, its field (None when it cannot be bought now), and why not."""
        return [self._offer(ticket_type) for ticket_type in self.types]

    def _offer(self, ticket_type: TicketType) -> dict:
        why_not = why_not_now(ticket_type, self.event)
        field = self[field_name(ticket_type)]
        is_shown = self.is_open and (not why_not or bool(self.is_bound and field.value() not in (None, "", "0")))
        price = promos.price(ticket_type, self.promo)
        before = ticket_type.price if price < ticket_type.price else ticket_type.original_price
        return {
            "type": ticket_type,
            "field": field if is_shown else None,
            "why_not": why_not,
            "price": price,
            "before": before if before and before > price else None,
        }

    def has_choice(self) -> bool:
        """Whether anything can be bought now."""
        return any(offer["field"] for offer in self.offers)

    def is_free(self) -> bool:
        """Whether nothing that is shown costs anything."""
        return not any(offer["price"] for offer in self.offers)

    def clean(self):
        """At least one ticket."""
        cleaned = super().clean()
        if not self.errors and not self.lines():
            raise forms.ValidationError(_("Choose how many tickets you would like."))
        return cleaned

    def lines(self) -> list[Line]:
        """What is asked, as orders.place takes it."""
        asked = ((one.pk, self.cleaned_data.get(field_name(one))) for one in self.types)
        return [Line(pk, qty) for pk, qty in asked if qty]


def why_not_now(ticket_type: TicketType, event: Event) -> str:
    """Why this type cannot be bought now, in a few words; empty when it can."""
    now = timezone.now()
    if ticket_type.shown_status(event) == TicketType.Status.SOLD_OUT or not ticket_type.places_for_sale(event):
        return _("Sold out")
    if ticket_type.sales_end_at and now >= ticket_type.sales_end_at:
        return _("Sale ended")
    if ticket_type.sales_start_at and now < ticket_type.sales_start_at:
        return _("On sale from %(when)s") % {"when": moment(ticket_type.sales_start_at, event)}
    return ""


def _most(ticket_type: TicketType, event: Event) -> int:
    limits = (ticket_type.places_left(event), ticket_type.max_per_order, ticket_type.max_per_person, MOST_SHOWN)
    return min(limit for limit in limits if limit is not None)


class WaitlistForm(forms.Form):
    """How many places to wait for."""

    wait_key = forms.CharField(max_length=KEY_MAX, widget=forms.HiddenInput(attrs={"autocomplete": "off"}))

    def __init__(self, event: Event, *args, **kwargs):
        super().__init__(*args, **kwargs)
        least = min((one.min_per_order for one in sales.shown_types(event)), default=1)
        numbers = range(least, max(PARTY_MAX, least) + 1)
        self.fields["places"] = forms.IntegerField(
            label=_("Places"),
            min_value=1,
            max_value=numbers[-1],
            initial=least,
            widget=Quantity(choices=[(n, n) for n in numbers], attrs={"class": "quantity"}),
        )


class CheckoutForm(forms.Form):
    """Who buys and who comes. The rules are in bookings/buyers.py; `refused` puts its sentences at the fields."""

    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=buyers.NAME_MAX,
        error_messages={"required": gettext_lazy("Enter your name.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.CharField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        error_messages={"required": gettext_lazy("Enter the address that the tickets go to.")},
        help_text=gettext_lazy("The tickets go to this address."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = forms.CharField(
        label=gettext_lazy("Phone (optional)"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
    )
    company = forms.CharField(
        label=gettext_lazy("Company"),
        max_length=buyers.NAME_MAX,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    company_address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=buyers.ADDRESS_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
    )
    company_tax_number = forms.CharField(
        label=gettext_lazy("Tax number"), max_length=buyers.TAX_NUMBER_MAX, required=False
    )
    code = forms.CharField(
        label=gettext_lazy("Promo code"),
        max_length=promos.CODE_MAX,
        required=False,
        widget=forms.TextInput(attrs=CODE_ATTRIBUTES),
    )

    def __init__(self, order: Order, lines: list[Booking], *args, **kwargs):
        super().__init__(*args, **kwargs)
        total = sum(line.qty for line in lines)
        self.asked = lines if 1 < total <= buyers.NAMED_MOST else []
        for line in self.asked:
            for place in range(line.qty):
                self.fields[buyers.attendee_field(line.pk, place)] = _attendee(line, place)

    def attendees(self) -> list[dict]:
        """The fields of the people, line by line."""
        return [
            {"line": line, "fields": [self[buyers.attendee_field(line.pk, place)] for place in range(line.qty)]}
            for line in self.asked
        ]

    def company_is_open(self) -> bool:
        """Whether the part about the company has something in it."""
        return any(self[name].value() or self[name].errors for name in _COMPANY)

    def clean(self):
        """The rules judge what the form finds fine, so that all that is wrong is said in one go."""
        cleaned = super().clean()
        try:
            buyers.check(self.buyer())
        except Invalid as refusal:
            for name in [one for one in refusal.errors if one not in self.errors]:
                self.add_error(name, [str(one) for one in refusal.errors[name]])
        return cleaned

    def buyer(self) -> buyers.Buyer:
        """What was typed, as the rules take it; nothing where the form finds it wrong."""
        typed = self.cleaned_data
        names = ("name", "email", "phone", *_COMPANY)
        people = {
            line.pk: [typed.get(buyers.attendee_field(line.pk, place), "") for place in range(line.qty)]
            for line in self.asked
        }
        return buyers.Buyer(**{name: typed.get(name, "") for name in names}, attendees=people)

    def refused(self, refusal: Invalid) -> None:
        """Show the rule's sentences at their fields; those of other fields above the form."""
        for name, sentences in refusal.errors.items():
            at = "code" if name == promos.FIELD else name
            self.add_error(at if at in self.fields else None, [str(one) for one in sentences])


_COMPANY = ("company", "company_address", "company_tax_number")


def buyer_so_far(order: Order, lines: list[Booking]) -> dict:
    """What the form begins with: what was typed before, else what the account knows."""
    user = order.user
    own = {} if user.is_guest else {"name": user.full_name, "email": user.email, "phone": user.phone or ""}
    noted = {"name": order.buyer_name, "email": order.buyer_email, "phone": order.buyer_phone}
    people = {
        buyers.attendee_field(line.pk, place): person["name"]
        for line in lines
        for place, person in enumerate(line.attendees)
    }
    return {
        **{name: noted[name] or own.get(name, "") for name in noted},
        **{name: getattr(order, name) for name in _COMPANY},
        **people,
    }


def _attendee(line: Booking, place: int) -> forms.CharField:
    seat = line.seat_labels[place] if place < len(line.seat_labels) else ""
    words = {"type": line.ticket_type.shown_name, "number": place + 1, "seat": seat}
    label = _("%(type)s, seat %(seat)s") if seat else _("%(type)s, ticket %(number)s")
    return forms.CharField(
        label=label % words,
        max_length=buyers.NAME_MAX,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class LinkForm(forms.Form):
    """To which address the order went."""

    email = forms.CharField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        error_messages={"required": gettext_lazy("Enter the address that you gave with the order.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class ClaimForm(forms.Form):
    """A name and a password make a guest an account."""

    full_name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        max_length=256,
        error_messages={"required": gettext_lazy("Enter your password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
