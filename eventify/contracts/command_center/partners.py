"""Partners: inviting them, looking at them, their contacts and papers, and how we stand with them."""

from uuid import UUID

import django_filters
from django.db.models import Q
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser

from accounts.models import User
from eventify.contracts.api_v1 import View, listing, ok
from eventify.contracts.command_center import shapes
from eventify.contracts.command_center.filters import Sort, Words
from eventify.contracts.fields import Body, Choice, Text, Uid, read
from eventify.contracts.finding import one
from eventify.contracts.lists import filtered
from eventify.contracts.needs import organiser, staff
from eventify.lib.errors import Forbidden, Invalid
from partners import books, contacts, documents, inviting, kyc, members, queries, standing
from partners.models import Contact, Document, Partner

_REASON = {"max_length": 2000, "required": False, "allow_blank": True}
_PEOPLE = ("uploaded_by", "reviewed_by")


# --- Partners -----------------------------------------------------------------------------------------


class NewContact(Body):
    """Somebody to call."""

    name = Text(max_length=200)
    email = Text(max_length=254)
    phone = Text(max_length=30, required=False, allow_blank=True)


class NewPartner(Body):
    """An organisation, and who is asked to join for it."""

    name = Text(max_length=200)
    type = Choice(Partner.Type.values)
    contact = NewContact()


class StatusChange(Body):
    """How we stand with a partner from now on, and why (required to suspend)."""

    status = Choice((Partner.Status.ACTIVE.value, Partner.Status.SUSPENDED.value))
    reason = Text(**_REASON)


class PartnerFilters(django_filters.FilterSet):
    """The filters of the partners."""

    search = django_filters.CharFilter(method="search_for", max_length=200)
    status = Words(Partner.Status.values)
    type = Words(Partner.Type.values)
    verification_status = Words(Partner.Verification.values)
    sort = Sort(fields=["name", "joined_at", "created_at", "total_revenue", "open_balance"])

    def search_for(self, partners, name, value):
        return partners.filter(Q(name__icontains=value) | Q(contact_email__icontains=value))


class Partners(View):
    """GET the partners that the caller may see, newest first (not the house itself); POST invites one."""

    needs = {"GET": organiser("view_partners"), "POST": staff("manage_partners")}

    def get(self, request):
        seen = books.with_totals(queries.visible_to(request.user).filter(is_house=False)).order_by("-id")
        sees_money = _money_of(request.user)
        return listing(
            request, filtered(PartnerFilters, request, seen), lambda row: shapes.partner(row, sees_money(row))
        )

    def post(self, request):
        partner = inviting.invite_partner(**read(request, NewPartner), by=request.user)
        return ok(_profile(partner, request.user), status=201)


class PartnerDetail(View):
    """GET one partner with its contacts and papers."""

    needs = {"GET": organiser("view_partners")}

    def get(self, request, id):
        return ok(_profile(one(queries.visible_to(request.user), id), request.user))


class PartnerStatus(View):
    """PATCH: suspend a partner, or let it trade again."""

    needs = {"PATCH": staff("manage_partners")}

    def patch(self, request, id):
        partner = one(queries.visible_to(request.user), id)
        standing.set_status(partner, **read(request, StatusChange), by=request.user)
        return ok(_profile(partner, request.user))


def _money_of(user: User):
    """A question about a partner: may the user see its figures? One query for a whole list."""
    if user.can("view_financials"):
        return lambda partner: True
    own = set(members.partners_where(user, "view_financials").values_list("pk", flat=True))
    return lambda partner: partner.pk in own


def _profile(partner: Partner, user: User) -> dict:
    row = books.with_totals(Partner.objects.filter(pk=partner.pk)).prefetch_related("contacts").get()
    return shapes.partner_profile(row, user.can("view_financials", on=row), _papers(row, user))


# --- Contacts -----------------------------------------------------------------------------------------


