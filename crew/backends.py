"""Scanning rights that come from a shift at a gate, for as long as it lasts."""

from django.contrib.auth.backends import BaseBackend

from accounts.permissions import LABEL
from crew import gate
from events.models import Event


class GateBackend(BaseBackend):
    """Grants check_in on an event, and nothing else, to who has a shift at one of its gates now (crew/gate.py)."""

    def get_user(self, user_id):
        """Nobody logs in through a shift."""
        return None

    def has_perm(self, user_obj, perm, obj=None) -> bool:
        """Whether `perm` is check_in, `obj` an event, and the user is on shift there."""
        return perm == f"{LABEL}.check_in" and isinstance(obj, Event) and gate.may_scan(user_obj, obj)

    def holds_somewhere(self, user, permission: str) -> bool:
        """Whether the user may scan at any event now."""
        return permission == "check_in" and gate.is_on_shift(user)
