"""Staff: who works here, in which role; inviting, changing the role, taking the access away."""

from urllib.parse import urlencode

import django_filters
from django import forms
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import codes, roles, step_up
from accounts.command_center import sentences
from accounts.models import AuditLog, Role, User
from accounts.signup import Taken
from eventify.lib.desk import nav, say
from eventify.lib.desk.columns import Column
from eventify.lib.desk.confirm import Explained, ObjectConfirmPage
from eventify.lib.desk.filters import Filters
from eventify.lib.desk.lists import EmptyState, ListPage
from eventify.lib.desk.pages import Action, Crumb, DetailPage, FormPage, NotNow, ObjectActionPage, ObjectFormPage
from eventify.lib.errors import DomainError

_HISTORY = 20  # lines
_NOTHING = gettext_lazy("nothing")


def staff() -> QuerySet:
    """Everybody who works here, with `role_name`, `has_two_factor` and `standing`, for a list."""
    role = Role.objects.filter(user=OuterRef("pk"))
    device = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
    standing = Case(
        When(banned_at__isnull=False, then=Value("banned")),
        When(is_active=False, then=Value("inactive")),
        When(password__startswith="!", then=Value("invited")),
        default=Value("active"),
    )
    return User.objects.filter(is_staff=True).annotate(
        role_name=Subquery(role.values("name")[:1]), has_two_factor=Exists(device), standing=standing
    )


class StaffFilters(Filters):
    """By role, and by what security is missing."""

    search = ("full_name", "email", "username")

    role = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Role"), queryset=Role.objects.order_by("name"), to_field_name="uid", method="in_role"
    )
    two_factor = django_filters.ChoiceFilter(
        label=gettext_lazy("Two-factor"),
        choices=(("on", gettext_lazy("On")), ("off", gettext_lazy("Off"))),
        method="by_two_factor",
    )

    def in_role(self, users: QuerySet, _name: str, role: Role) -> QuerySet:
        return users.filter(groups=role.group_ptr_id)

    def by_two_factor(self, users: QuerySet, _name: str, word: str) -> QuerySet:
        return users.filter(has_two_factor=word == "on")


class Staff(ListPage):
    """`desk-staff`."""

    permission = "manage_staff"
    title = gettext_lazy("Staff")
    filters = StaffFilters
    search_hint = gettext_lazy("Name or e-mail")
    columns = (
        Column(
            "name",
            gettext_lazy("Name"),
            value=str,
            sort="full_name",
            link=lambda user: reverse("desk-staff-member", args=[user.uid]),
            below=lambda user: user.email,
        ),
        Column("role_name", gettext_lazy("Role"), sort="role_name"),
        Column("standing", gettext_lazy("Status"), kind="pill"),
        Column("has_two_factor", gettext_lazy("Two-factor"), kind="yesno", sort="has_two_factor"),
        Column("last_active_at", gettext_lazy("Last log-in"), kind="relative", sort="last_active_at"),
        Column(
            "created_at", gettext_lazy("Account since"), kind="day", sort="created_at", value=lambda u: u.created_at
        ),
    )
    default_sort = "full_name"
    actions = (Action(gettext_lazy("Invite somebody"), reverse_lazy("desk-staff-invite"), "manage_staff"),)
    empty = EmptyState(gettext_lazy("Nobody fits"), gettext_lazy("Take a filter away, or invite somebody."), actions[0])

    def rows(self):
        return staff()

    def row_actions(self, row) -> list[Action]:
        return [
            Action(_("Change the role"), reverse("desk-staff-role", args=[row.uid])),
            Action(_("Take the access away"), reverse("desk-staff-revoke", args=[row.uid]), style="danger"),
        ]


def _crumbs(user: User | None = None) -> tuple[Crumb, ...]:
    first = Crumb(_("Staff"), reverse("desk-staff"))
    return (first, Crumb(str(user), reverse("desk-staff-member", args=[user.uid]))) if user else (first,)


