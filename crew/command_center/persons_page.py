"""One person of an event on one page: contact, decision, shifts, tags, lists, whether an account is the same human."""

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.models import AuditLog
from crew import clashes
from crew.command_center.base import OfEvent, managed_events
from crew.command_center.matches import compared
from crew.command_center.people_forms import GiveTagForm, PutOnListForm
from crew.command_center.persons_cells import ASSIGNMENT_WORDS, PERSON_WORDS, coloured, person_url
from crew.locking import humans
from crew.models import Assignment, IdentityMatch, Person, UserTag
from eventify.lib.desk import nav, say
from eventify.lib.desk.pages import Action, Crumb, DetailPage
from eventify.lib.desk.words import word
from eventify.lib.phones import shown

LINES = 20  # of the history
ACTS = ("approve", "reject", "no-show", "tag", "list")
S = Person.Status
MAY_APPROVE = (S.INVITED, S.APPLIED, S.PENDING, S.REJECTED, S.NO_SHOW)


class AboutPerson(OfEvent):
    """A page about `self.object`, a person of the event of the address."""

    tab = "desk-crew-persons"

    def visible(self):
        mine = Person.objects.filter(event__in=managed_events(self.request.user).values("pk"))
        mine = mine.select_related("event__partner", "event__parent", "crowd_type", "company", "user")
        return mine.filter(event=self.event) if self.event else mine

    def at_person(self, act: str = "") -> str:
        """The address of the person's page, or of something that is done to them."""
        page = f"desk-crew-person-{act}" if act else "desk-crew-person"
        return reverse(page, args=[self.event.uid, self.object.uid])

    def get_crumbs(self):
        way = [*super().get_crumbs(), Crumb(_("Persons"), self.at("desk-crew-persons"))]
        return way if self.url_name == "desk-crew-person" else [*way, Crumb(self.object.name, self.at_person())]

    def back_url(self) -> str:
        return self.at_person()


