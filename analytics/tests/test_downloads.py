"""What leaves the platform as a file is in the audit log."""

import pytest

from accounts.factories import SuperAdminFactory
from accounts.models import AuditLog
from accounts.tests.coming_in import log_in
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_download_is_audited(client, form):
    user = SuperAdminFactory()
    log_in(client, user)
    PartnerFactory(name="Bluebird")
    assert client.get("/command-center/partners/", {"q": "blue"}).status_code == 200
    assert not AuditLog.objects.filter(action="DOWNLOADED_LIST").exists()
    assert client.get("/command-center/partners/", {"q": "blue", "format": form}).status_code == 200
    line = AuditLog.objects.get(action="DOWNLOADED_LIST")
    assert (line.actor, line.target_uid) == (user, user.uid)
    assert line.details == {"list": "desk-partners", "filters": "q=blue", "form": form}


def test_a_refused_download_is_not(client):
    log_in(client, SuperAdminFactory())
    assert client.get("/command-center/partners/", {"status": "odd", "format": "csv"}).status_code == 422
    assert not AuditLog.objects.filter(action="DOWNLOADED_LIST").exists()