class ContactBody(NewContact):
    """A contact; the primary one is whom mails of the business go to."""

    is_primary = serializers.BooleanField(required=False)


class Contacts(View):
    """GET the contacts of a partner, the primary one first; POST adds one."""

    needs = {"GET": organiser("view_partners"), "POST": organiser("manage_partners")}

    def get(self, request, id):
        return listing(request, one(queries.visible_to(request.user), id).contacts.all(), shapes.contact)

    def post(self, request, id):
        partner = _managed(request.user, id)
        return ok(shapes.contact(contacts.add(partner, **read(request, ContactBody), by=request.user)), status=201)


class ContactDetail(View):
    """PATCH some fields of a contact; DELETE it."""

    needs = {"PATCH": organiser("manage_partners"), "DELETE": organiser("manage_partners")}

    def patch(self, request, id, contact_id):
        contact = self._contact(request.user, id, contact_id)
        changes = read(request, ContactBody, partial=True)
        return ok(shapes.contact(contacts.change(contact, **changes, by=request.user)))

    def delete(self, request, id, contact_id):
        contacts.remove(self._contact(request.user, id, contact_id), by=request.user)
        return ok()

    def _contact(self, user: User, id: str, contact_id: str) -> Contact:
        return one(_managed(user, id).contacts.select_related("partner"), contact_id)


def _managed(user: User, id: str) -> Partner:
    """The partner; Missing when the user may not see it, Forbidden when they may not manage it."""
    partner = one(queries.visible_to(user), id)
    if not user.can("manage_partners", on=partner):
        raise Forbidden
    return partner


# --- Papers -------------------------------------------------------------------------------------------


class NewDocument(Body):
    """A file, and what it is meant to prove."""

    type = Choice(Document.Type.values)
    file = serializers.FileField(allow_empty_file=True)


class Review(Body):
    """A decision about a document. `again` changes one that was made."""

    document_id = Uid()
    decision = Choice((Document.Status.VERIFIED.value, Document.Status.REJECTED.value))
    reason = Text(**_REASON)
    expires_on = serializers.DateField(required=False, allow_null=True)
    again = serializers.BooleanField(required=False)


class Documents(View):
    """GET the papers of a partner, newest first; POST uploads one."""

    needs = {"GET": organiser("view_partners"), "POST": organiser("manage_partners")}
    parser_classes = [MultiPartParser]

    def get(self, request, id):
        partner = one(queries.visible_to(request.user), id)
        return listing(request, _rows(partner), _shape(partner, request.user))

    def post(self, request, id):
        partner = _managed(request.user, id)
        document = kyc.upload(partner, **read(request, NewDocument), by=request.user)
        return ok(_shape(partner, request.user)(document), status=201)


class KycReview(View):
    """POST: approve or reject one document."""

    needs = {"POST": staff("review_kyc", fresh=True)}

    def post(self, request, id):
        partner = one(queries.visible_to(request.user), id)
        asked = read(request, Review)
        document = _document(partner, asked.pop("document_id"))
        decided = kyc.review(document, verdict=asked.pop("decision"), by=request.user, **asked)
        shown = _shape(partner, request.user)(decided)
        return ok({"document": shown, "verification_status": decided.partner.verification_status})


def _document(partner: Partner, uid: UUID) -> Document:
    document = _rows(partner).filter(uid=uid).first()
    if document is None:
        raise Invalid.field("document_id", _("This partner has no such document."))
    return document


def _rows(partner: Partner):
    return partner.documents.select_related("partner", *_PEOPLE).order_by("-id")


def _papers(partner: Partner, user: User) -> list[dict]:
    shape = _shape(partner, user)
    return [shape(document) for document in _rows(partner)]


def _shape(partner: Partner, user: User):
    """How the user sees a document of the partner: with a link to its file when they may open it."""
    may_open = documents.may_view(user, Document(partner=partner))
    return lambda row: shapes.document(row, documents.link(row, viewer=user) if may_open else "")
