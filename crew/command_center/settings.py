"""What an organisation's people can be: its crowd types, companies and tags, as lists of their own."""

import django_filters
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crew.command_center.persons_cells import COMPANY_WORDS, SYSTEM_WORDS, Coloured, choices
from crew.models import Company, CrowdType, PersonTag
from eventify.lib.desk.columns import Column
from eventify.lib.desk.filters import Filters
from eventify.lib.desk.lists import EmptyState, ListPage
from eventify.lib.desk.pages import Action, Crumb
from partners import members
from partners.models import Partner

TABS = (
    ("desk-crew-types", gettext_lazy("Crowd types")),
    ("desk-crew-companies", gettext_lazy("Companies")),
    ("desk-crew-tags", gettext_lazy("Tags")),
)


def planned_partners(user):
    """The organisations whose crew the user plans."""
    return members.partners_where(user, "manage_crew")


def _how_many(model, **where):
    """A subquery: how many rows of the model are the partner's."""
    mine = model.objects.filter(partner=OuterRef("pk"), **where).order_by().values("partner")
    return Coalesce(Subquery(mine.annotate(n=Count("pk")).values("n")), 0)


class OrganisationFilters(Filters):
    """Searched by name."""

    search = ("name",)


class Organisations(ListPage):
    """`desk-crew-settings`: straight to the organisation that one plans, or the choice among several."""

    permission, scoped = "manage_crew", True
    title = gettext_lazy("Crew settings")
    lead = gettext_lazy("Each organisation has its own crowd types, companies and tags.")
    filters, search_hint = OrganisationFilters, gettext_lazy("Name of the organisation")
    default_sort = "name"
    empty = EmptyState(gettext_lazy("No organisations"), gettext_lazy("The ones whose crew you plan stand here."))
    columns = (
        Column(
            "name",
            gettext_lazy("Organisation"),
            sort="name",
            link=lambda row: reverse("desk-crew-types", args=[row.uid]),
        ),
        Column("types", gettext_lazy("Crowd types"), kind="number", sort="types"),
        Column("companies_count", gettext_lazy("Companies"), kind="number", sort="companies_count"),
        Column("tags_count", gettext_lazy("Tags"), kind="number", sort="tags_count"),
    )

    def rows(self):
        return planned_partners(self.request.user).annotate(
            types=_how_many(CrowdType),
            companies_count=_how_many(Company),
            tags_count=_how_many(PersonTag, is_active=True),
        )

    def get(self, request, *args, **kwargs):
        few = list(planned_partners(request.user).values_list("uid", flat=True)[:2])
        if len(few) == 1:
            return redirect("desk-crew-types", few[0])
        return super().get(request, *args, **kwargs)


class OfPartner:
    """Put before a page's base: `self.partner` is the organisation of the address, whose crew the user plans."""

    permission, scoped, place = "manage_crew", True, "desk-crew-settings"
    partner: Partner | None = None
    tab = ""

    def allowed(self) -> bool:
        if not self.request.user.can_anywhere("manage_crew"):
            return False
        self.partner = planned_partners(self.request.user).filter(uid=self.kwargs["partner"]).first()
        if self.partner is None:
            raise Http404
        return super().allowed()

    def at(self, page: str) -> str:
        """The address of a page of this organisation."""
        return reverse(page, args=[self.partner.uid])

    def get_crumbs(self):
        return crumbs_of(self.partner)

    def get_context_data(self, **context) -> dict:
        return super().get_context_data(
            tabs=tabs_of(self.partner, self.tab or self.url_name), tabs_label=_("Crew settings"), **context
        )


def crumbs_of(partner: Partner, *more: Crumb) -> list[Crumb]:
    """The way to what is an organisation's."""
    return [
        Crumb(_("Crew settings"), reverse("desk-crew-settings")),
        Crumb(partner.name, reverse("desk-crew-types", args=[partner.uid])),
        *more,
    ]


def tabs_of(partner: Partner, current: str) -> list[dict]:
    """The three lists of an organisation."""
    return [
        {"label": label, "url": reverse(name, args=[partner.uid]), "is_current": name == current}
        for name, label in TABS
    ]


def _to(page: str):
    """The address of a row's page."""
    return lambda row: reverse(page, args=[row.uid])


class SettingsList(OfPartner, ListPage):
    """One of the three lists."""

    template_name = "command_center/crew/persons_list.html"
    new_page: str
    new_label: object

    def get_crumbs(self):
        return super().get_crumbs()[:1]

    def get_title(self):
        return self.partner.name

    def new(self) -> Action:
        return Action(self.new_label, self.at(self.new_page))

    def shown_actions(self) -> list[Action]:
        return [self.new()]

    def _empty(self) -> EmptyState:
        return self.empty._replace(action=self.new())

    def file_name(self, today) -> str:
        return f"{self.url_name.removeprefix('desk-crew-')}-{today.isoformat()}"


