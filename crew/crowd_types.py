"""Crowd types: the kinds of people at an organisation's events."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from crew import editing, writing
from crew.models import CrowdType
from eventify.lib.errors import Because, Conflict
from partners.models import Partner

FIELDS = ("name", "system_type", "color", "icon", "is_active", "claims_need_approval")


@transaction.atomic
def create(
    partner: Partner, *, by: User | None, name: str, system_type: str, color: str = "#6b7280", icon: str = "",
    is_active: bool = True, claims_need_approval: bool = True,
) -> CrowdType:  # fmt: skip
    """Add a kind of people. Invalid for impossible values, and for a name that the organisation has already."""
    kind = CrowdType(
        partner=partner, name=name, system_type=system_type, color=color, icon=icon, is_active=is_active,
        claims_need_approval=claims_need_approval,
    )  # fmt: skip
    _save(kind, force_insert=True)
    audit.record("CREATED_CROWD_TYPE", kind, by=by, partner=str(partner.uid))
    return kind


@transaction.atomic
def change(kind: CrowdType, *, by: User | None, **changes) -> CrowdType:
    """Change some of FIELDS. Invalid as `create`. One that is no longer active stays with who is it. Locks the row."""
    kind = writing.fresh(kind, "partner")
    changed = editing.change(kind, changes)
    if changed:
        _save(kind, update_fields=[*changed, "updated_at"])
        audit.record("CHANGED_CROWD_TYPE", kind, by=by, fields=sorted(changed))
    return kind


@transaction.atomic
def delete(kind: CrowdType, *, by: User | None) -> None:
    """Delete a kind that nobody is and no list is for; Conflict otherwise. Locks the row, as making a person does."""
    kind = writing.fresh(kind, "partner", is_going=True)
    if kind.persons.exists() or kind.crowd_lists.exists():
        sentence = _("People or crowd lists are of the kind %(name)s. Switch it off instead of deleting it.")
        raise Conflict(Because("crowd_type_used", sentence % {"name": kind.name}))
    audit.record("DELETED_CROWD_TYPE", kind, by=by, name=kind.name)
    kind.delete()


def _save(kind: CrowdType, **options) -> None:
    writing.check_all(lambda: editing.check(kind), lambda: writing.check_color(kind.color))
    taken = _("The organisation has a crowd type with this name already.")
    writing.save(kind, {"crowd_type_name_unique": ("name", taken)}, **options)
