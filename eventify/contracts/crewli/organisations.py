"""Organisations, who works for them, and asking somebody to join."""

from rest_framework.exceptions import AuthenticationFailed

from accounts.authentication import BearerAuthentication
from accounts.models import User
from eventify.contracts.api_v1 import View, listing, ok
from eventify.contracts.crewli import shapes
from eventify.contracts.crewli.conventions import InOrganisation, OptionalText, within
from eventify.contracts.fields import Body, Choice, Secret, Text, read
from eventify.contracts.needs import ANYBODY, organiser, staff
from partners import founding, inviting, profile, queries
from partners.models import Member


class OrganisationBody(Body):
    """What an organisation says of itself."""

    ignored = frozenset({"id", "created_at"})

    name = Text(max_length=200)
    slug = Text(max_length=100, required=False)
    contact_email = OptionalText(254)
    phone = OptionalText(30)
    website = OptionalText(200)


class InvitationBody(Body):
    """Whom to ask, and as what."""

    email = Text(max_length=254)
    role = Choice(Member.Role.values)


class Acceptance(Body):
    """Who one is, and the password of the new account; nothing for who has an account and is logged in."""

    name = OptionalText(200)
    password = Secret(required=False, allow_blank=True, allow_null=True)


class Organisations(View):
    """GET the organisations that the caller may see, by name; POST makes one that runs events."""

    needs = {"GET": organiser("view_partners"), "POST": staff("manage_partners")}

    def get(self, request):
        return listing(request, queries.visible_to(request.user).order_by("name", "id"), shapes.organisation)

    def post(self, request):
        made = founding.found(**read(request, OrganisationBody), by=request.user)
        return ok(shapes.organisation(made), status=201)


class Organisation(InOrganisation):
    """GET one organisation, for everybody in it; PUT some of its fields."""

    needs = {"GET": within(), "PUT": within("manage_partners")}

    def get(self, request, org):
        return ok(shapes.organisation(self.organisation))

    def put(self, request, org):
        changes = self.read(OrganisationBody, partial=True)
        return ok(shapes.organisation(profile.change(self.organisation, by=request.user, **changes)))


class Members(InOrganisation):
    """GET who works for the organisation, by name."""

    needs = {"GET": within("view_partners")}

    def get(self, request, org):
        rows = self.organisation.members.select_related("user").order_by("user__full_name", "id")
        return listing(request, rows, shapes.member)


class Invite(InOrganisation):
    """POST: a mail with a link that makes its reader a member."""

    needs = {"POST": within("manage_partners")}

    def post(self, request, org):
        asked = self.read(InvitationBody)
        return ok(shapes.invitation(inviting.invite(self.organisation, **asked, by=request.user)), status=201)


class Accept(View):
    """POST: become a member, with a new account or the own one."""

    needs = {"POST": ANYBODY}
    limits = {"POST": "signup"}

    def post(self, request, token):
        asked = read(request, Acceptance)
        member = inviting.accept(
            token, user=_caller(request), name=asked.get("name", ""), password=asked.get("password") or ""
        )
        return ok({"member": shapes.member(member), "organisation": shapes.organisation(member.partner)})


def _caller(request) -> User | None:
    """Who is logged in. An outdated token is none: its owner may still make an account, or is asked to log in."""
    try:
        found = BearerAuthentication().authenticate(request)
    except AuthenticationFailed:
        return None
    return found and found[0]
