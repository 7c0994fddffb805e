"""Making, changing and deleting crowd lists; people come onto them, several at once, and go."""

from uuid import UUID

from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import explaining
from crew import crowd_lists
from crew.command_center import board_acts
from crew.command_center.base import OfEvent, Unmoved
from crew.command_center.lists import AboutList, list_url
from crew.command_center.people_forms import CrowdListForm
from crew.models import Person
from eventify.lib.desk.confirm import Explained, ObjectConfirmPage
from eventify.lib.desk.pages import Crumb, FormPage, ObjectActionPage, ObjectFormPage
from eventify.lib.errors import DomainError, Invalid

FORM = "command_center/crew/persons_form.html"
NAMED = 5  # refusals that are said one by one


class NewList(OfEvent, FormPage):
    """`desk-crew-list-new`."""

    title, submit = gettext_lazy("New list"), gettext_lazy("Make the list")
    template_name, tab = FORM, "desk-crew-lists"

    def get_crumbs(self):
        return [*super().get_crumbs(), Crumb(_("Crowd lists"), self.at("desk-crew-lists"))]

    def get_form(self, data=None, files=None):
        return CrowdListForm(data, event=self.event)

    def act(self, form):
        row = crowd_lists.create(self.event, by=self.request.user, **form.cleaned_data)
        return self.done(_("%(name)s is there. Now add people.") % {"name": row.name}, list_url(row, self.event))


class EditList(AboutList, Unmoved, ObjectFormPage):
    """`desk-crew-list-edit`."""

    template_name = FORM

    def get_title(self):
        return _("Edit %(name)s") % {"name": self.object.name}

    def get_initial(self) -> dict:
        names = ("name", "crowd_type", "max_persons", "type", "recipient_company", "auto_approve")
        return {name: getattr(self.object, name) for name in names}

    def get_form(self, data=None, files=None):
        return CrowdListForm(data, initial=self.get_initial(), event=self.event, crowd_list=self.object)

    def act(self, form):
        self.check_unmoved()
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        if changed:
            crowd_lists.change(self.object, by=self.request.user, **changed)
        return self.done(_("%(name)s is saved.") % {"name": form.cleaned_data["name"]}, self.at_list())


class DeleteList(AboutList, ObjectConfirmPage):
    """`desk-crew-list-delete`: the people stay people of the event."""

    asks = "delete_from_plan"

    def get_title(self):
        return _("Delete %(name)s") % {"name": self.object.name}

    def change(self, values: dict) -> dict:
        count = self.object.entries.count()
        crowd_lists.delete(self.object, by=self.request.user)
        return {"people": count}

    def explain(self, facts: dict) -> Explained:
        sentence = ngettext(
            "The list goes away. %(n)s person is on it and stays at the event.",
            "The list goes away. %(n)s people are on it and stay at the event.",
            facts["people"],
        )
        return Explained(sentence % {"n": facts["people"]}, submit=self.get_title())

    def finished(self, facts: dict):
        sentence = _("%(name)s is deleted.") % {"name": self.object.name}
        return self.done(sentence, self.at("desk-crew-lists"))


class Several(AboutList, ObjectActionPage):
    """Something that is done to the ticked persons, one by one; refusals are said, and do not stop the others.

    `asks` is asked about one of them, with this list.
    """

    def each(self, person: Person) -> None:
        raise NotImplementedError

    def done_sentence(self, count: int) -> str:
        raise NotImplementedError

    def act(self):
        chosen, refusals = self.ticked(), []
        for person in chosen:
            try:
                self.each(person)
            except DomainError as refusal:
                refusals.append((person, _why(person, explaining.sentence_of(refusal))))
        for person, sentence in refusals[:NAMED]:
            self._tell(person, sentence)
        if (more := len(refusals) - NAMED) > 0:
            sentence = ngettext("%(n)s more was refused.", "%(n)s more were refused.", more) % {"n": more}
            messages.warning(self.request, sentence)
        count = len(chosen) - len(refusals)
        return self.done_sentence(count) if count else ""

    def _tell(self, person: Person, sentence: str) -> None:
        said = {"crowd_list": self.object.uid}
        explaining.tell(self.request, sentence, self.asks, person, level=messages.WARNING, **said)

    def refused(self, refusal: DomainError):
        return board_acts.back_with(self.request, refusal, self.back_url())

    def ticked(self) -> list[Person]:
        """The persons of the event that were ticked. Invalid when there are none."""
        try:
            uids = [UUID(uid) for uid in self.request.POST.getlist("uid")]
        except ValueError:
            uids = []
        found = list(
            Person.objects.filter(event=self.event, uid__in=uids).select_related("event__partner", "crowd_type")
        )
        if not found:
            raise Invalid(_("Nobody is chosen. Tick the persons first."))
        return found


def _why(person: Person, sentence: str) -> str:
    """The sentence, with who it is about when it does not say so itself."""
    return sentence if person.name in sentence else _("%(name)s: %(why)s") % {"name": person.name, "why": sentence}


class AddPeople(Several):
    """`desk-crew-list-add`."""

    asks = "put_on_list"

    def each(self, person: Person) -> None:
        crowd_lists.add(self.object, person, by=self.request.user)

    def done_sentence(self, count: int) -> str:
        words = {"n": count, "list": self.object.name}
        return ngettext("%(n)s person is on %(list)s.", "%(n)s persons are on %(list)s.", count) % words


class RemovePeople(Several):
    """`desk-crew-list-remove`."""

    asks = "take_off_list"

    def each(self, person: Person) -> None:
        crowd_lists.remove(self.object, person, by=self.request.user)

    def done_sentence(self, count: int) -> str:
        words = {"n": count, "list": self.object.name}
        return ngettext("%(n)s person is off %(list)s.", "%(n)s persons are off %(list)s.", count) % words
