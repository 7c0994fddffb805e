"""Roles: a matrix that reads like a sentence, and changing one with a preview of whom it touches."""

from urllib.parse import urlencode

from django import forms
from django.db.models import Count, Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import roles, step_up
from accounts.command_center import sentences
from accounts.command_center.staff import gained_and_lost
from accounts.models import Role, User
from accounts.permissions import CATALOGUE, IDS, SUPER_ADMIN
from eventify.lib.desk.confirm import Explained, ObjectConfirmPage
from eventify.lib.desk.pages import Action, Crumb, DetailPage, FormPage, NotNow, ObjectFormPage, Page

_NAMED = 8  # people that a preview names; it counts the others
_NOTHING = gettext_lazy("nothing")


def all_roles() -> list[Role]:
    """Every role with its permissions and `people`, the Super Admin first."""
    known = Role.objects.annotate(people=Count("user")).prefetch_related("permissions").order_by("name")
    return sorted(known, key=lambda role: role.name != SUPER_ADMIN)


def _crumbs(role: Role | None = None) -> tuple[Crumb, ...]:
    first = Crumb(_("Roles"), reverse("desk-roles"))
    return (first, Crumb(role.name, reverse("desk-role", args=[role.uid]))) if role else (first,)


class Roles(Page):
    """`desk-roles`: each role as a sentence, and all of them as a matrix."""

    permission = ("manage_roles", "manage_staff")
    title = gettext_lazy("Roles")
    lead = gettext_lazy("What each member of staff may do. A change counts from their next click.")
    template_name = "command_center/accounts/roles.html"

    def shown_actions(self):
        return [Action(_("Make a role"), reverse("desk-role-new"))] if self.may("manage_roles") else []

    def get_context_data(self, **context):
        rows = [(role, roles.permissions_of(role)) for role in all_roles()]
        shown = [
            {"role": role, "acts": sentences.grouped(held), "is_everything": len(held) == len(IDS)}
            for role, held in rows
        ]
        return super().get_context_data(shown=shown, matrix=_matrix(rows), may_edit=self.may("manage_roles"), **context)


def _matrix(rows: list[tuple[Role, list[str]]]) -> list[dict]:
    """The catalogue's groups, each with its permissions and, for every role, whether it holds it."""
    groups: dict[str, list] = {}
    for entry in CATALOGUE:
        cells = [(role, entry.id in held) for role, held in rows]
        groups.setdefault(_(entry.group), []).append({"name": _(entry.name), "cells": cells})
    return [{"name": name, "permissions": permissions} for name, permissions in groups.items()]


