"""Acting on many persons at a time: the chosen ones, or all that a filter shows.

A first step shows who and what; the answer says what was done, and for each person who refused it why.
"""

import hashlib
from typing import NamedTuple
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import explaining
from crew import crowd_lists, persons, tags
from crew.command_center import board_acts
from crew.command_center.base import OfEvent
from crew.command_center.people_forms import GiveTagForm, PutOnListForm, ReasonForm
from crew.command_center.persons import PersonFilters, with_shifts
from crew.command_center.persons_cells import person_url
from crew.models import Person
from eventify.lib.desk.pages import Crumb, FormPage
from eventify.lib.errors import Conflict, DomainError, Invalid

MOST = 500  # persons at a time where each is decided one by one; a page must answer within seconds
MOST_APPROVED = 5000  # approving decides all in a few statements
NAMED = 12  # of those who are chosen, on the page that asks


class Refusal(NamedTuple):
    """Somebody to whom it was not done, and why."""

    person: Person
    sentence: str
    url: str = ""
    why: str = ""  # the question why not


class Act(NamedTuple):
    """What can be done to many. `run(page, persons, values)` does it and gives (how many, refusals).

    `button` and `done` are functions of a number; `hint` says what it means; `left_out(persons)` is the sentence about
    those to whom it cannot be done, empty when there are none. `asks` is asked why not about one of them, with the
    inputs `says` of the form's values.
    """

    form: type
    title: object
    hint: object
    run: object
    button: object
    done: object
    asks: str
    says: object
    style: str = "primary"
    left_out: object = None
    most: int = MOST


def _each(verb):
    """Run a verb on each person; a refusal of one does not stop the others."""

    def run(page, chosen: list[Person], values: dict):
        refusals = []
        for person in chosen:
            try:
                verb(page, person, values)
            except DomainError as refusal:
                refusals.append((person, str(refusal.message)))
        return len(chosen) - len(refusals), refusals

    return run


def _approve(page, chosen: list[Person], _values: dict):
    approved, refusals = persons.approve_all(chosen, by=page.request.user)
    return len(approved), refusals


def _reject(page, chosen: list[Person], values: dict):
    rejected, refusals = persons.reject_all(chosen, by=page.request.user, reason=values["reason"])
    return len(rejected), refusals


def _put_on_list(page, person: Person, values: dict) -> None:
    crowd_lists.add(values["crowd_list"], person, by=page.request.user)


def _give_tag(page, person: Person, values: dict) -> None:
    tags.give_to(person, values["tag"], by=page.request.user, proficiency=values["proficiency"])


def _said(one: str, many: str):
    """A function: the sentence for a number of persons."""
    return lambda n: ngettext(one, many, n) % {"n": n}


def _blacklisted(chosen: list[Person]) -> str:
    count = sum(1 for person in chosen if person.is_blacklisted)
    said = _said("%(n)s of them is on the blacklist and stays out.", "%(n)s of them are on the blacklist and stay out.")
    return said(count) if count else ""


def _without_account(chosen: list[Person]) -> str:
    count = sum(1 for person in chosen if person.user_id is None)
    said = _said(
        "%(n)s of them has no confirmed account and gets none.", "%(n)s of them have no confirmed account and get none."
    )
    return said(count) if count else ""


ACTS = {
    "approve": Act(
        forms.Form,
        gettext_lazy("Approve"),
        gettext_lazy("They may get shifts. Each of them gets one mail."),
        _approve,
        _said("Approve %(n)s person", "Approve %(n)s persons"),
        _said("%(n)s person is approved.", "%(n)s persons are approved."),
        "decide_person",
        lambda _values: {"decision": "approve"},
        left_out=_blacklisted,
        most=MOST_APPROVED,
    ),
    "reject": Act(
        ReasonForm,
        gettext_lazy("Reject"),
        gettext_lazy("Their shifts are cancelled. Each of them gets one mail."),
        _reject,
        _said("Reject %(n)s person", "Reject %(n)s persons"),
        _said("%(n)s person is rejected.", "%(n)s persons are rejected."),
        "decide_person",
        lambda _values: {"decision": "reject"},
        "danger",
    ),
    "list": Act(
        PutOnListForm,
        gettext_lazy("Put on a list"),
        gettext_lazy("Who is on it already stays where they are."),
        _each(_put_on_list),
        _said("Put %(n)s person on the list", "Put %(n)s persons on the list"),
        _said("%(n)s person is on the list.", "%(n)s persons are on the list."),
        "put_on_list",
        lambda values: {"crowd_list": values["crowd_list"].uid},
    ),
    "tag": Act(
        GiveTagForm,
        gettext_lazy("Give a tag"),
        gettext_lazy("A tag belongs to the account of a person: it counts at all events of the organisation."),
        _each(_give_tag),
        _said("Give %(n)s person the tag", "Give %(n)s persons the tag"),
        _said("%(n)s person has the tag.", "%(n)s persons have the tag."),
        "give_tag",
        lambda values: {"tag": values["tag"].uid},
        left_out=_without_account,
    ),
}


