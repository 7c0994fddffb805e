"""Apple Wallet passes: a signed ZIP of a few files, when the site has a certificate for it.

EVENTIFY_APPLE_CERTIFICATE is a PEM file with the certificate of the pass type (its subject names type and team),
Apple's WWDR certificate, and the key of the first. Without it there is no pass and no link to one.
"""

import hashlib
import json
import re
import zipfile
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.utils.translation import gettext as _

from bookings.models import Ticket
from bookings.papers import of_tickets, says
from bookings.tickets import scanned_as

CONTENT_TYPE = "application/vnd.apple.pkpass"
_PICTURES = Path(__file__).parent / "pictures"
_KEY = re.compile(rb"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the date of every file in the ZIP: the same pass has the same files


class Identity(NamedTuple):
    """Who signs: our certificate for the pass type with its key, and Apple's that vouches for it."""

    certificate: x509.Certificate
    authorities: list[x509.Certificate]
    key: object

    @property
    def pass_type(self) -> str:
        return self._named(NameOID.USER_ID)

    @property
    def team(self) -> str:
        return self._named(NameOID.ORGANIZATIONAL_UNIT_NAME)

    def _named(self, oid) -> str:
        return self.certificate.subject.get_attributes_for_oid(oid)[0].value


def _identity() -> Identity:
    return _read(settings.EVENTIFY_APPLE_CERTIFICATE, settings.EVENTIFY_APPLE_PASSWORD)


@cache
def _read(path: str, password: str) -> Identity:
    pem = Path(path).read_bytes()
    certificate, *authorities = x509.load_pem_x509_certificates(pem)
    return Identity(certificate, authorities, load_pem_private_key(_KEY.search(pem)[0], password.encode() or None))


def of_ticket(ticket: Ticket) -> bytes:
    """The .pkpass of a ticket that has all joined (of_tickets.joined). Only where `has_passes` (views_papers)."""
    files = {"pass.json": json.dumps(_pass(ticket), ensure_ascii=False, sort_keys=True).encode()}
    files |= {path.name: path.read_bytes() for path in sorted(_PICTURES.glob("*.png"))}
    digests = {name: hashlib.sha1(content, usedforsecurity=False).hexdigest() for name, content in files.items()}
    files["manifest.json"] = json.dumps(digests, sort_keys=True).encode()
    files["signature"] = _sign(files["manifest.json"])
    return _zip(files)


def _sign(manifest: bytes) -> bytes:
    """The PKCS#7 signature beside the manifest, as DER."""
    mine = _identity()
    builder = PKCS7SignatureBuilder().set_data(manifest).add_signer(mine.certificate, mine.key, hashes.SHA256())
    for authority in mine.authorities:
        builder = builder.add_certificate(authority)
    return builder.sign(Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary])


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _pass(ticket: Ticket) -> dict:
    """The pass.json: what the phone shows, and when it offers the pass on its lock screen."""
    event = ticket.event
    barcode = {
        "format": "PKBarcodeFormatQR",
        "message": scanned_as(ticket),
        "messageEncoding": "iso-8859-1",
        "altText": ticket.ticket_code,
    }
    found = {
        "formatVersion": 1,
        "passTypeIdentifier": _identity().pass_type,
        "teamIdentifier": _identity().team,
        "organizationName": "Eventify",
        "serialNumber": str(ticket.uid),
        "description": _("Ticket for %(event)s") % {"event": event.name},
        "foregroundColor": "rgb(255, 255, 255)",
        "labelColor": "rgb(216, 213, 255)",
        "backgroundColor": "rgb(61, 47, 179)",
        "groupingIdentifier": str(event.uid),
        "barcodes": [barcode],
        "eventTicket": _fields(ticket),
        "voided": ticket.status != Ticket.Status.VALID,
    }
    if event.starts_at is not None:
        found["relevantDate"] = event.starts_at.isoformat(timespec="seconds")
    if event.ends_at is not None:
        found["expirationDate"] = event.ends_at.isoformat(timespec="seconds")
    if event.latitude is not None and event.longitude is not None:
        found["locations"] = [{"latitude": float(event.latitude), "longitude": float(event.longitude)}]
    return found


def _fields(ticket: Ticket) -> dict:
    event = ticket.event
    shown = [_field("type", _("Ticket"), ticket.ticket_type.shown_name)]
    if ticket.seat:
        shown.append(_field("seat", _("Seat"), ticket.seat.label))
    back = [_field("order", _("Order"), str(ticket.order.uid))]
    if event.important_information:
        back.append(_field("information", _("Good to know"), event.important_information))
    return {
        "primaryFields": [_field("event", "", event.headline)],
        "secondaryFields": [
            _field("when", _("When"), says.when(event)),
            _field("where", _("Where"), says.where(event)),
        ],
        "auxiliaryFields": [_field("holder", _("For"), of_tickets.holder(ticket)), *shown],
        "backFields": back,
    }


def _field(key: str, label: str, value: str) -> dict:
    return {"key": key, "label": label, "value": value}
