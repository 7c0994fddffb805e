"""Tags: what people can or are, an organisation's own list, and who has which of them.

A tag belongs to an account, so that it counts at all events of the organisation. People say so themselves
(self_reported), or the organiser does (organiser_assigned); a tag may be there from both.
"""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from crew import editing, writing
from crew.models import Person, PersonTag, UserTag
from eventify.lib.errors import Because, Conflict, Forbidden, Invalid, Missing
from partners.models import Member, Partner

FIELDS = ("name", "category", "icon", "color", "sort_order", "is_active")
ORDER_MOST = 1_000_000
NOTES_MAX = 2000  # characters


# --- The organisation's list --------------------------------------------------------------------------


@transaction.atomic
def create(
    partner: Partner, *, by: User | None, name: str, category: str = "", icon: str = "", color: str = "#6b7280",
    sort_order: int = 0, is_active: bool = True,
) -> PersonTag:  # fmt: skip
    """Add a tag. Invalid for impossible values, and for the name of another active tag of the organisation."""
    tag = PersonTag(
        partner=partner, name=name, category=category, icon=icon, color=color, sort_order=sort_order,
        is_active=is_active,
    )  # fmt: skip
    _save(tag, force_insert=True)
    audit.record("CREATED_PERSON_TAG", tag, by=by, partner=str(partner.uid))
    return tag


@transaction.atomic
def change(tag: PersonTag, *, by: User | None, **changes) -> PersonTag:
    """Change some of FIELDS. Invalid as `create`. Locks the row."""
    tag = writing.fresh(tag, "partner")
    changed = editing.change(tag, changes)
    if changed:
        _save(tag, update_fields=[*changed, "updated_at"])
        audit.record("CHANGED_PERSON_TAG", tag, by=by, fields=sorted(changed))
    return tag


@transaction.atomic
def deactivate(tag: PersonTag, *, by: User | None) -> PersonTag:
    """Nobody can get the tag any more; who has it keeps it. Locks the row."""
    tag = writing.fresh(tag, "partner")
    if tag.is_active:
        tag.is_active = False
        tag.save(update_fields=["is_active", "updated_at"])
        audit.record("DEACTIVATED_PERSON_TAG", tag, by=by, name=tag.name)
    return tag


def categories(partner: Partner) -> list[str]:
    """The categories of the organisation's active tags, each once, by name."""
    used = PersonTag.objects.filter(partner=partner, is_active=True).exclude(category="")
    return list(used.order_by("category").values_list("category", flat=True).distinct())


def _save(tag: PersonTag, **options) -> None:
    writing.check_all(lambda: editing.check(tag, sort_order=ORDER_MOST), lambda: writing.check_color(tag.color))
    taken = _("The organisation has a tag with this name already.")
    writing.save(tag, {"person_tag_name_unique": ("name", taken)}, **options)


# --- Who has them -------------------------------------------------------------------------------------


def of_user(user: User, partner: Partner) -> QuerySet[UserTag]:
    """What the account has at the organisation, in the order of the tags, with who says so. One query."""
    mine = UserTag.objects.filter(user=user, tag__partner=partner).select_related("tag__partner", "assigned_by", "user")
    return mine.order_by("tag__sort_order", "tag__name", "pk")


@transaction.atomic
def give(
    user: User, tag: PersonTag, *, source: str, by: User | None, proficiency: str = "", notes: str = ""
) -> UserTag:
    """Give the account the tag; given again by the same source, proficiency and notes are replaced. Locks the account.

    Missing for an account without a part in the organisation; Invalid (tag) for one that is not in use; Forbidden for
    who neither plans the crew nor reports it of themself.
    """
    check_insider(user, tag.partner)
    check_may(by, user, tag.partner, source)
    _check_source(source)
    _lock(user)
    _check_active([tag], "tag")
    row = UserTag.objects.filter(user=user, tag=tag, source=source).first()
    row = row or UserTag(user=user, tag=tag, source=source)
    row.proficiency, row.notes, row.assigned_by = proficiency or "", notes or "", by
    editing.check(row, notes=NOTES_MAX)
    row.save()
    audit.record("GAVE_PERSON_TAG", row, by=by, user=str(user.uid), tag=tag.name, source=str(source))
    return row


