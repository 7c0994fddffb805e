"""Apple Wallet passes, signed with certificates that the test makes."""

import hashlib
import json
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from bookings import cancelling
from bookings.models import Ticket
from bookings.papers import apple, of_tickets
from bookings.tests.scenes import buy, people, scene
from bookings.tickets import scanned_as
from bookings.views_papers import has_passes

pytestmark = pytest.mark.django_db
PEM, DAY = serialization.Encoding.PEM, timedelta(days=1)


def _name(*parts) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _certificate(subject, key, issuer, issuer_key, is_authority) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        issuer, subject, key.public_key(), x509.random_serial_number(), now - DAY, now + DAY
    )
    constraints = x509.BasicConstraints(ca=is_authority, path_length=None)
    return builder.add_extension(constraints, critical=True).sign(issuer_key, hashes.SHA256())


@pytest.fixture
def identity(tmp_path, settings):
    """The settings of a site that can make passes; gives the authority's PEM file."""
    ours, theirs = (rsa.generate_private_key(65537, 2048) for _which in range(2))
    authority = _name((NameOID.COMMON_NAME, "WWDR of the test"))
    subject = _name(
        (NameOID.USER_ID, "pass.test.eventify"),
        (NameOID.COMMON_NAME, "Pass Type ID"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "TEAM123456"),
    )
    wwdr = _certificate(authority, theirs, authority, theirs, True)
    certificate = _certificate(subject, ours, authority, theirs, False)
    secret = serialization.BestAvailableEncryption(b"opensesame")
    key = ours.private_bytes(PEM, serialization.PrivateFormat.PKCS8, secret)
    (tmp_path / "pass.pem").write_bytes(certificate.public_bytes(PEM) + wwdr.public_bytes(PEM) + key)
    (tmp_path / "wwdr.pem").write_bytes(wwdr.public_bytes(PEM))
    settings.EVENTIFY_APPLE_CERTIFICATE = str(tmp_path / "pass.pem")
    settings.EVENTIFY_APPLE_PASSWORD = "opensesame"
    return tmp_path / "wwdr.pem"


@pytest.fixture
def ticket():
    start = datetime(2026, 12, 12, 13, 30, tzinfo=UTC)
    facts = {"starts_at": start, "ends_at": start + timedelta(hours=4), "timezone": "Asia/Kolkata"}
    _event, kind = scene(**facts, name="महोत्सव", latitude="18.5", longitude="73.8", important_information="No bags")
    order = buy(people(1)[0], kind)
    return of_tickets.joined(Ticket.objects.filter(order=order)).get()


def files(data: bytes) -> dict[str, bytes]:
    archive = zipfile.ZipFile(BytesIO(data))
    return {name: archive.read(name) for name in archive.namelist()}


def test_without_a_certificate_there_is_no_pass(settings):
    assert settings.EVENTIFY_APPLE_CERTIFICATE == "" and not has_passes()


def test_the_pass_says_what_the_ticket_says(identity, ticket):
    assert has_passes()
    said = json.loads(files(apple.of_ticket(ticket))["pass.json"])
    fields = said.pop("eventTicket")
    assert said == {
        "formatVersion": 1,
        "passTypeIdentifier": "pass.test.eventify",
        "teamIdentifier": "TEAM123456",
        "organizationName": "Eventify",
        "serialNumber": str(ticket.uid),
        "description": "Ticket for महोत्सव",
        "foregroundColor": "rgb(255, 255, 255)",
        "labelColor": "rgb(216, 213, 255)",
        "backgroundColor": "rgb(61, 47, 179)",
        "groupingIdentifier": str(ticket.event.uid),
        "barcodes": [
            {
                "format": "PKBarcodeFormatQR",
                "message": scanned_as(ticket),
                "messageEncoding": "iso-8859-1",
                "altText": ticket.ticket_code,
            }
        ],
        "voided": False,
        "relevantDate": "2026-12-12T13:30:00+00:00",
        "expirationDate": "2026-12-12T17:30:00+00:00",
        "locations": [{"latitude": 18.5, "longitude": 73.8}],
    }
    values = {one["key"]: one["value"] for group in fields.values() for one in group}
    assert values["event"] == ticket.event.headline
    assert values["when"] == "Sat 12 Dec 2026, 19:00 – 23:00 IST"
    assert (values["holder"], values["information"]) == (str(ticket.user), "No bags")


def test_the_manifest_names_every_file_by_its_hash(identity, ticket):
    found = files(apple.of_ticket(ticket))
    named = json.loads(found["manifest.json"])
    assert set(named) == set(found) - {"manifest.json", "signature"}
    assert {"pass.json", "icon.png", "icon@2x.png", "icon@3x.png", "logo.png"} <= set(named)
    assert all(hashlib.sha1(found[name]).hexdigest() == digest for name, digest in named.items())


def test_the_signature_stands_beside_the_manifest(identity, ticket, tmp_path):
    found = files(apple.of_ticket(ticket))
    certificates = pkcs7.load_der_pkcs7_certificates(found["signature"])
    assert {one.subject.rfc4514_string().split(",")[0] for one in certificates} == {
        "CN=WWDR of the test",
        "OU=TEAM123456",
    }
    for name in ("signature", "manifest.json"):
        (tmp_path / name).write_bytes(found[name])
    assert _verifies(identity, tmp_path)
    (tmp_path / "manifest.json").write_bytes(found["manifest.json"] + b" ")
    assert not _verifies(identity, tmp_path)


def _verifies(authority, folder) -> bool:
    """Whether OpenSSL believes the signature."""
    asked = ["openssl", "smime", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-CAfile", str(authority)]
    asked += ["-in", str(folder / "signature"), "-content", str(folder / "manifest.json")]
    return subprocess.run(asked, capture_output=True).returncode == 0


def test_a_cancelled_ticket_is_void(identity, ticket):
    cancelling.cancel(ticket.order, by=ticket.order.user)
    ticket.refresh_from_db()
    assert json.loads(files(apple.of_ticket(of_tickets.joined(Ticket.objects.all()).get()))["pass.json"])["voided"]
