"""What is done to one person: made, changed, approved, rejected, marked, tagged, put on lists, deleted."""

from django import forms
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crew import crowd_lists, persons, plans, tags
from crew.command_center.base import OfEvent, Unmoved
from crew.command_center.people_forms import BlacklistForm, GiveTagForm, PersonForm, PutOnListForm, ReasonForm
from crew.command_center.persons_cells import PERSON_WORDS, person_url
from crew.command_center.persons_page import AboutPerson
from crew.models import Assignment, CrowdListEntry, Person, UserTag
from eventify.lib.desk.confirm import Explained, ObjectConfirmPage
from eventify.lib.desk.pages import Crumb, FormPage, ObjectActionPage, ObjectFormPage
from eventify.lib.desk.words import word

FORM = "command_center/crew/persons_form.html"


class NewPerson(OfEvent, FormPage):
    """`desk-crew-person-new`."""

    title, submit = gettext_lazy("Add somebody"), gettext_lazy("Add them")
    template_name, tab = FORM, "desk-crew-persons"

    def get_crumbs(self):
        return [*super().get_crumbs(), Crumb(_("Persons"), self.at("desk-crew-persons"))]

    def get_initial(self) -> dict:
        return {"crowd_type": plans.signup_type(self.event)}

    def get_form(self, data=None, files=None):
        return PersonForm(data, initial=self.get_initial(), event=self.event)

    def act(self, form):
        person = persons.create(self.event, by=self.request.user, **form.cleaned_data)
        return self.done(_("%(name)s is added.") % {"name": person.name}, person_url(person, self.event))


class EditPerson(AboutPerson, Unmoved, ObjectFormPage):
    """`desk-crew-person-edit`."""

    template_name = FORM

    def get_title(self):
        return _("Edit %(name)s") % {"name": self.object.name}

    def get_initial(self) -> dict:
        return {
            name: getattr(self.object, name) for name in ("name", "crowd_type", "email", "phone", "company", "notes")
        }

    def get_form(self, data=None, files=None):
        return PersonForm(data, initial=self.get_initial(), event=self.event, person=self.object)

    def act(self, form):
        self.check_unmoved()
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        if changed:
            persons.change(self.object, by=self.request.user, **changed)
        return self.done(_("%(name)s is saved.") % {"name": form.cleaned_data["name"]}, self.at_person())


class Approve(AboutPerson, ObjectActionPage):
    """`desk-crew-person-approve`."""

    asks, says = "decide_person", "decision=approve"

    def act(self):
        persons.approve(self.object, by=self.request.user)
        return _("%(name)s is approved.") % {"name": self.object.name}


class Decide(AboutPerson, ObjectConfirmPage):
    """Shows what a decision does to the person's shifts, then does it."""

    asks = "decide_person"

    def decide(self, values: dict) -> None:
        """The one domain call."""
        raise NotImplementedError

    def change(self, values: dict) -> dict:
        before = self._facts()
        self.decide(values)
        return {"before": before, "after": self._facts(), "mail": bool(self.object.email or self.object.user_id)}

    def _facts(self) -> dict:
        person = Person.objects.filter(pk=self.object.pk).first()
        if person is None:
            return {"shifts": 0, "lists": 0}
        alive = person.assignments.filter(status__in=Assignment.ALIVE).count()
        return {"status": person.status, "shifts": alive, "lists": person.list_entries.count()}

    def changes(self, facts: dict) -> list[tuple]:
        """What is not after it what it was before."""
        before, after = facts["before"], facts["after"]
        words = {"shifts": _("Shifts"), "lists": _("Crowd lists")}
        rows = [(label, before[key], after[key]) for key, label in words.items() if before[key] != after[key]]
        if before["status"] != after.get("status", before["status"]):
            status = (word(one["status"], PERSON_WORDS).label for one in (before, after))
            rows.insert(0, (_("Status"), *status))
        return rows

    def finished(self, facts: dict):
        return self.done(self.sentence % {"name": self.object.name}, self.at_person())


class Reject(Decide):
    """`desk-crew-person-reject`."""

    form_class, says = ReasonForm, "decision=reject"
    sentence = gettext_lazy("%(name)s is rejected.")

    def get_title(self):
        return _("Reject %(name)s") % {"name": self.object.name}

    def decide(self, values: dict) -> None:
        persons.reject(self.object, by=self.request.user, reason=values.get("reason") or "")

    def explain(self, facts: dict) -> Explained:
        name = {"name": self.object.name}
        told = _("%(name)s gets no shifts at this event, and gets a mail that says so.")
        untold = _("%(name)s gets no shifts at this event. There is no address to write to.")
        sentence = told if facts["mail"] else untold
        return Explained(sentence % name, submit=_("Reject %(name)s") % name, changes=self.changes(facts))


class NoShow(Decide):
    """`desk-crew-person-no-show`."""

    form_class, says = forms.Form, "decision=no_show"
    sentence = gettext_lazy("%(name)s is marked as a no-show.")

    def get_title(self):
        return _("%(name)s did not turn up") % {"name": self.object.name}

    def decide(self, values: dict) -> None:
        persons.change(self.object, by=self.request.user, status=Person.Status.NO_SHOW)

    def explain(self, facts: dict) -> Explained:
        name = {"name": self.object.name}
        sentence = _(
            "%(name)s is marked as a no-show and gets no more shifts. A mail tells of each shift this cancels."
        )
        return Explained(sentence % name, submit=_("Mark as a no-show"), changes=self.changes(facts))


