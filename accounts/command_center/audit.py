"""The audit log: who did what to what, before and after."""

import uuid

import django_filters
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import AuditLog
from eventify.lib.desk import say
from eventify.lib.desk.columns import Column
from eventify.lib.desk.filters import SEARCH_MAX, DayFilter, Filters
from eventify.lib.desk.lists import EmptyState, ListPage
from eventify.lib.desk.pages import Crumb, DetailPage
from eventify.lib.desk.words import spelled

_SHORT = 120  # characters of the changes that a row shows


class AuditFilters(Filters):
    """By the actor's name or address, the action, what it was done to, and days in the staff's zone."""

    search = ("action", "target_label", "actor__email", "actor__full_name")

    actor = django_filters.CharFilter(
        label=gettext_lazy("Who (name or e-mail)"), method="by_actor", max_length=SEARCH_MAX
    )
    action = django_filters.CharFilter(label=gettext_lazy("Action"), method="by_action", max_length=64)
    target = django_filters.CharFilter(
        label=gettext_lazy("What (name or id)"), method="by_target", max_length=SEARCH_MAX
    )
    date_from = DayFilter(label=gettext_lazy("From"), method="since")
    date_to = DayFilter(label=gettext_lazy("Until"), method="until")

    def by_actor(self, lines: QuerySet, _name: str, words: str) -> QuerySet:
        return lines.filter(Q(actor__email__icontains=words) | Q(actor__full_name__icontains=words))

    def by_action(self, lines: QuerySet, _name: str, words: str) -> QuerySet:
        return lines.filter(action__startswith="_".join(words.upper().split()))

    def by_target(self, lines: QuerySet, _name: str, words: str) -> QuerySet:
        wanted = Q(target_label__icontains=words) | Q(target_resource=words)
        return lines.filter(wanted | Q(target_uid=uid) if (uid := as_uuid(words)) else wanted)

    def since(self, lines: QuerySet, _name: str, first) -> QuerySet:
        return lines.filter(created_at__gte=say.day_starts_at(first))

    def until(self, lines: QuerySet, _name: str, last) -> QuerySet:
        return lines.filter(created_at__lt=say.day_ends_at(last))


def as_uuid(text: str) -> uuid.UUID | None:
    """The UUID that the text spells, or None."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def changes(details: dict) -> list[tuple[str, str, str]]:
    """The details of a line as (what, before, after); what has no before is a fact with an empty one."""
    before, after = details.get("before"), details.get("after")
    rest = [(name, "", value) for name, value in details.items() if name not in ("before", "after")]
    if isinstance(before, dict) or isinstance(after, dict):
        before, after = _as_dict(before), _as_dict(after)
        names = list(dict.fromkeys((*before, *after)))
        rest = [(name, before.get(name), after.get(name)) for name in names] + rest
    elif "before" in details or "after" in details:
        rest = [(_("value"), before, after), *rest]
    return [(str(name).replace("_", " "), _text(old), _text(new)) for name, old, new in rest]


def _as_dict(value) -> dict:
    return value if isinstance(value, dict) else {}


def _text(value) -> str:
    if value is None:
        return "–"
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value) or "–"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_text(one)}" for name, one in value.items())
    return str(value)


def summary(line: AuditLog) -> str:
    """The changes in one line: `status: Active → Suspended, reason: unpaid`."""
    parts = (f"{name}: {old} → {new}" if old else f"{name}: {new}" for name, old, new in changes(line.details))
    text = ", ".join(parts)
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"


def target(line: AuditLog) -> str:
    """What it was done to, as people called it then."""
    return line.target_label or line.target_resource


def actor(line: AuditLog) -> str:
    return str(line.actor) if line.actor else _("The system")


class Audit(ListPage):
    """`desk-audit`."""

    permission = "view_audit"
    title = gettext_lazy("Audit log")
    filters = AuditFilters
    search_hint = gettext_lazy("Action, name or e-mail")
    columns = (
        Column("created_at", gettext_lazy("When"), kind="moment", sort="created_at"),
        Column("actor", gettext_lazy("Who"), value=actor, below=lambda line: line.actor and line.actor.email),
        Column(
            "action",
            gettext_lazy("Action"),
            value=lambda line: spelled(line.action),
            link=lambda line: reverse("desk-audit-line", args=[line.uid]),
        ),
        Column("target", gettext_lazy("What"), value=target),
        Column("summary", gettext_lazy("Changes"), value=summary),
    )
    default_sort = "-created_at"
    empty = EmptyState(
        gettext_lazy("Nothing was recorded yet"),
        gettext_lazy("Each change of money, roles, partners and people leaves a line here."),
    )

    def rows(self):
        return AuditLog.objects.select_related("actor")


class AuditLine(DetailPage):
    """`desk-audit-line`: one line with all that it says."""

    permission = "view_audit"
    template_name = "command_center/accounts/audit_line.html"
    place = "desk-audit"

    def visible(self):
        return AuditLog.objects.select_related("actor")

    def get_title(self):
        return spelled(self.object.action)

    def get_crumbs(self):
        return (Crumb(_("Audit log"), reverse("desk-audit")),)

    def get_context_data(self, **context):
        line = self.object
        facts = [
            (_("When"), say.exact(line.created_at)),
            (_("Who"), actor(line)),
            (_("What"), target(line)),
            (_("Place in the chain"), line.sequence),
        ]
        return super().get_context_data(facts=facts, changes=changes(line.details), **context)
