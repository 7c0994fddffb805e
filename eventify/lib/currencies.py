"""How amounts of money are written for people."""

from decimal import ROUND_HALF_UP, Decimal

SYMBOLS = {"INR": "₹", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "VND": "₫"}
MINUS = "\N{MINUS SIGN}"
CENT = Decimal("0.01")
WITHOUT_CENTS = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"]
)


def exact(amount: Decimal, currency: str) -> str:
    """`₹1,200.00`, `−₹99.50`, `CHF 10.00`: always with two places, as tables and statements need it."""
    digits = f"{abs(amount):,.2f}"
    symbol = SYMBOLS.get(currency)
    sign = MINUS if amount < 0 else ""
    return f"{sign}{symbol}{digits}" if symbol else f"{sign}{currency} {digits}".strip()


def short(amount: Decimal, currency: str) -> str:
    """The same without the two places of a whole amount: for the scale of a chart."""
    return exact(amount, currency).removesuffix(".00")


def places(currency: str) -> int:
    """How many digits behind the point its payments can have: none for yen or dong, two for most."""
    return 0 if currency in WITHOUT_CENTS else 2


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The nearest amount that can be paid in the currency; halves go up."""
    return amount.quantize(Decimal(1).scaleb(-places(currency)), ROUND_HALF_UP).quantize(CENT)


def minor(amount: Decimal, currency: str) -> int:
    """The amount in the smallest units of the currency, as providers count; ValueError when it has a part of one."""
    units = amount.scaleb(places(currency))
    if units != units.to_integral_value():
        raise ValueError(f"{amount} {currency} cannot be paid exactly")
    return int(units)