class PersonPage(AboutPerson, DetailPage):
    """`desk-crew-person`."""

    template_name = "command_center/crew/person.html"

    def shown_actions(self) -> list[Action]:
        blacklist = _("Take off the blacklist") if self.object.is_blacklisted else _("Put on the blacklist")
        return [
            Action(_("Edit"), self.at_person("edit"), style="secondary"),
            Action(blacklist, self.at_person("blacklist"), style="secondary"),
            Action(_("Delete"), self.at_person("delete"), style="danger"),
        ]

    def get_context_data(self, **context) -> dict:
        person = self.object
        return super().get_context_data(
            status_word=word(person.status, PERSON_WORDS),
            status_pill=say.pill(person.status, PERSON_WORDS),
            standing=standing(person),
            may_approve=person.status in MAY_APPROVE and not person.is_blacklisted,
            may_reject=person.status != S.REJECTED,
            may_no_show=person.status == S.APPROVED,
            at={name.replace("-", "_"): self.at_person(name) for name in ACTS},
            facts=[(what, value) for what, value in self.facts() if value is not None],
            shifts=self.shifts(),
            tags=self.tags(),
            **self.tag_form(),
            entries=self.entries(),
            **self.list_form(),
            match=self.match(),
            elsewhere=self.elsewhere(),
            lines=AuditLog.objects.filter(target_uid=person.uid).select_related("actor")[:LINES],
            **context,
        )

    def facts(self) -> list[tuple]:
        person = self.object
        mail = format_html('<a href="mailto:{0}">{0}</a>', person.email) if person.email else None
        call = format_html('<a href="tel:{}">{}</a>', person.phone, shown(person.phone)) if person.phone else None
        return [
            (_("Crowd type"), coloured(person.crowd_type)),
            (_("Company"), person.company and person.company.name),
            (_("E-mail"), mail),
            (_("Phone"), call),
            (_("Account"), self.account()),
            (_("Added"), say.relative(person.created_at)),
        ]

    def account(self):
        """The account that is the same human, with its page for who may see users."""
        user = self.object.user
        if user is None:
            return _("None")
        url = nav.link("desk-user", user.uid) if self.request.user.can("view_users") else ""
        return format_html('<a href="{}">{}</a>', url, user) if url else str(user)

    def shifts(self) -> list[dict]:
        """Their shifts by time, those that they no longer have last."""
        rows = self.object.assignments.select_related("shift__section", "shift__time_slot", "shift__location")
        rows = sorted(rows.order_by("shift__time_slot__starts_at", "pk"), key=lambda row: not row.is_alive)
        twice = clashes.double_booked(row for row in rows if row.is_alive)
        return [self._shift(row, row.pk in twice) for row in rows]

    def _shift(self, row: Assignment, is_twice: bool) -> dict:
        return {
            "row": row,
            "against": is_twice,
            "pill": say.pill(row.status, ASSIGNMENT_WORDS),
            "url": nav.link("desk-crew-shift", row.shift.uid),
        }

    def tags(self) -> list[dict]:
        """The tags of their account at this organisation, and who says so."""
        if not self.object.user_id:
            return []
        mine = UserTag.objects.filter(user=self.object.user_id, tag__partner=self.event.partner_id)
        rows = mine.select_related("tag").order_by("tag__sort_order", "tag__name", "pk")
        return [
            {
                "row": row,
                "chip": coloured(row.tag),
                "is_own_word": row.source == UserTag.Source.SELF,
                "take_url": reverse("desk-crew-person-untag", args=[self.event.uid, self.object.uid, row.uid]),
            }
            for row in rows
        ]

    def tag_form(self) -> dict:
        """The form that gives a tag, for who has an account; `may_tag` when there are tags to give."""
        if not self.object.user_id:
            return {"tag_form": None}
        tags_url = reverse("desk-crew-tags", args=[self.event.partner.uid])
        form = GiveTagForm(partner=self.event.partner_id)
        return {"tag_form": form, "may_tag": form.fields["tag"].queryset.exists(), "tags_url": tags_url}

    def entries(self) -> list[dict]:
        """The lists that they are on."""
        return [
            {
                "row": row,
                "url": reverse("desk-crew-list", args=[self.event.uid, row.crowd_list.uid]),
                "take_url": reverse(
                    "desk-crew-person-unlist", args=[self.event.uid, self.object.uid, row.crowd_list.uid]
                ),
            }
            for row in self.object.list_entries.select_related("crowd_list").order_by("crowd_list__name")
        ]

    def list_form(self) -> dict:
        form = PutOnListForm(event=self.event)
        return {"list_form": form, "may_list": form.fields["crowd_list"].queryset.exists()}

    def match(self) -> dict | None:
        """The account that may be the same human, beside the person, while nobody has decided."""
        waiting = self.object.identity_matches.filter(status=IdentityMatch.Status.PENDING)
        found = waiting.select_related(
            "user", "person__event", "person__crowd_type", "person__company", "partner"
        ).first()
        return compared(found) if found else None

    @cached_property
    def _others(self):
        return humans(self.object).exclude(pk=self.object.pk).select_related("event", "crowd_type")

    def elsewhere(self) -> list[dict]:
        """The same human at other events of the organisation."""
        return [
            {"row": row, "url": person_url(row, row.event), "pill": say.pill(row.status, PERSON_WORDS)}
            for row in self._others.order_by("-event__starts_at", "-pk")[:LINES]
        ]


def standing(person: Person) -> str:
    """What their status means for what they may do, as a sentence."""
    if person.is_blacklisted:
        return _("On the blacklist: never approve, never give a shift.")
    return {
        S.INVITED: _("Invited. Nobody has decided yet."),
        S.APPLIED: _("Applied and waits for your decision."),
        S.PENDING: _("Waits for your decision."),
        S.APPROVED: _("May get shifts."),
        S.REJECTED: _("Rejected: gets no shifts."),
        S.NO_SHOW: _("Did not turn up."),
    }[S(person.status)]
