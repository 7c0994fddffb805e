"""The same with an S3 bucket: uploaded, seen, and nothing public. The S3 is moto's, on loopback."""

import pytest
from django.core.files.storage import storages

from accounts.factories import SuperAdminFactory
from eventify.lib.errors import Conflict
from eventify.settings.files import private_storage
from eventify.tests.s3 import s3_bucket, s3_server
from partners import documents, kyc
from partners.factories import PartnerFactory
from partners.models import Document
from partners.tests.papers import T, file, pdf

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def server():
    with s3_server() as address:
        yield address


@pytest.fixture
def bucket(server, monkeypatch):
    """The settings name the bucket; gives it, empty."""
    with s3_bucket(server, "PRIVATE", "papers", monkeypatch) as there:
        storage = storages.create_storage(private_storage())
        monkeypatch.setattr(Document._meta.get_field("file"), "storage", storage)
        yield there


def test_upload_view_and_pages(bucket, client):
    data, viewer = pdf(2), SuperAdminFactory()
    document = kyc.upload(PartnerFactory(), T.PAN, file(data, "pan.pdf"), by=None)
    document = Document.objects.select_related("partner").get(pk=document.pk)
    stored = bucket.Object(document.file.name).get()
    assert stored["Body"].read() == data
    grants = bucket.Object(document.file.name).Acl().grants
    assert [grant["Grantee"].get("URI") for grant in grants] == [None]  # its owner alone
    link = "/documents/" + documents.token(document, viewer=viewer) + "/"
    response = client.get(link)
    assert b"".join(response.streaming_content) == data
    assert response["Content-Disposition"] == 'attachment; filename="pan.pdf"'
    page = client.get(f"{link}pages/2.png")
    assert (page.status_code, page.content[:4]) == (200, b"\x89PNG")
    assert documents.pages_of(document) == 2


def test_a_refused_upload_leaves_nothing_in_the_bucket(bucket, monkeypatch):
    monkeypatch.setattr(kyc, "WAITING_MOST", 0)
    with pytest.raises(Conflict):
        kyc.upload(PartnerFactory(), T.PAN, file(), by=None)
    assert list(bucket.objects.all()) == []


def test_a_file_that_is_gone_is_a_404(bucket, client):
    document, viewer = kyc.upload(PartnerFactory(), T.PAN, file(), by=None), SuperAdminFactory()
    bucket.Object(document.file.name).delete()
    assert client.get(f"/documents/{documents.token(document, viewer=viewer)}/").status_code == 404
