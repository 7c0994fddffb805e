"""How amounts of money are written for people."""

from decimal import Decimal

SYMBOLS = {"INR": "₹", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "VND": "₫"}
MINUS = "\N{MINUS SIGN}"


def exact(amount: Decimal, currency: str) -> str:
    """`₹1,200.00`, `−₹99.50`, `CHF 10.00`: always with two places, as tables and statements need it."""
    digits = f"{abs(amount):,.2f}"
    symbol = SYMBOLS.get(currency)
    sign = MINUS if amount < 0 else ""
    return f"{sign}{symbol}{digits}" if symbol else f"{sign}{currency} {digits}".strip()


def short(amount: Decimal, currency: str) -> str:
    """The same without the two places of a whole amount: for the scale of a chart."""
    return exact(amount, currency).removesuffix(".00")
