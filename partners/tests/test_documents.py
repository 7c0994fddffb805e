"""Looking at documents: who may, for how long, and what their browser gets."""

import io
from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.utils import timezone
from PIL import Image

from accounts import bans, roles
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Role
from partners import documents, kyc, members
from partners.factories import PartnerFactory
from partners.models import Document, Member
from partners.tests.papers import T, file, pdf, picture, uploaded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("private")]


@pytest.fixture
def document():
    return kyc.upload(PartnerFactory(), T.PAN, file(pdf(2), "my pan.pdf"), by=None)


def reviewer():
    user = UserFactory()
    roles.assign(user, Role.objects.get(name="Content Moderator"), by=None)
    return user


def path(document, viewer, page: int | None = None) -> str:
    """The address of the file, or of the picture of a page, without the host."""
    address = documents.link(document, viewer=viewer)
    assert address.startswith("http://localhost:")
    bare = "/documents/" + address.partition("/documents/")[2]
    return bare if page is None else f"{bare}pages/{page}.png"


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def viewed() -> list:
    return list(AuditLog.objects.filter(action="VIEWED_DOCUMENT").order_by("id").values_list("actor", "details__what"))


def test_the_original_is_a_download_that_no_browser_interprets(client, document):
    viewer = reviewer()
    response = client.get(path(document, viewer))
    assert (response.status_code, body(response)) == (200, pdf(2))
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="my pan.pdf"'
    assert response["Content-Length"] == str(document.size)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script" not in policy
    assert viewed() == [(viewer.pk, "original")]
    line = AuditLog.objects.get(action="VIEWED_DOCUMENT")
    assert (line.target_uid, line.details["document"]) == (document.partner.uid, str(document.uid))


def test_pages_are_pictures_made_by_us(client, document):
    viewer = reviewer()
    response = client.get(path(document, viewer, 2))
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(body(response))).height == 680
    assert response["Cache-Control"] == "private, max-age=300"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "Content-Disposition" not in response
    assert viewed() == [(viewer.pk, "page 2")]


@pytest.mark.parametrize("page", [0, 3, 10**12, 10**30])
def test_pages_that_are_not_there(client, document, page):
    assert client.get(path(document, reviewer(), page)).status_code == 404
    assert viewed() == []


def test_members_who_manage_the_partner_see_its_files_and_no_others(client, document):
    admin, member, foreign = UserFactory(), UserFactory(), UserFactory()
    members.add(document.partner, admin, Member.Role.ADMIN, by=None)
    members.add(document.partner, member, Member.Role.MEMBER, by=None)
    members.add(PartnerFactory(), foreign, Member.Role.ADMIN, by=None)
    statuses = [client.get(path(document, user)).status_code for user in (admin, member, foreign, UserFactory())]
    assert statuses == [200, 404, 404, 404]
    seen = [documents.visible_to(user).count() for user in (admin, member, foreign, reviewer(), SuperAdminFactory())]
    assert seen == [1, 0, 0, 1, 1]


def test_a_link_is_good_for_five_minutes(client, document):
    link = path(document, reviewer())
    now = timezone.now()
    with time_machine.travel(now + timedelta(minutes=4, seconds=55)):
        assert client.get(link).status_code == 200
    with time_machine.travel(now + timedelta(minutes=5, seconds=5)):
        response = client.get(link)
    assert response.status_code == 404
    assert len(viewed()) == 1


def test_a_forged_link_opens_nothing(client, document):
    viewer = reviewer()
    good = documents.token(document, viewer=viewer)
    payload = [document.uid.hex, SuperAdminFactory().uid.hex]
    forged = [
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good.replace(":", "", 1),
        signing.dumps(payload, salt="another"),
        signing.dumps(payload, key="x" * 50, salt="partners.documents"),
        str(document.uid),
        "x",
        "%00",
        "%ED%A0%80",
        "x" * 5000,
    ]
    assert [client.get(f"/documents/{token}/").status_code for token in forged] == [404] * len(forged)
    assert viewed() == []


def test_a_link_of_somebody_else_opens_nothing_in_my_browser(client, document):
    viewer, other = reviewer(), SuperAdminFactory()
    link = path(document, viewer)
    client.force_login(other)
    assert client.get(link).status_code == 404
    client.force_login(viewer)
    assert client.get(link).status_code == 200
    assert [actor for actor, _what in viewed()] == [viewer.pk]


def test_rights_are_judged_at_each_use(client, document):
    taken, banned, closed = reviewer(), reviewer(), reviewer()
    links = [path(document, user) for user in (taken, banned, closed)]
    assert [client.get(link).status_code for link in links] == [200] * 3
    roles.assign(taken, None, by=None)
    bans.ban(banned, reason="x", by=SuperAdminFactory())
    closed.is_active = False
    closed.save()
    assert [client.get(link).status_code for link in links] == [404] * 3


def test_only_reading_is_served(client, document):
    assert client.post(path(document, reviewer())).status_code == 405


def test_a_file_that_the_storage_lost_is_a_404_with_a_sentence(client, document):
    document.file.storage.delete(document.file.name)
    viewer = reviewer()
    for page in (None, 1):
        assert client.get(path(document, viewer, page)).status_code == 404
    assert viewed() == []


def test_names_in_the_head_cannot_break_it(client):
    document = kyc.upload(PartnerFactory(), T.PAN, file(picture(), 'a";\r\nX-Evil: 1 é.png'), by=None)
    response = client.get(path(document, reviewer()))
    assert response.status_code == 200
    assert "X-Evil" not in response.headers
    assert "\n" not in response["Content-Disposition"]


def test_nothing_private_lies_under_a_public_address(client, document):
    assert client.get(f"/media/{document.file.name}").status_code == 404


def test_how_many_pages():
    assert documents.pages_of(kyc.upload(PartnerFactory(), T.PAN, file(pdf(3)), by=None)) == 3
    assert documents.pages_of(uploaded(PartnerFactory())) == 1
    assert Document.objects.count() == 2
