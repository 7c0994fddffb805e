"""Looking at documents: by a link that is good for five minutes and one person, whose rights are judged each time."""

from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from eventify.lib.errors import Missing
from partners import kyc, members, papers
from partners.models import Document

LIFE = 5 * 60  # seconds that a link is good
_SALT = "partners.documents"


class Opened(NamedTuple):
    """A document that somebody looks at through a link."""

    document: Document
    viewer: User


def may_view(user: User, document: Document) -> bool:
    """Whether the person may see the file now: who reviews documents, and who manages the document's partner."""
    return user.can("review_kyc", on=document) or user.can("manage_partners", on=document)


def visible_to(user: User) -> QuerySet[Document]:
    """The documents whose files the person may see."""
    if user.can("review_kyc") or user.can("manage_partners"):
        return Document.objects.all()
    own = [members.partners_where(user, permission).values("pk") for permission in ("review_kyc", "manage_partners")]
    return Document.objects.filter(Q(partner__in=own[0]) | Q(partner__in=own[1]))


def token(document: Document, *, viewer: User) -> str:
    """A signed word that opens this document for this person, for five minutes."""
    return signing.dumps([document.uid.hex, viewer.uid.hex], salt=_SALT)


def link(document: Document, *, viewer: User) -> str:
    """The absolute address of the file, good for five minutes and for this person."""
    return settings.SITE_URL + reverse("document-file", args=[token(document, viewer=viewer)])


def open_link(token: str, *, browser_of: User | None = None) -> Opened:
    """What the link leads to. Missing when it is forged or too old, when its person may not see the document now, and
    in a browser where somebody else is logged in.
    """
    try:
        document_uid, viewer_uid = (UUID(hex) for hex in signing.loads(token, salt=_SALT, max_age=LIFE))
    except signing.BadSignature:
        raise Missing(_("This link is not good any more. Open the document again from its page.")) from None
    viewer = User.objects.filter(uid=viewer_uid, is_active=True, banned_at=None).first()
    document = Document.objects.select_related("partner").filter(uid=document_uid).first()
    is_other = browser_of is not None and browser_of.pk != getattr(viewer, "pk", None)
    if viewer is None or document is None or is_other or not may_view(viewer, document):
        raise Missing(_("There is no such document, or it is not for you to see."))
    return Opened(document, viewer)


def original(opened: Opened):
    """The file as it was uploaded, open for reading; the look is audited. Missing when the storage has lost it."""
    file = _open(opened.document)
    _note(opened, what="original")
    return file


def page(opened: Opened, number: int) -> bytes:
    """A picture (PNG) of a page, made of its pixels; the look is audited. Missing when there is no such page."""
    with _open(opened.document) as file:
        picture = papers.picture(file.read(kyc.SIZE_MOST + 1), number)
    _note(opened, what=f"page {number}")
    return picture


def pages_of(document: Document) -> int:
    """How many pages it has to show."""
    with _open(document) as file:
        return papers.look(file.read(kyc.SIZE_MOST + 1)).pages


def _open(document: Document):
    try:
        return document.file.storage.open(document.file.name, "rb")
    except FileNotFoundError:
        raise Missing(_("The file is not in the storage. Ask for it to be uploaded again.")) from None


def _note(opened: Opened, **what) -> None:
    audit.record("VIEWED_DOCUMENT", opened.document.partner, by=opened.viewer, **kyc.said(opened.document), **what)
