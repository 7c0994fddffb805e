"""The address in the mail of a ticket that was sent: put together when the mail is written, and kept nowhere."""

from django import template

from bookings import transfers

register = template.Library()


@register.filter
def transfer_token(seed: str) -> str:
    """`{{ seed|transfer_token }}`: the token of the link."""
    return transfers.token_of(seed)
