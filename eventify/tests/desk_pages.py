"""Pages that exist for the tests of the shell alone, in a map that has the real ones as well."""

import django_filters
from django import forms
from django.urls import path

from accounts.models import User
from eventify.lib.desk import say
from eventify.lib.desk.columns import Column
from eventify.lib.desk.confirm import Explained, ObjectConfirmPage, ReasonForm
from eventify.lib.desk.filters import DayFilter, Filters
from eventify.lib.desk.lists import Bulk, EmptyState, ListPage
from eventify.lib.desk.pages import LOGGED_IN, Action, ActionPage, DetailPage, FormPage, ObjectMixin, Page
from eventify.lib.desk.words import Word
from eventify.lib.errors import Conflict, Invalid
from eventify.urls import *  # noqa: F403 - the handlers
from eventify.urls import urlpatterns as real
from partners.members import partners_where
from partners.models import Partner

TONES = {"True": Word("Open", "positive"), "False": Word("Shut", "negative")}


class People(ListPage):
    """A list with every kind of column."""

    class Filtering(Filters):
        search = ("full_name", "email")
        is_active = django_filters.BooleanFilter(label="Active")
        phone = django_filters.MultipleChoiceFilter(label="Phone", choices=[("1", "One"), ("2", "Two")])
        since = DayFilter(label="From", method="joined_since")

        def joined_since(self, rows, _name, first):
            return rows.filter(created_at__gte=say.day_starts_at(first))

    permission = "view_users"
    title = "People"
    filters = Filtering
    search_hint = "Name"
    columns = (
        Column("full_name", "Name", sort="full_name", link=lambda row: f"/x/{row.uid}/", below=lambda row: row.email),
        Column("is_active", "State", kind="pill", words=TONES),
        Column("total_spent", "Spent", kind="money", value=lambda row: (row.total_spent, "INR"), sort="total_spent"),
        Column("pk", "Number", kind="number", sort="pk"),
        Column("last_active_at", "Seen", kind="moment", sort="last_active_at"),
        Column("created_at", "Joined", kind="day"),
        Column("is_staff", "Staff", kind="yesno"),
        Column("email", "Hidden in files", export=False),
    )
    default_sort = "full_name"
    per_page = 2
    empty = EmptyState("Nobody", "Invite somebody.", Action("Invite", "/invite/", "manage_staff"))
    bulk = (Bulk("Ban", "desk-test-done", "ban_users"),)

    def rows(self):
        return User.objects.all()

    def row_actions(self, row):
        return [Action("Ban", "/ban/", style="danger")]


class Undeclared(Page):
    """A page whose author forgot the permission."""

    title = "Secret"


class Scoped(Page):
    """A page that members of a partner may enter."""

    permission = ("view_financials", "view_partners")
    scoped = True
    title = "Money"


class Unscoped(Scoped):
    scoped = False


class PartnerPage(DetailPage):
    permission, scoped = "manage_partners", True

    def visible(self):
        return partners_where(self.request.user, "view_partners")


class Members(ObjectMixin, ListPage):
    """The list of what belongs to one row."""

    permission, scoped = "view_partners", True
    columns = (Column("user.full_name", "Name"), Column("role", "Role", kind="pill"))

    def visible(self):
        return partners_where(self.request.user, "view_partners")

    def rows(self):
        return self.object.members.select_related("user")


class NameForm(forms.Form):
    name = forms.CharField()
    other = forms.CharField(required=False)


class Rename(FormPage):
    permission, title, form_class, submit = "view_users", "Rename", NameForm, "Rename it"
    fields = {"label": "name"}

    def act(self, form):
        name = form.cleaned_data["name"]
        if name == "field":
            raise Invalid.field("label", "That name is taken.")
        if name == "state":
            raise Conflict("It is closed.")
        return self.done(f"It is called {name}.", "/command-center/notifications/")


class Suspend(ObjectConfirmPage):
    permission, title, form_class = "manage_partners", "Suspend", ReasonForm

    def visible(self):
        return Partner.objects.all()

    def change(self, values):
        partner = Partner.objects.select_for_update().get(pk=self.object.pk)
        if partner.status == Partner.Status.SUSPENDED:
            raise Conflict("It is suspended already.")
        before, partner.status, partner.phone = partner.status, Partner.Status.SUSPENDED, values["reason"] or ""
        partner.save()
        return {"before": before, "after": partner.status}

    def explain(self, facts):
        return Explained("Nobody can buy.", "Suspend it", changes=[("Status", facts["before"], facts["after"])])

    def finished(self, facts):
        return "/command-center/notifications/"


class Done(ActionPage):
    permission, back = LOGGED_IN, "desk-notifications"

    def act(self):
        if "refuse" in self.request.POST:
            raise Conflict("It cannot be done now.")
        return ", ".join(self.request.POST.getlist("uid")) or "Done."


PAGES = [
    path("people/", People.as_view(), name="desk-test-people"),
    path("undeclared/", Undeclared.as_view(), name="desk-test-undeclared"),
    path("scoped/", Scoped.as_view(), name="desk-test-scoped"),
    path("unscoped/", Unscoped.as_view(), name="desk-test-unscoped"),
    path("partner/<uuid:uid>/", PartnerPage.as_view(), name="desk-test-partner"),
    path("members/<uuid:uid>/", Members.as_view(), name="desk-test-members"),
    path("rename/", Rename.as_view(), name="desk-test-rename"),
    path("suspend/<uuid:uid>/", Suspend.as_view(), name="desk-test-suspend"),
    path("done/", Done.as_view(), name="desk-test-done"),
]
urlpatterns = [*(path(f"command-center/test/{one.pattern}", one.callback, name=one.name) for one in PAGES), *real]
