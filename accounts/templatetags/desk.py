"""How values, lists and charts are said on the command center's pages."""

from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from eventify.lib import currencies
from eventify.lib.desk import charts, say, shell
from eventify.lib.desk.icons import ICONS
from eventify.lib.desk.words import spelled, word

register = template.Library()
TONES = 6


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing beside a word; it says nothing of its own."""
    return format_html('<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="{}"/></svg>', ICONS[name])


@register.filter
def money(amount: Decimal | None, currency: str) -> SafeString:
    """`{{ order.total|money:order.currency }}`: `₹1,200.00`."""
    return say.NOTHING if amount is None else say.money(amount, currency)


@register.filter
def plain_money(amount: Decimal, currency: str) -> str:
    """The same as plain text, for the label of a button."""
    return currencies.exact(amount, currency)


@register.filter
def moment(value) -> SafeString:
    """`12 Jun, 19:30` in the staff's zone; exact in the title."""
    return say.moment(value) if value else say.NOTHING


@register.filter
def relative(value) -> SafeString:
    """`5 minutes ago`; exact in the title."""
    return say.relative(value) if value else say.NOTHING


@register.filter
def day(value) -> SafeString:
    """`12 Jun 2026`."""
    return say.day(value) if value else say.NOTHING


@register.filter
def number(value) -> SafeString:
    """`12,480`."""
    return say.NOTHING if value is None else say.number(value)


@register.filter
def plain_number(value) -> str:
    """The same as plain text, for a sentence."""
    return say.plain_number(value)


@register.filter
def pill(value, words: dict | None = None) -> SafeString:
    """A state as a word in its tone."""
    return say.pill(value, words) if value not in (None, "") else say.NOTHING


@register.filter
def word_for(value) -> str:
    """A stored word as people read it: `Company registration`."""
    return word(value).label


@register.filter
def sentence(value: str) -> str:
    """A spelled-out code as words: `APPROVED_KYC` is `Approved KYC`."""
    return spelled(value)


@register.filter
def initials(name: str) -> str:
    """`AR` for "Asha Rao", `A` for one name."""
    words = [word for word in str(name).replace("@", " ").replace(".", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper() or "?"


@register.filter
def tone(value) -> str:
    """The class of an avatar: the same for the same name."""
    return f"tone-{sum(str(value).encode()) % TONES}"


@register.simple_tag(takes_context=True)
def query(context, **changes) -> str:
    """The query string of this page with other values: `?{% query page=2 %}`."""
    changed = context["request"].GET.copy()
    changed.pop("format", None)
    for name, value in changes.items():
        changed[name] = value
        if value in (None, ""):
            del changed[name]
    return changed.urlencode()


@register.simple_tag(takes_context=True)
def theme(context) -> str:
    """The theme that the person chose; empty: the system's."""
    return shell.theme_of(context["request"]) if "request" in context else ""


@register.inclusion_tag("command_center/parts/chart.html")
def chart(drawn: charts.Chart) -> dict:
    """A chart with the table behind it."""
    return {"chart": drawn, "width": charts.WIDTH, "height": charts.HEIGHT}


@register.simple_tag
def sparkline(values) -> SafeString:
    """A small line beside a figure; it says nothing that the figure does not."""
    path = charts.spark(list(values))
    if not path:
        return SafeString("")
    head = '<svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">'
    return format_html('{}<path d="{}"/></svg>', SafeString(head), path)
