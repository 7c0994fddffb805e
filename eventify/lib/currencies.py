"""How amounts of money are written for people."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from django.utils.formats import number_format
from django.utils.translation import get_language

SYMBOLS = {"INR": "₹", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "VND": "₫"}
MINUS = "\N{MINUS SIGN}"
_BEHIND = ("vi",)  # languages that write the currency behind the amount
_GAPS = {"nl": "\N{NO-BREAK SPACE}"}  # between a symbol and the amount behind it
CENT = Decimal("0.01")
WITHOUT_CENTS = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"]
)
IN_THOUSANDTHS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


def exact(amount: Decimal, currency: str) -> str:
    """`₹1,200.00`, `−₹99.50`, `CHF 10.00`: always with the places of the currency, as tables and statements need it.

    Separators, groups and the side of the sign are the language's: `₹1,00,000.00` in Hindi, `€ 1.200,00` in Dutch.
    """
    return _said(amount, currency, max(places(currency), 2 if _has_part(amount) else 0))


def short(amount: Decimal, currency: str) -> str:
    """The same without the places of a whole amount: for prices, and for the scale of a chart."""
    return _said(amount, currency, max(places(currency), 2) if _has_part(amount) else 0)


def _has_part(amount: Decimal) -> bool:
    return round(amount, 2) != round(amount)


def _said(amount: Decimal, currency: str, decimals: int) -> str:
    language = (get_language() or "en").partition("-")[0]
    digits = f"{abs(amount):,.{decimals}f}"
    if language != "en":  # Django looks up each separator, which costs ten times as much
        digits = number_format(digits.replace(",", ""), decimals, use_l10n=True, force_grouping=True)
    symbol = SYMBOLS.get(currency, currency)
    sign = MINUS if amount < 0 else ""
    if language in _BEHIND:
        return f"{sign}{digits}\N{NO-BREAK SPACE}{symbol}".rstrip()
    gap = " " if symbol == currency else _GAPS.get(language, "")
    return f"{sign}{symbol}{gap}{digits}".strip()


def places(currency: str) -> int:
    """How many digits behind the point its payments can have: none for yen or dong, three for dinars, two for most."""
    if currency in WITHOUT_CENTS:
        return 0
    return 3 if currency in IN_THOUSANDTHS else 2


def step(currency: str) -> Decimal:
    """What our amounts in the currency are whole multiples of: its smallest unit, but a hundredth at the finest.

    Amounts are kept with two places, so 0.01 of a dinar is ours, though its smallest unit is 0.001.
    """
    return Decimal(1) if currency in WITHOUT_CENTS else CENT


def rounded(amount: Decimal, currency: str, rounding: str = ROUND_HALF_UP) -> Decimal:
    """The nearest amount that can be paid in the currency; halves go up, unless another rounding is asked for."""
    return amount.quantize(step(currency), rounding).quantize(CENT)


def payable(amount: Decimal, currency: str) -> Decimal:
    """As much of the amount as can be paid in the currency: half a yen, left by a fee of an old sale, stays behind."""
    return rounded(amount, currency, ROUND_DOWN)


def minor(amount: Decimal, currency: str) -> int:
    """The amount in the smallest units of the currency, as providers count; ValueError when it has a part of one."""
    units = amount.scaleb(places(currency))
    if units != units.to_integral_value():
        raise ValueError(f"{amount} {currency} cannot be paid exactly")
    return int(units)
