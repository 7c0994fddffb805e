"""Why not? What can be asked about the people of a crew: decisions over them, lists, tags, accounts, and leaving."""

from functools import partial

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.explaining import Action, Fix, Input, found, one_of
from accounts.models import User
from crew import crowd_lists, matches, persons, signup, tags
from crew.explaining import PLANS
from crew.models import CrowdList, IdentityMatch, Person, PersonTag, UserTag
from eventify.lib.errors import Invalid, Missing
from eventify.lib.ids import uid_of
from events import explaining as of_events
from events.models import Event
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


def _take_tag(person: Person, *, by: User, tag: str = "") -> None:
    """What the account of this person has of the organisation, by its own uid; Missing for what it has not."""
    need(by, PLANS, on=person.event)
    given = UserTag.objects.filter(user=person.user_id, tag__partner=person.event.partner_id, uid=uid_of(tag))
    row = given.select_related("tag__partner", "user").first()
    if row is None:
        raise Missing(_("This person does not have this tag any more."))
    tags.take_away(row, by=by)


def _tag(asker: User | None, text: str) -> PersonTag:
    return found(PersonTag.objects.filter(partner__in=_planned(asker).values("pk")).select_related("partner"), text)


def _use_tag(tag: PersonTag, *, by: User) -> None:
    need(by, PLANS, on=tag.partner)
    tags.change(tag, is_active=True, by=by)


def _join(event: Event, *, by: User) -> None:
    signup.sign_up(event, user=by)


def _match(asker: User | None, text: str) -> IdentityMatch:
    rows = IdentityMatch.objects.filter(partner__in=_planned(asker).values("pk"))
    return found(rows.select_related("partner", "user", "person__event"), text)


def _decide_match(match: IdentityMatch, *, by: User, decision: str = "confirm") -> None:
    need(by, PLANS, on=match.partner)
    _MATCHED[decision](match, by=by)


def _leave(person: Person, *, by: User) -> None:
    signup.withdraw(person, by=by)


def _page(person: Person) -> str:
    return reverse("desk-crew-person", args=[person.event.uid, person.uid])


_FIXES = {
    **FIXES,
    "blacklisted": Fix(gettext_lazy("Take them off the blacklist first."), _page),
    "has_worked": Fix(gettext_lazy("Reject them instead."), _page),
}
_ORGANISER = Fix(gettext_lazy("Ask the organisers."))
_ASKED_THEM = ("decided", "has_worked", "too_late", "known_by_address", "registration_closed", "no_signup_type")
_OWN_FIXES = {**FIXES, **dict.fromkeys(_ASKED_THEM, _ORGANISER)}
_PERSON = gettext_noop("the uid of somebody of a crew")
_LIST = Input("crowd_list", str, "the uid of the list")
ACTIONS = (
    Action("decide_person", gettext_lazy("Decide about somebody of the crew"), _PERSON, _person, _decide,
           (Input("decision", one_of(*_DECISIONS),
                  "approve (default), reject, no_show, blacklist, unblacklist or delete"),), fixes=_FIXES),
    Action("put_on_list", gettext_lazy("Put somebody on a list"), _PERSON, _person,
           partial(_listed, crowd_lists.add), (_LIST,), fixes=_FIXES),
    Action("take_off_list", gettext_lazy("Take somebody off a list"), _PERSON, _person,
           partial(_listed, crowd_lists.remove), (_LIST,), fixes=_FIXES),
    Action("give_tag", gettext_lazy("Give somebody a tag"), _PERSON, _person, _give_tag,
           (Input("tag", str, "the uid of the tag; any when nothing is said"),), fixes=_FIXES),
    Action("take_tag", gettext_lazy("Take a tag away from somebody"), _PERSON, _person, _take_tag,
           (Input("tag", str, "the uid of what they were given"),), fixes=_FIXES),
    Action("use_tag", gettext_lazy("Put a tag to use again"), gettext_noop("the uid of a tag"), _tag, _use_tag,
           fixes=FIXES),
    Action("join_crew", gettext_lazy("Sign up for a crew"), gettext_noop("the uid of an event"), of_events.seen, _join,
           fixes=_OWN_FIXES),
    Action("decide_match", gettext_lazy("Decide whether somebody has this account"),
           gettext_noop("the uid of an identity match"), _match, _decide_match,
           (Input("decision", one_of(*_MATCHED), "confirm (default) or dismiss"),), fixes=FIXES),
    Action("leave_crew", gettext_lazy("Leave a crew"), gettext_noop("the uid of one's own part in a crew"), _own,
           _leave, fixes=_OWN_FIXES),
)  # fmt: skip
