"""Why not? Which rule, role, state or limit refuses something: found out by doing it and taking it back.

Each app declares what can be asked (`<app>/explaining.py`), each action with the real verb, so that no rule is written
down a second time. Nothing of a question leaves: no mail, no message, no call of a provider.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import Model, QuerySet
from django.forms import Form
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import two_factor
from accounts.command_center.sentences import name_of
from accounts.models import Role, User
from accounts.step_up import StepUpRequired
from eventify.lib import preview
from eventify.lib.errors import Because, DomainError, Forbidden, Invalid, Missing
from eventify.lib.ids import uid_of

KINDS = ("rule", "role", "state", "limit", "sign-in")  # what can stand in the way
TEXT_MAX = 300  # characters of an input, an id or a path
ASKED_MOST = 100  # rows that one question names beside its object: what fits into an address
UIDS_MOST = ASKED_MOST * 37


class NotKnown(DomainError):
    """The action is for somebody with an account, and nobody has logged in (401)."""

    status = 401
    code = "unauthenticated"
    kind = "sign-in"


class Input(NamedTuple):
    """What may be said besides the object, in `most` characters: `read` makes a value of it, or raises ValueError."""

    name: str
    read: Callable[[str], object]
    about: str
    most: int = TEXT_MAX


def one_of(*words: str) -> Callable[[str], str]:
    """What reads one of these words, and raises ValueError for another."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return read


def uid_list(text: str) -> tuple[UUID, ...]:
    """Reads uids with commas between them; ValueError for what is none. ASKED_MOST of them fit into UIDS_MOST."""
    return tuple(UUID(one) for one in text.split(",") if one)


class Fix(NamedTuple):
    """What to do about a refusal: a sentence, and the page where it is done ("" for none), found from the object."""

    sentence: str
    url: Callable[[Model], str] = lambda _row: ""


@dataclass(frozen=True)
class Action:
    """Something that can be refused.

    `find(asker, text)` is the object if the asker may see it, else Missing; the asker is None for a stranger.
    `attempt(row, by=..., **inputs)` does the real thing. `fresh`: whoever does it proves first who they are (step-up).
    `fixes` maps rules to what can be done.
    """

    id: str
    name: str
    about: str
    find: Callable[[User | None, str], Model]
    attempt: Callable[..., object]
    inputs: tuple[Input, ...] = ()
    needs_account: bool = True
    fresh: bool = False
    fixes: dict[str, Fix] = field(default_factory=dict)


class Answer(NamedTuple):
    """Whether it is allowed, and if not: one sentence, the kind of what refuses, and what can be done about it."""

    allowed: bool
    sentence: str
    kind: str | None = None
    code: str | None = None
    rule: str | None = None
    facts: dict = {}
    fix: dict | None = None


def explain(action: Action, text: str, *, asker: User | None, by: User | None, said: dict, is_fresh: bool) -> Answer:
    """What refuses this person (`by`) the action on the object of this id, or that nothing does. Changes nothing.

    Missing when the asker may not see the object; Invalid for inputs that cannot be read; preview.Busy.
    """
    if by is None and action.needs_account:
        return _refused(action, None, NotKnown(_("Log in first: this is for people with an account.")))
    inputs, row = read(action, said), action.find(asker, text)
    refusal = _locked_out(by) or preview.refusal_of(lambda: action.attempt(row, by=by, **inputs))
    if refusal is None and action.fresh and not is_fresh:
        refusal = StepUpRequired()
    return _refused(action, row, refusal) if refusal else Answer(True, _("Nothing stands in the way."))


def _locked_out(by: User | None) -> DomainError | None:
    """Why this person can do nothing at all, wherever: only somebody else can ask that."""
    if by is None or by.is_guest or (by.is_active and not by.is_banned):
        return None
    if by.is_banned:
        return NotKnown(Because("banned", _("This account is banned, so it cannot log in.")))
    return NotKnown(Because("closed", _("This account is closed, so it cannot log in.")))


def link(action: str, about, **said) -> str:
    """The page that answers this question (analytics/views_why.py)."""
    return f"/why/?{urlencode({'action': action, 'object': about, **said})}"