class StaffMember(DetailPage):
    """`desk-staff-member`: one member of staff, what they may do, and what they did."""

    permission = "manage_staff"
    place = "desk-staff"
    template_name = "command_center/accounts/staff_member.html"

    def visible(self):
        return staff()

    def get_crumbs(self):
        return _crumbs()

    def shown_actions(self):
        user, uid = self.object, [self.object.uid]
        actions = [Action(_("Change the role"), reverse("desk-staff-role", args=uid))]
        actions += [Action(_("Take the access away"), reverse("desk-staff-revoke", args=uid), style="danger")]
        if user == self.request.user:
            return [NotNow(_("Take the access away"), "take_access", user.uid)]
        return actions

    def get_context_data(self, **context):
        user = self.object
        role = user.role
        facts = [
            (_("E-mail"), user.email),
            (_("Role"), user.role_name),
            (_("Two-factor"), _("On") if user.has_two_factor else _("Off")),
            (_("Last log-in"), say.relative(user.last_active_at) if user.last_active_at else _("Never")),
        ]
        return super().get_context_data(
            facts=facts,
            title_pills=[user.standing],
            acts=sentences.grouped(roles.permissions_of(role)) if role else [],
            is_waiting=bool(role and role.requires_two_factor and not user.has_two_factor),
            lines=self._history() if self.may("view_audit") else None,
            person_url=nav.link("desk-user", user.uid),
            **context,
        )

    def _history(self):
        about = Q(target_uid=self.object.uid) | Q(actor=self.object)
        return AuditLog.objects.filter(about).select_related("actor")[:_HISTORY]


# --- Inviting -------------------------------------------------------------------------------------------


class RoleChoice(forms.ModelChoiceField):
    """A role, with what it is for; only those that the person may hand out."""

    def label_from_instance(self, role):
        return f"{role.name}: {role.description}" if role.description else role.name


def _role_field(by: User, but: Role | None = None) -> RoleChoice:
    known = Role.objects.order_by("name").prefetch_related("permissions")
    fitting = [role.pk for role in known if roles.may_hand_out(by, role) and role != but]
    return RoleChoice(
        queryset=Role.objects.filter(pk__in=fitting).order_by("name"),
        to_field_name="uid",
        label=gettext_lazy("Role"),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={
            "required": gettext_lazy("Choose what the person may do."),
            "invalid_choice": gettext_lazy("Choose one of these roles."),
        },
    )