class Bulk(OfEvent, FormPage):
    """`desk-crew-persons-bulk`. What is chosen comes by POST; a link to it leads to the list."""

    template_name = "command_center/crew/persons_bulk.html"
    tab = "desk-crew-persons"

    def get(self, request, *args, **kwargs):
        return redirect("desk-crew-persons", self.event.uid)

    @cached_property
    def bulk(self) -> Act:
        """What is to be done. Invalid when the form names nothing that exists."""
        if self.request.POST.get("act") not in ACTS:
            raise Invalid(_("Choose what to do with these persons."))
        return ACTS[self.request.POST["act"]]

    @cached_property
    def chosen(self) -> list[Person]:
        """The persons, by name. Invalid when there are none, or too many at a time."""
        rows = self._all_that_match() if self.is_all else persons.listed(self.event).filter(uid__in=self._uids())
        found = list(rows.order_by("name", "pk")[: self.bulk.most + 1])
        if not found:
            raise Invalid(_("Nobody is chosen. Tick the persons first."))
        if len(found) > self.bulk.most:
            raise Invalid(_("At most %(most)s persons at a time. Narrow the list first.") % {"most": self.bulk.most})
        return found

    @property
    def is_all(self) -> bool:
        return "all" in self.request.POST

    def _all_that_match(self):
        query = QueryDict(self.request.POST.get("query", ""))
        filters = PersonFilters(query, with_shifts(persons.listed(self.event)), request=self.request)
        if filters.form.errors:
            raise Invalid(_("A filter is not valid. Correct it and choose again."))
        return filters.qs

    def _uids(self) -> list[UUID]:
        try:
            return [UUID(uid) for uid in self.request.POST.getlist("uid")]
        except ValueError:
            raise Invalid(_("Choose persons of this list.")) from None

    @property
    def digest(self) -> str:
        """Of who is chosen: what is done is done to whom the page showed."""
        return hashlib.sha256(",".join(str(person.pk) for person in self.chosen).encode()).hexdigest()

    def get_form(self, data=None, files=None):
        own = {GiveTagForm: {"partner": self.event.partner_id}, PutOnListForm: {"event": self.event}}
        return self.bulk.form(data, **own.get(self.bulk.form, {}))

    def get_title(self):
        return self.bulk.title

    def post(self, request, *args, **kwargs):
        """The list leads here; the second time it is done. A few who are chosen to be approved need no second step."""
        needs_asking = self.bulk.form is not forms.Form or self.is_all
        has_asked = "go" in request.POST
        if needs_asking and not has_asked:
            return self.render()
        if has_asked and request.POST.get("digest") != self.digest:
            raise Conflict(_("Something has changed since you looked. Read the list of names again, then decide."))
        return super().post(request, *args, **kwargs)

    def act(self, form):
        count, refused = self.bulk.run(self, self.chosen, form.cleaned_data)
        said = self.bulk.says(form.cleaned_data)
        refusals = [
            Refusal(one, sentence, person_url(one, self.event), explaining.link(self.bulk.asks, one.uid, **said))
            for one, sentence in refused
        ]
        sentence = str(self.bulk.done(count))
        if not refusals:
            return self.done(sentence, self.back_url())
        self.template_name = "command_center/crew/persons_bulk_done.html"
        return self.render(refusals=refusals, done_count=count, done_sentence=sentence)

    def refused(self, refusal: DomainError):
        """The names once more when they have changed; otherwise there is nobody to show, and the list says why."""
        if isinstance(refusal, Conflict):
            return self.render(status=refusal.status, refusal=str(refusal.message))
        return board_acts.back_with(self.request, refusal, self.back_url())

    def get_context_data(self, **context) -> dict:
        names = [person.name for person in self.chosen[:NAMED]]
        return super().get_context_data(
            chosen=self.chosen,
            names=names,
            others=len(self.chosen) - len(names),
            hint=self.bulk.hint,
            left_out=self.bulk.left_out(self.chosen) if self.bulk.left_out else "",
            is_all=self.is_all,
            digest=self.digest,
            act=self.request.POST["act"],
            query=self.request.POST.get("query", ""),
            back=self.back_url(),
            **context,
        )

    def get_submit(self):
        return self.bulk.button(len(self.chosen))

    @property
    def submit_style(self):
        return self.bulk.style

    def get_crumbs(self):
        return [*super().get_crumbs(), Crumb(_("Persons"), self.list_url)]

    def get_cancel_url(self) -> str:
        return self.back_url()

    def back_url(self) -> str:
        return self.next_url(self.list_url)

    @property
    def list_url(self) -> str:
        return reverse("desk-crew-persons", args=[self.event.uid])