def tell(
    request: HttpRequest, refusal: DomainError | str, asks: str = "", about: Model | None = None, *,
    level: int = messages.ERROR, **said,
) -> None:  # fmt: skip
    """Say on the page that comes next what was refused, with its "Why not?": the action `asks` on the row `about`.

    The one way from a refusal to a message (a test asks). `said` are the question's other inputs; without `asks` the
    sentence stands alone, as it must where what was pressed is not there any more.
    """
    question = link(asks, about.uid, **said) if asks and about is not None else ""
    sentence = sentence_of(refusal) if isinstance(refusal, DomainError) else refusal
    messages.add_message(request, level, sentence, extra_tags=question)


def ask_above(form: Form, asks: str, about: Model | None, **said) -> None:
    """Put "Why not?" beside what stands above the form: a refusal of it as a whole, not of a value at its field.

    `asks`, `about` and `said` as of `tell`. Call it after the refusal was put into the form.
    """
    if asks and about is not None and form.non_field_errors():
        form.why = link(asks, about.uid, **said)


def read(action: Action, said: dict[str, str]) -> dict:
    """The inputs of the action as values; what is not said is left to its verb. Invalid with the name of a bad one."""
    values = {}
    for one in action.inputs:
        if text := said.get(one.name, ""):
            try:
                if len(text) > one.most or "\x00" in text:
                    raise ValueError
                values[one.name] = one.read(text)
            except ValueError:
                raise Invalid.field(one.name, _("This value cannot be read.")) from None
    return values


def _refused(action: Action, row: Model | None, refusal: DomainError) -> Answer:
    fix = action.fixes.get(refusal.rule) or action.fixes.get(refusal.kind)
    done = {"sentence": str(fix.sentence), "url": fix.url(row)} if fix else None
    return Answer(False, sentence_of(refusal), refusal.kind, refusal.code, refusal.rule, refusal.facts, done)


def sentence_of(refusal: DomainError) -> str:
    """The refusal in one sentence: that of its first field, where the general one says less."""
    errors = getattr(refusal, "errors", None) or {}
    if refusal.message is type(refusal).message and errors:
        return str(next(iter(errors.values()))[0])
    return str(refusal.message)


def found(rows: QuerySet, text: str) -> Model:
    """The row of this uid among those that the asker may see; Missing."""
    uid = uid_of(text)
    row = rows.filter(uid=uid).first() if uid else None
    if row is None:
        raise Missing
    return row


# What can be done about refusals that any verb may give.
FIXES = {
    "role": Fix(
        gettext_lazy("Somebody who gives out roles, or an administrator of the organisation, can change that.")
    ),
    "step_up_required": Fix(gettext_lazy("Confirm who you are, then come back."), lambda _row: "/account/confirm/"),
    "two_factor_required": Fix(gettext_lazy("Set two-factor up."), lambda _row: "/account/security/"),
    "unauthenticated": Fix(gettext_lazy("Log in."), lambda _row: "/login/"),
}


# --- Permissions --------------------------------------------------------------------------------------


def need(user: User | None, *permissions: str, on=None, members: Iterable[tuple[str, str]] = ()) -> None:
    """Forbidden unless the user holds one of the permissions, everywhere or on the partner of `on`.

    It says which is missing and which roles have it: those of staff to staff only, and `members`, the (role, name)
    of a partner.
    TwoFactorRequired when nothing but their second factor is lacking.
    """
    if user is not None and any(user.can(one, on=on) for one in permissions):
        return
    if user is not None:
        two_factor.check_set_up(user)
    roles = _roles_with(permissions) if user is not None and user.is_staff else []
    of_members = dict(members)
    named = [*roles, *(_("%(role)s of the organisation") % {"role": name} for name in of_members.values())]
    words = {"permission": name_of(permissions[0]), "roles": ", ".join(named)}
    if words["roles"]:
        sentence = _("This needs “%(permission)s”, which these roles have: %(roles)s.") % words
    else:
        sentence = _("This needs “%(permission)s”, which only our staff have.") % words
    facts = {"permissions": list(permissions), "roles": roles, "member_roles": list(of_members)}
    raise Forbidden(Because("permission", sentence, **facts))


def _roles_with(permissions: Iterable[str]) -> list[str]:
    held = Role.objects.filter(permissions__codename__in=permissions).distinct()
    return list(held.order_by("name").values_list("name", flat=True))