class Blacklist(Decide):
    """`desk-crew-person-blacklist`: put on it with a reason, or taken off."""

    @property
    def says(self) -> str:
        return "decision=unblacklist" if self.object.is_blacklisted else "decision=blacklist"

    @property
    def form_class(self):
        return forms.Form if self.object.is_blacklisted else BlacklistForm

    def get_title(self):
        if self.object.is_blacklisted:
            return _("Take %(name)s off the blacklist") % {"name": self.object.name}
        return _("Put %(name)s on the blacklist") % {"name": self.object.name}

    @property
    def sentence(self):
        if self.object.is_blacklisted:
            return _("%(name)s is off the blacklist.")
        return _("%(name)s is on the blacklist.")

    def decide(self, values: dict) -> None:
        is_on = not self.object.is_blacklisted
        persons.blacklist(self.object, by=self.request.user, is_on=is_on, reason=values.get("reason") or "-")

    def explain(self, facts: dict) -> Explained:
        name, is_on = {"name": self.object.name}, self.object.is_blacklisted
        if is_on:
            sentence = _("%(name)s may be approved and get shifts again.")
        else:
            sentence = _("%(name)s is never approved and never gets a shift. The person is not told of the blacklist.")
        return Explained(sentence % name, submit=self.get_title(), changes=self.changes(facts), is_danger=not is_on)


class Delete(Decide):
    """`desk-crew-person-delete`: says what it cancels."""

    form_class, says = forms.Form, "decision=delete"

    def get_title(self):
        return _("Delete %(name)s") % {"name": self.object.name}

    def decide(self, values: dict) -> None:
        persons.delete(self.object, by=self.request.user)

    def explain(self, facts: dict) -> Explained:
        name, shifts = {"name": self.object.name}, facts["before"]["shifts"]
        sentence = _("%(name)s is no longer part of this event. This cannot be taken back.") % name
        warnings = []
        if shifts:
            cancelled = ngettext("%(n)s shift is cancelled.", "%(n)s shifts are cancelled.", shifts) % {"n": shifts}
            warnings.append(cancelled)
        return Explained(sentence, submit=self.get_title(), changes=self.changes(facts), warnings=warnings)

    def finished(self, facts: dict):
        sentence = _("%(name)s is deleted.") % {"name": self.object.name}
        return self.done(sentence, self.at("desk-crew-persons"))


class GiveTag(AboutPerson, ObjectFormPage):
    """`desk-crew-person-tag`."""

    title, submit, template_name = gettext_lazy("Give a tag"), gettext_lazy("Give the tag"), FORM
    asks = "give_tag"

    @property
    def says(self) -> str:
        tag = getattr(self.form, "cleaned_data", {}).get("tag")
        return f"tag={tag.uid}" if tag else ""

    def get_form(self, data=None, files=None):
        return GiveTagForm(data, partner=self.event.partner_id)

    def act(self, form):
        values = form.cleaned_data
        tags.give_to(self.object, values["tag"], by=self.request.user, proficiency=values["proficiency"])
        words = {"name": self.object.name, "tag": values["tag"].name}
        return self.done(_("%(name)s has the tag %(tag)s.") % words, self.at_person())


class TakeTag(AboutPerson, ObjectActionPage):
    """`desk-crew-person-untag`: `tag` in the address is the user tag's uid."""

    asks = "take_tag"

    @property
    def says(self) -> str:
        return f"tag={self.kwargs['tag']}"

    def act(self):
        mine = UserTag.objects.filter(user=self.object.user_id, tag__partner=self.event.partner_id)
        row = mine.select_related("tag__partner", "user").filter(uid=self.kwargs["tag"]).first()
        if row is None:
            raise Http404
        tags.take_away(row, by=self.request.user)
        return _("%(name)s has the tag %(tag)s no more.") % {"name": self.object.name, "tag": row.tag.name}


class PutOnList(AboutPerson, ObjectFormPage):
    """`desk-crew-person-list`."""

    title, submit, template_name = gettext_lazy("Put on a list"), gettext_lazy("Put on the list"), FORM
    asks = "put_on_list"

    @property
    def says(self) -> str:
        crowd_list = getattr(self.form, "cleaned_data", {}).get("crowd_list")
        return f"crowd_list={crowd_list.uid}" if crowd_list else ""

    def get_form(self, data=None, files=None):
        return PutOnListForm(data, event=self.event)

    def act(self, form):
        crowd_list = form.cleaned_data["crowd_list"]
        crowd_lists.add(crowd_list, self.object, by=self.request.user)
        words = {"name": self.object.name, "list": crowd_list.name}
        return self.done(_("%(name)s is on the list %(list)s.") % words, self.at_person())


class TakeOffList(AboutPerson, ObjectActionPage):
    """`desk-crew-person-unlist`: `crowd_list` in the address is the list's uid."""

    asks = "take_off_list"

    @property
    def says(self) -> str:
        return f"crowd_list={self.kwargs['crowd_list']}"

    def act(self):
        mine = CrowdListEntry.objects.filter(person=self.object).select_related("crowd_list__event__partner")
        entry = mine.filter(crowd_list__uid=self.kwargs["crowd_list"]).first()
        if entry is None:
            raise Http404
        crowd_lists.remove(entry.crowd_list, self.object, by=self.request.user)
        words = {"name": self.object.name, "list": entry.crowd_list.name}
        return _("%(name)s is no longer on the list %(list)s.") % words
