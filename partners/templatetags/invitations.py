"""The address in an invitation's mail: put together when the mail is written, and kept nowhere."""

from django import template

from partners import inviting

register = template.Library()


@register.filter
def invitation_token(seed: str) -> str:
    """`{{ seed|invitation_token }}`: the token of the link."""
    return inviting.token_of(seed)
