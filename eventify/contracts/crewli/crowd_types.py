"""The kinds of people at an organisation's events."""

from rest_framework import serializers

from crew import crowd_types
from crew.models import SystemType
from eventify.contracts.api_v1 import listing, ok
from eventify.contracts.crewli import shapes
from eventify.contracts.crewli.conventions import InOrganisation, OptionalText, one, within
from eventify.contracts.fields import Body, Choice, Text


class CrowdTypeBody(Body):
    """A kind of people, or what to change in one."""

    ignored = frozenset({"id", "created_at"})

    name = Text(max_length=100)
    system_type = Choice(SystemType.values)
    color = Text(max_length=7, required=False)
    icon = OptionalText(50)
    is_active = serializers.BooleanField(required=False)


class CrowdTypes(InOrganisation):
    """GET the kinds of people, by name; POST makes one."""

    needs = {"GET": within("view_events", "manage_crew"), "POST": within("manage_crew")}

    def get(self, request, org):
        return listing(request, self.organisation.crowd_types.order_by("name", "id"), shapes.crowd_type)

    def post(self, request, org):
        made = crowd_types.create(self.organisation, by=request.user, **self.read(CrowdTypeBody))
        return ok(shapes.crowd_type(made), status=201)


class CrowdTypeDetail(InOrganisation):
    """PUT some fields of a kind of people; DELETE one that nobody is."""

    needs = {"PUT": within("manage_crew"), "DELETE": within("manage_crew")}

    def put(self, request, org, crowd_type):
        row = one(self.organisation.crowd_types, crowd_type)
        changes = self.read(CrowdTypeBody, partial=True)
        return ok(shapes.crowd_type(crowd_types.change(row, by=request.user, **changes)))

    def delete(self, request, org, crowd_type):
        crowd_types.delete(one(self.organisation.crowd_types, crowd_type), by=request.user)
        return ok()
