"""What crews know about people: who they are at each event, what they can do, and when they work."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crew.models import Person
from eventify.lib.personal import DELETED, Data, Kind, NoData

NAME = "(erased)"  # of a person who is nobody any more
NO_PERSON = {"name": NAME, "email": "", "phone": "", "notes": ""}
_UNLINKED = Q(user=None)
_UNLINKED_PERSON = Q(person__user=None)
_WORK = _("Who was where when, under the pseudonym: the plan's numbers stay what they were.")

DECLARED = (
    Data(
        "crew.Person", "crew",
        ("uid", "created_at", "event__name", "crowd_type__name", "company__name", "name", "email", "phone", "status",
         "is_blacklisted", "notes"),
        user=("user",), address=("email",), owned_by_address=_UNLINKED, erased=NO_PERSON, why=_WORK,
    ),
    Data(
        "crew.UserTag", "tags", ("tag__name", "tag__partner__name", "source", "proficiency", "notes", "created_at"),
        user=("user",), mentions=("assigned_by",), erased=DELETED,
    ),
    Data(
        "crew.IdentityMatch", "identity-matches",
        ("created_at", "partner__name", "person__event__name", "matched_on", "status", "decided_at"),
        user=("user", "person__user"), mentions=("decided_by",), erased=DELETED,
    ),
    Data(
        "crew.CrowdListEntry", "crowd-lists", ("crowd_list__name", "crowd_list__event__name", "added_at"),
        user=("person__user",), address=("person__email",), owned_by_address=_UNLINKED_PERSON,
        mentions=("added_by",), why=_WORK,
    ),
    Data(
        "crew.Assignment", "shifts",
        ("created_at", "person__event__name", "shift__section__name", "shift__title", "shift__time_slot__starts_at",
         "shift__time_slot__ends_at", "status", "origin", "cancelled_at", "cancellation_source", "reason"),
        user=("person__user",), address=("person__email",), owned_by_address=_UNLINKED_PERSON,
        mentions=("assigned_by", "decided_by", "cancelled_by"), erased={"reason": ""}, why=_WORK,
    ),
    Data(
        "crew.Swap", "swaps", ("created_at", "offered__shift__title", "note", "status", "decided_at"),
        user=("offered__person__user", "to__user", "taken_by__user"), erased={"note": ""}, why=_WORK,
    ),
    Data(
        "crew.Company", "company-contacts", ("partner__name", "name", "contact_name", "contact_email", "contact_phone"),
        address=("contact_email",), erased={"contact_name": "", "contact_email": "", "contact_phone": ""},
        why=_("A business."),
    ),
    Data(
        "crew.RosterFeed", "calendar-address", ("created_at",), user=("user",), erased=DELETED,
        silent=("token_hash", "seed"),
    ),
)  # fmt: skip
NOTHING = (
    NoData("crew.CrowdType", "A kind of people."),
    NoData("crew.PersonTag", "What people can be."),
    NoData("crew.CrowdList", "The name of a list."),
    NoData("crew.CrewPlan", "What an event asks of its crew."),
    NoData("crew.Location", "A place on a terrain."),
    NoData("crew.Section", "A part of a terrain."),
    NoData("crew.TimeSlot", "A stretch of a day."),
    NoData("crew.Shift", "Work to be done."),
)
KINDS = (
    Kind(
        "crew", "people of crews",
        lambda before: Person.objects.filter(event__ends_at__lt=before).exclude(**NO_PERSON), by="event",
        becomes=NO_PERSON,
    ),
)  # fmt: skip