class RoleForm(forms.Form):
    """A new role."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=roles.NAME_MAX,
        error_messages={"required": gettext_lazy("Enter what its holders are called, such as Night shift.")},
    )
    description = forms.CharField(
        label=gettext_lazy("What it is for"), max_length=roles.DESCRIPTION_MAX, required=False
    )


class NewRole(step_up.Proved, FormPage):
    """`desk-role-new`."""

    permission = "manage_roles"
    place = "desk-roles"
    title = gettext_lazy("Make a role")
    lead = gettext_lazy("It may do nothing at first. On the next page you choose its permissions.")
    submit = gettext_lazy("Make the role")
    form_class, fields = RoleForm, {"name_taken": "name"}

    def get_crumbs(self):
        return _crumbs()

    def act(self, form):
        role = roles.create(**form.cleaned_data, by=self.request.user)
        return self.done(_("The role %(name)s is made.") % {"name": role.name}, reverse("desk-role", args=[role.uid]))


class RolePage(DetailPage):
    """`desk-role`: one role, its people, and its permissions to choose; the next page shows what that changes."""

    permission = ("manage_roles", "manage_staff")
    place = "desk-roles"
    template_name = "command_center/accounts/role.html"

    def visible(self):
        return Role.objects.annotate(people=Count("user"))

    def get_crumbs(self):
        return _crumbs()

    def shown_actions(self):
        if not self.may("manage_roles") or self.object.is_system:
            return []
        delete = Action(_("Delete the role"), reverse("desk-role-delete", args=[self.object.uid]), style="danger")
        describe = Action(_("Describe it"), reverse("desk-role-describe", args=[self.object.uid]), style="secondary")
        held = NotNow(_("Delete the role"), "delete_role", self.object.uid)
        return [describe, held if self.object.people else delete]

    def get_context_data(self, **context):
        role = self.object
        people = _people(role)
        return super().get_context_data(
            groups=self._choices(set(roles.permissions_of(role))),
            is_immutable=role.name == SUPER_ADMIN,
            may_edit=self.may("manage_roles"),
            people=people,
            waiting=[one for one in people if not one.has_two_factor],
            **context,
        )

    def _choices(self, held: set[str]) -> list[dict]:
        groups: dict[str, list] = {}
        for entry in CATALOGUE:
            is_held = entry.id in held
            may = is_held or self.may(entry.id)  # what is not one's own can be taken away, not given
            choice = {"id": entry.id, "name": _(entry.name), "is_held": is_held, "is_closed": not may}
            groups.setdefault(_(entry.group), []).append(choice)
        return [{"name": name, "choices": choices} for name, choices in groups.items()]


def _people(role: Role) -> list[User]:
    """Who has the role, with `has_two_factor`. One query."""
    device = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
    return list(role.user_set.annotate(has_two_factor=Exists(device)).order_by("full_name", "pk"))


def _named(people: list[str]) -> str:
    """`Asha Rao, Nia Okoro and 3 more`."""
    if not people:
        return _("Nobody")
    rest = len(people) - _NAMED
    names = ", ".join(people[:_NAMED])
    if rest <= 0:
        return names
    return ngettext("%(names)s and %(rest)s more", "%(names)s and %(rest)s more", rest) % {"names": names, "rest": rest}


class RoleChange(step_up.Proved, ObjectConfirmPage):
    """A change of one role, previewed."""

    permission, asks = "manage_roles", "change_role"
    place = "desk-roles"

    def visible(self):
        return Role.objects.all()

    def get_crumbs(self):
        return _crumbs(self.object)

    def get_title(self):
        return _("Change the role %(name)s") % {"name": self.object.name}

    def finished(self, facts):
        sentence = _("The role %(name)s is changed.") % {"name": self.object.name}
        return self.done(sentence, reverse("desk-role", args=[self.object.uid]))


class PermissionsForm(forms.Form):
    """The permissions that were chosen on the page before."""

    permissions = forms.MultipleChoiceField(
        choices=[(one, one) for one in IDS], required=False, widget=forms.MultipleHiddenInput
    )


class RolePermissions(RoleChange):
    """`desk-role-permissions`: who gains and loses what, then the change."""

    form_class = PermissionsForm

    @property
    def says(self) -> str:
        """The question is about what was ticked."""
        return urlencode({"permissions": ",".join(self._ticked(self.request.POST or self.request.GET)) or ","})

    def get_initial(self):
        return {"permissions": self._ticked(self.request.GET)}

    def _ticked(self, given) -> list[str]:
        return [one for one in IDS if one in given.getlist("permissions")]

    def change(self, values):
        before, after = roles.choose_permissions(self.object, values["permissions"] or [], by=self.request.user)
        people = [str(one) for one in _people(self.object)]
        return {"before": before, "after": after, **gained_and_lost(before, after), "people": people}

    def explain(self, facts):
        count = len(facts["people"])
        who = ngettext("%(count)s person", "%(count)s people", count) % {"count": count}
        return Explained(
            sentence=_("This touches %(who)s with the role %(role)s, from their next click.")
            % {"who": who, "role": self.object.name},
            submit=_("Change it for %(who)s") % {"who": who} if count else _("Change the role"),
            facts=[
                (_("May from now on"), sentences.listed(facts["gained"]) or _NOTHING),
                (_("May no longer"), sentences.listed(facts["lost"]) or _NOTHING),
                (_("People"), _named(facts["people"])),
            ],
            is_danger=bool(facts["lost"]) and count > 0,
        )


class DemandForm(forms.Form):
    """Whether the role demands two-factor."""

    on = forms.TypedChoiceField(
        choices=(("yes", "yes"), ("no", "no")), coerce=lambda word: word == "yes", widget=forms.HiddenInput
    )


class RoleTwoFactor(RoleChange):
    """`desk-role-two-factor`: whom it keeps out until they have set it up, then the change."""

    form_class = DemandForm

    @property
    def says(self) -> str:
        return f"two_factor={'yes' if self.preview_values()['on'] else 'no'}"

    def preview_values(self):
        given = self.request.POST if self.request.method == "POST" else self.request.GET
        return {"on": given.get("on") == "yes"}

    def change(self, values):
        before, after = roles.demand_two_factor(self.object, values["on"], by=self.request.user)
        people = _people(self.object)
        without = [str(one) for one in people if not one.has_two_factor]
        return {"before": before, "after": after, "people": len(people), "without": without}

    def explain(self, facts):
        words = {"role": self.object.name}
        without = facts["without"]
        warnings = []
        if facts["after"] and without:
            sentence = ngettext(
                "%(count)s person has not set it up and may do nothing as staff until then.",
                "%(count)s people have not set it up and may do nothing as staff until then.",
                len(without),
            )
            warnings.append(sentence % {"count": len(without)})
        if facts["after"]:
            sentence = _("Who is %(role)s must set two-factor up before anything else.") % words
            submit = _("Demand two-factor")
        else:
            sentence = _("Who is %(role)s may work with a password alone.") % words
            submit = _("Demand it no longer")
        say = {True: _("Demanded"), False: _("Not demanded")}
        return Explained(
            sentence=sentence,
            submit=submit,
            changes=[(_("Two-factor"), say[facts["before"]], say[facts["after"]])],
            facts=[(_("Without it so far"), _named(without))],
            warnings=warnings,
        )


class DescriptionForm(forms.Form):
    """What the role is for."""

    description = forms.CharField(
        label=gettext_lazy("What it is for"), max_length=roles.DESCRIPTION_MAX, required=False
    )


class DescribeRole(step_up.Proved, ObjectFormPage):
    """`desk-role-describe`."""

    permission, asks = "manage_roles", "change_role"
    place = "desk-roles"
    form_class = DescriptionForm
    title = gettext_lazy("Describe the role")

    def visible(self):
        return Role.objects.all()

    def get_crumbs(self):
        return _crumbs(self.object)

    def get_initial(self):
        return {"description": self.object.description}

    def act(self, form):
        roles.change(self.object, description=form.cleaned_data["description"], by=self.request.user)
        return self.done(_("The description is changed."), reverse("desk-role", args=[self.object.uid]))


class DeleteRole(RoleChange):
    """`desk-role-delete`: a role that nobody has."""

    asks = "delete_role"

    def get_title(self):
        return _("Delete the role %(name)s") % {"name": self.object.name}

    def change(self, values):
        before = roles.permissions_of(roles.lock(self.object))
        roles.delete(self.object, by=self.request.user)
        return {"before": before}

    def explain(self, facts):
        words = {"name": self.object.name}
        return Explained(
            sentence=_("The role %(name)s is gone for good. Nobody has it, so nobody loses anything.") % words,
            submit=_("Delete %(name)s") % words,
            facts=[(_("It allowed to"), sentences.listed(facts["before"]) or _NOTHING)],
        )

    def finished(self, facts):
        return self.done(_("The role %(name)s is deleted.") % {"name": self.object.name}, reverse("desk-roles"))
