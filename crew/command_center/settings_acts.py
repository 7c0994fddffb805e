"""Making, changing and deleting an organisation's crowd types, companies and tags."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crew import companies, crowd_types, tags
from crew.command_center.people_forms import CompanyForm, CrowdTypeForm, TagForm
from crew.command_center.settings import OfPartner, crumbs_of, planned_partners, tabs_of
from crew.models import Company, CrowdType, PersonTag
from eventify.lib.desk.confirm import Explained, ObjectConfirmPage
from eventify.lib.desk.pages import Action, Crumb, FormPage, ObjectActionPage, ObjectFormPage

FORM = "command_center/crew/persons_form.html"
TAG = "command_center/crew/settings_tag.html"


class New(OfPartner, FormPage):
    """A form for a new row; `verb` makes it."""

    template_name = FORM
    done_sentence = gettext_lazy("%(name)s is there.")
    verb = None

    def get_crumbs(self):
        return [*crumbs_of(self.partner)[:1], Crumb(self.partner.name, self.at(self.tab))]

    def act(self, form):
        row = type(self).verb(self.partner, by=self.request.user, **form.cleaned_data)
        return self.done(self.done_sentence % {"name": row.name}, self.at(self.tab))


class NewCrowdType(New):
    """`desk-crew-type-new`."""

    title, submit, form_class = gettext_lazy("New crowd type"), gettext_lazy("Make it"), CrowdTypeForm
    tab, verb = "desk-crew-types", staticmethod(crowd_types.create)

    def get_form(self, data=None, files=None):
        form = super().get_form(data, files)
        del form.fields["is_active"]
        return form


class NewCompany(New):
    """`desk-crew-company-new`."""

    title, submit, form_class = gettext_lazy("New company"), gettext_lazy("Add the company"), CompanyForm
    tab, verb = "desk-crew-companies", staticmethod(companies.create)


class NewTag(New):
    """`desk-crew-tag-new`."""

    title, submit, form_class = gettext_lazy("New tag"), gettext_lazy("Make the tag"), TagForm
    tab, verb, template_name = "desk-crew-tags", staticmethod(tags.create), TAG

    def get_context_data(self, **context) -> dict:
        return super().get_context_data(categories=tags.categories(self.partner), **context)


class AboutRow:
    """A page about a row of an organisation whose crew the user plans."""

    permission, scoped, place = "manage_crew", True, "desk-crew-settings"
    model = None
    tab = ""

    def visible(self):
        mine = planned_partners(self.request.user)
        return self.model.objects.filter(partner__in=mine).select_related("partner")

    @property
    def list_url(self) -> str:
        return reverse(self.tab, args=[self.object.partner.uid])

    def get_crumbs(self):
        return [*crumbs_of(self.object.partner)[:1], Crumb(self.object.partner.name, self.list_url)]


class Change(AboutRow, ObjectFormPage):
    """The form of a row; `verb` changes it."""

    template_name = FORM
    submit = gettext_lazy("Save")
    verb = None

    def get_initial(self) -> dict:
        return {name: getattr(self.object, name) for name in self.form_class.base_fields}

    def act(self, form):
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        if changed:
            type(self).verb(self.object, by=self.request.user, **changed)
        return self.done(_("%(name)s is saved.") % {"name": form.cleaned_data["name"]}, self.list_url)

    def shown_actions(self) -> list[Action]:
        return [Action(_("Delete"), reverse(f"{self.url_name}-delete", args=[self.object.uid]), style="danger")]

    def get_context_data(self, **context) -> dict:
        tabs = tabs_of(self.object.partner, self.tab)
        return super().get_context_data(tabs=tabs, tabs_label=_("Crew settings"), **context)


class ChangeCrowdType(Change):
    """`desk-crew-type`."""

    model, form_class, tab, verb = CrowdType, CrowdTypeForm, "desk-crew-types", staticmethod(crowd_types.change)


class ChangeCompany(Change):
    """`desk-crew-company`."""

    model, form_class, tab, verb = Company, CompanyForm, "desk-crew-companies", staticmethod(companies.change)


class ChangeTag(Change):
    """`desk-crew-tag`. One that is out of use can be put to use again."""

    model, form_class, tab, verb = PersonTag, TagForm, "desk-crew-tags", staticmethod(tags.change)
    template_name = TAG

    def shown_actions(self) -> list[Action]:
        label, url = _("Put out of use"), reverse("desk-crew-tag-delete", args=[self.object.uid])
        return [Action(label, url, style="danger")] if self.object.is_active else []

    def get_context_data(self, **context) -> dict:
        return super().get_context_data(categories=tags.categories(self.object.partner), **context)


class Delete(AboutRow, ObjectConfirmPage):
    """Says what goes with it, then deletes it."""

    verb, asks = None, "delete_from_plan"

    def change(self, values: dict) -> dict:
        facts = self.facts()
        type(self).verb(self.object, by=self.request.user)
        return facts

    def facts(self) -> dict:
        return {"people": self.object.persons.count()}

    def get_title(self):
        return _("Delete %(name)s") % {"name": self.object.name}

    def finished(self, facts: dict):
        return self.done(_("%(name)s is deleted.") % {"name": self.object.name}, self.list_url)


class DeleteCrowdType(Delete):
    """`desk-crew-type-delete`: one that somebody is cannot be deleted; the page says so."""

    model, tab, verb = CrowdType, "desk-crew-types", staticmethod(crowd_types.delete)

    def explain(self, facts: dict) -> Explained:
        name = {"name": self.object.name}
        return Explained(_("Nobody is of the kind %(name)s. It goes away.") % name, submit=_("Delete %(name)s") % name)


class DeleteCompany(Delete):
    """`desk-crew-company-delete`."""

    model, tab, verb = Company, "desk-crew-companies", staticmethod(companies.delete)

    def explain(self, facts: dict) -> Explained:
        sentence = ngettext(
            "%(people)s person comes with %(name)s, and stays without a company.",
            "%(people)s people come with %(name)s, and stay without a company.",
            facts["people"],
        )
        name = {"name": self.object.name, "people": facts["people"]}
        return Explained(sentence % name, submit=_("Delete %(name)s") % name)


class DeleteTag(Delete):
    """`desk-crew-tag-delete`: it is switched off; who has it keeps it."""

    model, tab, verb = PersonTag, "desk-crew-tags", staticmethod(tags.deactivate)

    def facts(self) -> dict:
        return {"people": self.object.user_tags.values("user").distinct().count()}

    def get_title(self):
        return _("Put %(name)s out of use") % {"name": self.object.name}

    def finished(self, facts: dict):
        return self.done(_("%(name)s is out of use.") % {"name": self.object.name}, self.list_url)

    def explain(self, facts: dict) -> Explained:
        sentence = ngettext(
            "Nobody can get the tag %(name)s any more. %(people)s person has it and keeps it.",
            "Nobody can get the tag %(name)s any more. %(people)s people have it and keep it.",
            facts["people"],
        )
        name = {"name": self.object.name, "people": facts["people"]}
        return Explained(sentence % name, submit=_("Put %(name)s out of use") % name)


class UseTag(AboutRow, ObjectActionPage):
    """`desk-crew-tag-use`: a tag that was out of use can be given again."""

    model, tab, asks = PersonTag, "desk-crew-tags", "use_tag"

    def act(self):
        tags.change(self.object, by=self.request.user, is_active=True)
        return _("%(name)s is in use again.") % {"name": self.object.name}

    def back_url(self) -> str:
        return self.list_url
