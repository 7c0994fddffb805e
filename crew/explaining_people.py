"""Why not? What can be asked about the people of a crew: decisions over them, lists, tags, accounts, and leaving."""

from functools import partial

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.explaining import Action, Fix, Input, found
from accounts.models import User
from crew import crowd_lists, matches, persons, signup, tags
from crew.explaining import PLANS
from crew.models import CrowdList, IdentityMatch, Person, PersonTag
from eventify.lib.errors import Invalid
from eventify.lib.ids import uid_of
from partners import members
from partners.explaining import FIXES, need

# A decision over a person -> the verb.
_DECISIONS = {
    "approve": persons.approve,
    "reject": partial(persons.reject, reason="-"),
    "no_show": partial(persons.change, status=Person.Status.NO_SHOW),
    "blacklist": partial(persons.blacklist, is_on=True, reason="-"),
    "unblacklist": partial(persons.blacklist, is_on=False, reason="-"),
    "delete": persons.delete,
}
_MATCHED = {"confirm": matches.confirm, "dismiss": matches.dismiss}


def _planned(asker: User | None) -> QuerySet:
    """The partners whose crews the asker plans."""
    return members.partners_where(asker, PLANS) if asker else members.Partner.objects.none()


def _person(asker: User | None, text: str) -> Person:
    rows = Person.objects.filter(event__partner__in=_planned(asker).values("pk"))
    return found(rows.select_related("event__partner", "crowd_type", "company", "user"), text)


def _own(asker: User | None, text: str) -> Person:
    rows = Person.objects.filter(user=asker) if asker else Person.objects.none()
    return found(rows.select_related("event__partner", "crowd_type", "user"), text)


def _decide(person: Person, *, by: User, decision: str = "approve") -> None:
    need(by, PLANS, on=person.event)
    _DECISIONS[decision](person, by=by)


def _listed(verb, person: Person, *, by: User, crowd_list: str = "") -> None:
    need(by, PLANS, on=person.event)
    rows = CrowdList.objects.filter(event__partner=person.event.partner_id, uid=uid_of(crowd_list))
    row = rows.select_related("event__partner", "crowd_type").first()
    if row is None:
        raise Invalid.field("crowd_list", _("Say which list."))
    verb(row, person, by=by)


def _give_tag(person: Person, *, by: User, tag: str = "") -> None:
    """The tag of this uid; without one, whether they can get any."""
    need(by, PLANS, on=person.event)
    of_partner = PersonTag.objects.filter(partner=person.event.partner_id).select_related("partner")
    row = of_partner.filter(uid=uid_of(tag)).first() if tag else of_partner.filter(is_active=True).first()
    if row is None and person.user is not None:
        raise Invalid.field("tag", _("Say which tag."))
    tags.give_to(person, row, by=by)


def _match(asker: User | None, text: str) -> IdentityMatch:
    rows = IdentityMatch.objects.filter(partner__in=_planned(asker).values("pk"))
    return found(rows.select_related("partner", "user", "person__event"), text)


def _decide_match(match: IdentityMatch, *, by: User, decision: str = "confirm") -> None:
    need(by, PLANS, on=match.partner)
    _MATCHED[decision](match, by=by)


def _leave(person: Person, *, by: User) -> None:
    signup.withdraw(person, by=by)


def _one_of(words, text: str) -> str:
    """The text if it is one of the words, else ValueError."""
    if text not in words:
        raise ValueError(text)
    return text


def _page(person: Person) -> str:
    return reverse("desk-crew-person", args=[person.event.uid, person.uid])


_FIXES = {
    **FIXES,
    "blacklisted": Fix(gettext_lazy("Take them off the blacklist first."), _page),
    "has_worked": Fix(gettext_lazy("Reject them instead."), _page),
}
_OWN_FIXES = {**FIXES, **dict.fromkeys(("decided", "has_worked", "too_late"), Fix(gettext_lazy("Ask the organisers.")))}
_PERSON = gettext_noop("the uid of somebody of a crew")
_LIST = Input("crowd_list", str, "the uid of the list")
ACTIONS = (
    Action("decide_person", gettext_lazy("Decide about somebody of the crew"), _PERSON, _person, _decide,
           (Input("decision", partial(_one_of, _DECISIONS),
                  "approve (default), reject, no_show, blacklist, unblacklist or delete"),), fixes=_FIXES),
    Action("put_on_list", gettext_lazy("Put somebody on a list"), _PERSON, _person,
           partial(_listed, crowd_lists.add), (_LIST,), fixes=_FIXES),
    Action("take_off_list", gettext_lazy("Take somebody off a list"), _PERSON, _person,
           partial(_listed, crowd_lists.remove), (_LIST,), fixes=_FIXES),
    Action("give_tag", gettext_lazy("Give somebody a tag"), _PERSON, _person, _give_tag,
           (Input("tag", str, "the uid of the tag; any when nothing is said"),), fixes=_FIXES),
    Action("decide_match", gettext_lazy("Decide whether somebody has this account"),
           gettext_noop("the uid of an identity match"), _match, _decide_match,
           (Input("decision", partial(_one_of, _MATCHED), "confirm (default) or dismiss"),), fixes=FIXES),
    Action("leave_crew", gettext_lazy("Leave a crew"), gettext_noop("the uid of one's own part in a crew"), _own,
           _leave, fixes=_OWN_FIXES),
)  # fmt: skip
