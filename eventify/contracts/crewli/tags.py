"""What people can or are: an organisation's tags, who has them, and the categories that it uses."""

from django.db.models import QuerySet
from rest_framework import serializers

from accounts.models import User
from crew import sections, tags
from crew.models import PersonTag, UserTag
from eventify.contracts.api_v1 import listing, ok
from eventify.contracts.crewli import shapes
from eventify.contracts.crewli.conventions import (
    InOrganisation,
    Number,
    OptionalText,
    Ulid,
    Ulids,
    all_referred,
    naming,
    one,
    referred,
    require,
    uid_of,
    within,
)
from eventify.contracts.fields import Body, Choice, Text

_READ = within("view_events", "manage_crew")
_WRITE = within("manage_crew")


# --- The tags of an organisation ----------------------------------------------------------------------


class PersonTagBody(Body):
    """A tag, or what to change in one."""

    ignored = frozenset({"id", "created_at"})

    name = Text(max_length=50)
    category = OptionalText(50)
    icon = OptionalText(50)
    color = Text(max_length=7, required=False)
    sort_order = Number(tags.ORDER_MOST, required=False)
    is_active = serializers.BooleanField(required=False)


class PersonTags(InOrganisation):
    """GET the active tags in their order; POST makes one."""

    needs = {"GET": _READ, "POST": _WRITE}

    def get(self, request, org):
        rows = self.organisation.person_tags.filter(is_active=True).order_by("sort_order", "name", "id")
        return listing(request, rows, shapes.person_tag)

    def post(self, request, org):
        made = tags.create(self.organisation, by=request.user, **self.read(PersonTagBody))
        return ok(shapes.person_tag(made), status=201)


class PersonTagDetail(InOrganisation):
    """PUT some fields of a tag; DELETE switches it off."""

    needs = {"PUT": _WRITE, "DELETE": _WRITE}

    def put(self, request, org, tag):
        row = one(self.organisation.person_tags, tag)
        return ok(shapes.person_tag(tags.change(row, by=request.user, **self.read(PersonTagBody, partial=True))))

    def delete(self, request, org, tag):
        tags.deactivate(one(self.organisation.person_tags, tag), by=request.user)
        return ok()


class PersonTagCategories(InOrganisation):
    """GET the categories of the tags, each once."""

    needs = {"GET": _READ}

    def get(self, request, org):
        return ok(list(tags.categories(self.organisation)))


class SectionCategories(InOrganisation):
    """GET the categories of the sections of all its events, each once."""

    needs = {"GET": _READ}

    def get(self, request, org):
        return ok(list(sections.categories(self.organisation)))


# --- Who has them -------------------------------------------------------------------------------------


class UserTagBody(Body):
    """A tag for somebody, and who says so."""

    person_tag_id = Ulid()
    source = Choice(UserTag.Source.values)
    proficiency = Choice(UserTag.Proficiency.values, required=False, allow_null=True, allow_blank=True)
    notes = OptionalText(tags.NOTES_MAX)


class SyncBody(Body):
    """All tags that somebody has from this source from now on."""

    tag_ids = Ulids()
    source = Choice(UserTag.Source.values)


class _OfUser(InOrganisation):
    """Below .../users/<user>/tags: `self.person` is an account that has a part in the organisation.

    Planners see and change the tags of all; everybody sees their own, and changes those that they report themselves.
    """

    person: User

    def place(self, caller, /, org, user, **path):
        """The organisation; Forbidden for somebody else's tags without a permission, Missing for a stranger's."""
        organisation = super().place(caller, org)
        if uid_of(user) != caller.uid:
            require(caller, (_READ if self.request.method in ("GET", "HEAD") else _WRITE).permissions, on=organisation)
        self.person = one(User.objects, user)
        tags.check_insider(self.person, organisation)
        return organisation

    def check_source(self, source: str) -> None:
        """Forbidden for what the organiser says, but for planners; before the rest of the body is looked at."""
        tags.check_may(self.request.user, self.person, self.organisation, source)

    def held(self) -> QuerySet[UserTag]:
        """What the person has here."""
        return tags.of_user(self.person, self.organisation)

    def active(self) -> QuerySet[PersonTag]:
        """The tags that can be given."""
        return self.organisation.person_tags.filter(is_active=True)


class UserTags(_OfUser):
    """GET the tags of somebody; POST gives one."""

    needs = {"GET": within(), "POST": within()}

    def get(self, request, org, user):
        return listing(request, self.held(), shapes.user_tag)

    def post(self, request, org, user):
        asked = self.read(UserTagBody)
        self.check_source(asked["source"])
        tag = referred(self.active(), asked.pop("person_tag_id"), "person_tag_id")
        asked["proficiency"] = asked.get("proficiency") or ""
        with naming(tag="person_tag_id"):
            given = tags.give(self.person, tag, by=request.user, **asked)
        return ok(shapes.user_tag(self.held().get(pk=given.pk)), status=201)


class UserTagDetail(_OfUser):
    """DELETE: take a tag away from somebody."""

    needs = {"DELETE": within()}

    def delete(self, request, org, user, user_tag):
        row = one(self.held(), user_tag)
        self.check_source(row.source)
        tags.take_away(row, by=request.user)
        return ok()


class UserTagsSync(_OfUser):
    """PUT: replace the tags that somebody has from one source; those of the other stay."""

    needs = {"PUT": within()}

    def put(self, request, org, user):
        asked = self.read(SyncBody)
        self.check_source(asked["source"])
        wanted = all_referred(self.organisation.person_tags, asked["tag_ids"], "tag_ids")
        with naming(tags="tag_ids"):
            tags.sync(self.person, self.organisation, wanted, source=asked["source"], by=request.user)
        return ok([shapes.user_tag(row) for row in self.held()])