class InviteForm(forms.Form):
    """Who, and what they may do."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        help_text=gettext_lazy("A link to choose a password goes there. It works for three days."),
        error_messages={"required": gettext_lazy("Enter the e-mail address of the person.")},
    )
    full_name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=200,
        error_messages={"required": gettext_lazy("Enter the name of the person.")},
    )

    def __init__(self, *args, by: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["role"] = _role_field(by)


class InviteStaff(step_up.Proved, FormPage):
    """`desk-staff-invite`. An address that has an account leads to giving that account a role."""

    permission = "manage_staff"
    place = "desk-staff"
    title = gettext_lazy("Invite somebody to the team")
    submit = gettext_lazy("Send the invitation")
    form_class = InviteForm

    def get_crumbs(self):
        return _crumbs()

    def get_form(self, data=None, files=None):
        return InviteForm(data, initial=self.get_initial(), by=self.request.user)

    def act(self, form):
        given = form.cleaned_data
        try:
            user = roles.create_staff(given["email"], given["full_name"], given["role"], by=self.request.user)
        except Taken:
            return self._known(given["email"], given["role"])
        sentence = _("%(name)s is invited as %(role)s. The link went to %(email)s.")
        words = {"name": user, "role": given["role"].name, "email": user.email}
        return self.done(sentence % words, reverse("desk-staff-member", args=[user.uid]))

    def _known(self, email: str, role: Role):
        user = User.objects.get(email__lower=email.lower())
        url = f"{reverse('desk-staff-role-change', args=[user.uid])}?role={role.uid}"
        return self.done(_("There is an account of this address already. Give it the role here, if it is theirs."), url)


class InviteAgain(step_up.Proved, ObjectActionPage):
    """`desk-staff-invite-again`: the link once more."""

    permission, asks = "manage_staff", "invite_staff_again"
    back = "desk-staff"

    def visible(self):
        return User.objects.filter(is_staff=True)

    def act(self):
        roles.invite(self.object, by=self.request.user)
        return _("A new link went to %(email)s.") % {"email": self.object.email}


# --- Another role ---------------------------------------------------------------------------------------


class AnotherRoleForm(forms.Form):
    """The role that it shall be."""

    def __init__(self, *args, by: User, now: Role | None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["role"] = _role_field(by, but=now)


class ChooseRole(ObjectFormPage):
    """`desk-staff-role`: which one? The next page shows what it changes."""

    permission = "manage_staff"
    place = "desk-staff"
    submit = gettext_lazy("See what changes")

    def visible(self):
        return User.objects.filter(is_active=True)

    def get_crumbs(self):
        return _crumbs(self.object if self.object.is_staff else None)

    def get_title(self):
        return _("Another role for %(name)s") % {"name": self.object}

    def get_form(self, data=None, files=None):
        return AnotherRoleForm(data, by=self.request.user, now=self.object.role)

    def act(self, form):
        return f"{reverse('desk-staff-role-change', args=[self.object.uid])}?role={form.cleaned_data['role'].uid}"


class HiddenRoleForm(forms.Form):
    """The role that was chosen on the page before."""

    role = forms.ModelChoiceField(
        queryset=Role.objects.all(),
        to_field_name="uid",
        widget=forms.HiddenInput,
        error_messages={
            "required": gettext_lazy("No role was chosen. Go back and choose one."),
            "invalid_choice": gettext_lazy("This role was deleted. Go back and choose another one."),
        },
    )


class ChangeRole(step_up.Proved, ObjectConfirmPage):
    """`desk-staff-role-change`: exactly which permissions the person gains and loses, then the change."""

    permission = "manage_staff"
    place = "desk-staff"
    form_class, asks = HiddenRoleForm, "give_role"

    @property
    def says(self) -> str:
        return urlencode({"role": (self.request.POST or self.request.GET).get("role", "")})

    def visible(self):
        return User.objects.filter(is_active=True)

    def get_title(self):
        return _("Another role for %(name)s") % {"name": self.object}

    def get_crumbs(self):
        return _crumbs(self.object if self.object.is_staff else None)

    def preview_values(self) -> dict:
        """The role that the address or the form names, checked as the form would."""
        form = HiddenRoleForm(self.request.POST if self.request.method == "POST" else self.request.GET)
        if not form.is_valid():
            raise DomainError(form.errors["role"][0])
        return form.cleaned_data

    def change(self, values):
        user, role = User.objects.get(pk=self.object.pk), values["role"]
        roles.assign(user, role, by=self.request.user)
        line = AuditLog.objects.filter(target_uid=user.uid, action="ASSIGNED_ROLE").latest("id")
        before = Role.objects.filter(name=line.details["before"]["role"]).first()
        had = roles.permissions_of(before) if before else []
        return {
            "before": before.name if before else None,
            "after": role.name,
            **gained_and_lost(had, roles.permissions_of(role)),
            "waits": role.requires_two_factor and not codes.is_on(user),
        }

    def explain(self, facts):
        words = {"name": self.object, "role": facts["after"]}
        warnings = []
        if facts["waits"]:
            warnings.append(_("This role demands two-factor, which %(name)s has not set up yet.") % words)
        if not self.object.is_staff:
            sentence = _("This account is no member of staff so far. Be sure that %(email)s is the person's own.")
            warnings.append(sentence % {"email": self.object.email})
        return Explained(
            sentence=_("%(name)s becomes %(role)s. It counts from their next click.") % words,
            submit=_("Make %(name)s %(role)s") % words,
            changes=[(_("Role"), facts["before"], facts["after"])],
            facts=[
                (_("May from now on"), sentences.listed(facts["gained"]) or _NOTHING),
                (_("May no longer"), sentences.listed(facts["lost"]) or _NOTHING),
            ],
            warnings=warnings,
            is_danger=bool(facts["lost"]),
        )

    def finished(self, facts):
        sentence = _("%(name)s is %(role)s now.") % {"name": self.object, "role": facts["after"]}
        return self.done(sentence, reverse("desk-staff-member", args=[self.object.uid]))


def gained_and_lost(before: list[str], after: list[str]) -> dict:
    """What is only in the one list, and only in the other."""
    return {"gained": [one for one in after if one not in before], "lost": [one for one in before if one not in after]}


class Revoke(step_up.Proved, ObjectConfirmPage):
    """`desk-staff-revoke`: no more access; the account itself stays."""

    permission, asks = "manage_staff", "take_access"
    place = "desk-staff"

    def visible(self):
        return User.objects.filter(is_staff=True)

    def get_title(self):
        return _("Take the access of %(name)s away") % {"name": self.object}

    def get_crumbs(self):
        return _crumbs(self.object)

    def change(self, values):
        user = User.objects.get(pk=self.object.pk)
        log_ins = user.sessions.filter(ended_at=None).count() + user.device_tokens.count()
        role = user.role
        lost = roles.permissions_of(role) if role else []
        roles.revoke(user, by=self.request.user)
        return {"before": role.name if role else None, "lost": lost, "log_ins": log_ins}

    def explain(self, facts):
        words = {"name": self.object}
        count = facts["log_ins"]
        ended = ngettext("%(count)s log-in ends", "%(count)s log-ins end", count) % {"count": count}
        return Explained(
            sentence=_("%(name)s is no longer a member of staff, at once. The account stays, as anybody's.") % words,
            submit=_("Take the access of %(name)s away") % words,
            changes=[(_("Role"), facts["before"], None)],
            facts=[(_("May no longer"), sentences.listed(facts["lost"]) or _NOTHING), (_("Log-ins"), ended)],
        )

    def finished(self, facts):
        return self.done(_("%(name)s is no longer a member of staff.") % {"name": self.object}, reverse("desk-staff"))