class CrowdTypeFilters(Filters):
    """By kind, and whether it is in use."""

    search = ("name",)

    system_type = django_filters.ChoiceFilter(label=gettext_lazy("Kind"), choices=choices(SYSTEM_WORDS))
    is_active = django_filters.BooleanFilter(label=gettext_lazy("In use"))


def _kind(row: CrowdType):
    return SYSTEM_WORDS[row.system_type]


def _claims(row: CrowdType):
    return _("Wait for a planner") if row.claims_need_approval else _("Theirs at once")


class CrowdTypes(SettingsList):
    """`desk-crew-types`."""

    filters, search_hint = CrowdTypeFilters, gettext_lazy("Name")
    lead = gettext_lazy("The kinds of people at your events, and what happens when they choose a shift themselves.")
    new_page, new_label = "desk-crew-type-new", gettext_lazy("New crowd type")
    default_sort = "name"
    empty = EmptyState(
        gettext_lazy("No crowd types yet"),
        gettext_lazy("Everybody at an event is of one kind, such as volunteer or press. Make the first one."),
    )
    columns = (
        Coloured("name", gettext_lazy("Name"), sort="name", link=_to("desk-crew-type")),
        Column(
            "system_type", gettext_lazy("Kind"), value=lambda row: SYSTEM_WORDS[row.system_type], sort="system_type"
        ),
        Column("claims", gettext_lazy("Shifts that they choose"), value=_claims, sort="claims_need_approval"),
        Column("persons_count", gettext_lazy("People"), kind="number", sort="persons_count"),
        Column("is_active", gettext_lazy("In use"), kind="yesno", sort="is_active"),
    )

    def rows(self):
        return CrowdType.objects.filter(partner=self.partner).annotate(persons_count=Count("persons"))

    def row_actions(self, row):
        return _menu("desk-crew-type", row)


class CompanyFilters(Filters):
    """By kind."""

    search = ("name", "contact_name", "contact_email")

    type = django_filters.ChoiceFilter(label=gettext_lazy("Kind"), choices=choices(COMPANY_WORDS))


class Companies(SettingsList):
    """`desk-crew-companies`."""

    filters, search_hint = CompanyFilters, gettext_lazy("Company or contact")
    lead = gettext_lazy("The businesses that people come with.")
    new_page, new_label = "desk-crew-company-new", gettext_lazy("New company")
    default_sort = "name"
    empty = EmptyState(
        gettext_lazy("No companies yet"), gettext_lazy("Add the suppliers and agencies that people come with.")
    )
    columns = (
        Column(
            "name", gettext_lazy("Name"), sort="name", link=lambda row: reverse("desk-crew-company", args=[row.uid])
        ),
        Column("type", gettext_lazy("Kind"), value=lambda row: COMPANY_WORDS[row.type], sort="type"),
        Column("contact_name", gettext_lazy("Contact"), sort="contact_name"),
        Column("contact_email", gettext_lazy("E-mail"), sort="contact_email"),
        Column("contact_phone", gettext_lazy("Phone")),
        Column("persons_count", gettext_lazy("People"), kind="number", sort="persons_count"),
    )

    def rows(self):
        return Company.objects.filter(partner=self.partner).annotate(persons_count=Count("persons"))

    def row_actions(self, row):
        return _menu("desk-crew-company", row)


class TagFilters(Filters):
    """Whether it is in use."""

    search = ("name", "category")

    is_active = django_filters.BooleanFilter(label=gettext_lazy("In use"))


class Tags(SettingsList):
    """`desk-crew-tags`: by category, in the order in which people choose them."""

    filters, search_hint = TagFilters, gettext_lazy("Tag or category")
    lead = gettext_lazy("What people can or are, such as “First aid”. A tag that is out of use stays with who has it.")
    new_page, new_label = "desk-crew-tag-new", gettext_lazy("New tag")
    default_sort = "category"
    empty = EmptyState(gettext_lazy("No tags yet"), gettext_lazy("Tags help you to find the right people for a shift."))
    columns = (
        Coloured("name", gettext_lazy("Name"), sort="name", link=_to("desk-crew-tag")),
        Column("category", gettext_lazy("Category"), sort="category"),
        Column("sort_order", gettext_lazy("Place"), kind="number", sort="sort_order"),
        Column("people", gettext_lazy("People"), kind="number", sort="people"),
        Column("is_active", gettext_lazy("In use"), kind="yesno", sort="is_active"),
    )

    def rows(self):
        return PersonTag.objects.filter(partner=self.partner).annotate(people=Count("user_tags__user", distinct=True))

    def sorted_rows(self):
        """Within a category by their place."""
        if self.sort == self.default_sort:
            return self.filterset.qs.order_by("-is_active", "category", "sort_order", "name", "pk")
        return super().sorted_rows()

    def row_actions(self, row):
        change, delete = _menu("desk-crew-tag", row)
        return [change, delete._replace(label=_("Put out of use"))] if row.is_active else [change]


def _menu(page: str, row) -> list[Action]:
    return [
        Action(_("Change"), reverse(page, args=[row.uid])),
        Action(_("Delete"), reverse(f"{page}-delete", args=[row.uid]), style="danger"),
    ]
