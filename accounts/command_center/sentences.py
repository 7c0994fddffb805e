"""Permissions as people say them: `view partners, manage payouts and refund orders`."""

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from accounts.permissions import CATALOGUE, NAMES


def name_of(permission: str) -> str:
    """`Manage payouts`."""
    return _(NAMES[permission])


def act_of(permission: str) -> str:
    """`manage payouts`, inside a sentence."""
    name = name_of(permission)
    return name[:1].lower() + name[1:]


def listed(permissions) -> str:
    """`view partners, manage payouts and refund orders`; empty for none."""
    return get_text_list([act_of(one) for one in permissions], _("and"))


def grouped(permissions) -> list[tuple[str, str]]:
    """(group, what its holder may do there) of each group of the catalogue in which there is something."""
    held = set(permissions)
    groups = dict.fromkeys(entry.group for entry in CATALOGUE)
    ids = {group: [one.id for one in CATALOGUE if one.group == group and one.id in held] for group in groups}
    return [(_(group), listed(found)) for group, found in ids.items() if found]
