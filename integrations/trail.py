"""Who changed something about an organisation's integrations: one line of the audit log each."""

from accounts import audit
from accounts.models import User
from integrations.models import ApiKey

Actor = User | ApiKey  # a person, or an organisation's own system with a key


def note(action: str, target, *, by: Actor | None, **details) -> None:
    """Record it. What a key did is nobody's; the line names the key."""
    if isinstance(by, ApiKey):
        audit.record(action, target, by=None, api_key=by.prefix, **details)
    else:
        audit.record(action, target, by=by, **details)


def person(by: Actor | None) -> User | None:
    """The person, if it is one."""
    return by if isinstance(by, User) else None
