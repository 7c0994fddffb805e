"""All that can be asked why not, in the order of the apps, and who may ask for whom.

Apps above this one add theirs when they are loaded (privacy/explaining.py).
"""

from django.utils.translation import gettext as _

from accounts import audit, explaining
from accounts import explaining_people as people
from accounts.explaining import Action, Answer
from accounts.models import User
from bookings import explaining as bookings
from bookings import explaining_rooms as rooms
from crew import explaining as crew
from crew import explaining_people as crew_people
from eventify.lib.errors import Invalid
from eventify.lib.ratelimit import hit
from events import explaining as events
from integrations import explaining as integrations
from partners import explaining as partners
from partners import explaining_pages as pages

ACTIONS: dict[str, Action] = {}
INPUTS: dict[str, str] = {}  # what an input is, by its name
FOR = "view_users"  # who holds it may ask why somebody else cannot


def add(*actions: Action) -> None:
    """Let these be asked, too."""
    ACTIONS.update({one.id: one for one in actions})
    for one in (one for action in actions for one in action.inputs):
        known = INPUTS.get(one.name, "")
        INPUTS[one.name] = known if one.about in known else "; ".join(filter(None, (known, one.about)))


add(
    *bookings.ACTIONS,
    *rooms.ACTIONS,
    *crew.ACTIONS,
    *crew_people.ACTIONS,
    *integrations.ACTIONS,
    *events.ACTIONS,
    *partners.ACTIONS,
    *people.ACTIONS,
    pages.ACTION,
)


def answer(said: dict[str, str], *, asker: User | None, address: str, is_fresh: bool) -> tuple[Action, Answer]:
    """What stands in the way of `said["action"]` on `said["object"]`, for the asker or the user `said["for"]`.

    Changes nothing, but that asking for somebody else is a line in the audit log. Counts the question: TooManyRequests.
    Invalid (action, object, an input); Missing for what the asker may not see; Forbidden to ask for somebody else
    without view_users; preview.Busy.
    """
    hit("explain", str(asker.uid) if asker else address)
    action, text = _asked(said)
    whom = said.get("for", "")
    by = _somebody(whom, asker) if whom else asker
    hit("explain_row", action.id, text)
    found = explaining.explain(action, text, asker=asker, by=by, said=said, is_fresh=is_fresh or by != asker)
    if by != asker:
        details = {"question": action.id, "object": text, "allowed": found.allowed, "rule": found.rule}
        audit.record("ASKED_WHY_NOT", by, by=asker, **details)
    return action, found


def _asked(said: dict[str, str]) -> tuple[Action, str]:
    action, text = ACTIONS.get(said.get("action", "")), said.get("object", "")
    if action is None:
        raise Invalid.field("action", _("Choose one of %(all)s.") % {"all": ", ".join(ACTIONS)})
    if not 0 < len(text) <= explaining.TEXT_MAX or "\x00" in text:
        raise Invalid.field("object", _("Say what it is about: %(object)s.") % {"object": _(action.about)})
    return action, text


def _somebody(uid: str, asker: User | None) -> User:
    explaining.need(asker, FOR)
    return explaining.found(User.objects.filter(is_guest=False), uid)