def give_to(person: Person, tag: PersonTag, *, by: User | None, **told) -> UserTag:
    """Give the account of a person the tag, as the organiser's word. Conflict without an account; refuses as `give`."""
    if person.user is None:
        sentence = _("Tags belong to an account, and this person has none that is confirmed.")
        raise Conflict(Because("no_account", sentence))
    return give(person.user, tag, source=UserTag.Source.ORGANISER, by=by, **told)


@transaction.atomic
def take_away(row: UserTag, *, by: User | None) -> None:
    """Take a tag away. Missing when that was done already; Forbidden as `give`. Locks the account."""
    check_may(by, row.user, row.tag.partner, row.source)
    _lock(row.user)
    audit.record("TOOK_PERSON_TAG", row, by=by, user=str(row.user.uid), tag=row.tag.name, source=str(row.source))
    gone, _rows = UserTag.objects.filter(pk=row.pk).delete()
    if not gone:
        raise Missing


@transaction.atomic
def sync(
    user: User, partner: Partner, tags: Iterable[PersonTag], *, source: str, by: User | None
) -> QuerySet[UserTag]:  # fmt: skip
    """Let the account have exactly these tags from this source; those of the other stay. All that it has, then.

    Refusals as `give`, at `tags`; a tag that is not in use may stay where it was. Locks the account.
    """
    wanted = {tag.pk: tag for tag in tags}
    _prepare(user, partner, wanted.values(), source, by)
    held = UserTag.objects.filter(user=user, tag__partner=partner, source=source)
    held.exclude(tag__in=wanted).delete()
    _add(user, wanted, source, by=by)
    audit.record("SET_PERSON_TAGS", user, by=by, partner=str(partner.uid), source=str(source), tags=_names(wanted))
    return of_user(user, partner)


@transaction.atomic
def add(user: User, partner: Partner, tags: Iterable[PersonTag], *, source: str, by: User | None) -> None:
    """Give the account those of the tags that it does not have from this source yet. As `sync`, but nothing goes."""
    wanted = {tag.pk: tag for tag in tags}
    if wanted:
        _prepare(user, partner, wanted.values(), source, by)
        _add(user, wanted, source, by=by)
        audit.record("GAVE_PERSON_TAGS", user, by=by, partner=str(partner.uid), source=str(source), tags=_names(wanted))


def _prepare(user: User, partner: Partner, wanted: Iterable[PersonTag], source: str, by: User | None) -> None:
    check_insider(user, partner)
    check_may(by, user, partner, source)
    _check_source(source)
    if any(tag.partner_id != partner.pk for tag in wanted):
        raise Invalid.field("tags", _("Choose tags of the organisation."))
    _lock(user)


def _add(user: User, wanted: dict[int, PersonTag], source: str, *, by: User | None) -> None:
    held = set(UserTag.objects.filter(user=user, source=source, tag__in=wanted).values_list("tag", flat=True))
    new = [tag for key, tag in wanted.items() if key not in held]
    _check_active(new, "tags")
    UserTag.objects.bulk_create(UserTag(user=user, tag=tag, source=source, assigned_by=by) for tag in new)


def _names(wanted: dict[int, PersonTag]) -> list[str]:
    return sorted(tag.name for tag in wanted.values())


def _lock(user: User) -> None:
    """What an account has is decided one after the other."""
    User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk").first()


def _check_active(tags: Iterable[PersonTag], field: str) -> None:
    asked = {tag.pk: tag for tag in tags}
    active = set(PersonTag.objects.filter(pk__in=asked, is_active=True).values_list("pk", flat=True))
    for key, tag in asked.items():
        if key not in active:
            raise Invalid.field(field, _("The tag %(name)s is not in use any more.") % {"name": tag.name})


def _check_source(source: str) -> None:
    if source not in UserTag.Source.values:
        raise Invalid.field("source", _("Choose one of %(all)s.") % {"all": ", ".join(UserTag.Source.values)})


def check_insider(user: User, partner: Partner) -> None:
    """Missing unless the account is a member of the organisation, or a person of one of its events."""
    is_member = Member.objects.filter(partner=partner, user=user).exists()
    if not is_member and not Person.objects.filter(event__partner=partner, user=user).exists():
        raise Missing


def check_may(by: User | None, user: User, partner: Partner, source: str) -> None:
    """Forbidden unless `by` plans the organisation's crew, or reports something of themself."""
    is_own_word = by is not None and by.pk == user.pk and source == UserTag.Source.SELF
    if by is not None and not is_own_word and not by.can("manage_crew", on=partner):
        raise Forbidden
