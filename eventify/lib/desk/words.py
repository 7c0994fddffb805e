"""The words of states, and the tone in which a pill says each: data, so that a word looks the same on every page."""

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _


class Word(NamedTuple):
    """What people read for a stored value, and its tone: positive, caution, negative, information or plain ("")."""

    label: object
    tone: str = ""


POSITIVE, CAUTION, NEGATIVE, INFORMATION, PLAIN = "positive", "caution", "negative", "information", ""

ACRONYMS = {"KYC", "2FA", "PAN", "CSV"}

# stored value, lower case -> the word
WORDS = {
    "active": Word(_("Active"), POSITIVE),
    "inactive": Word(_("Inactive")),
    "invited": Word(_("Invited"), INFORMATION),
    "suspended": Word(_("Suspended"), NEGATIVE),
    "banned": Word(_("Banned"), NEGATIVE),
    "closed": Word(_("Closed")),
    "revoked": Word(_("Revoked"), NEGATIVE),
    "expired": Word(_("Expired")),
    "verified": Word(_("Verified"), POSITIVE),
    "rejected": Word(_("Rejected"), NEGATIVE),
    "pending": Word(_("Pending"), CAUTION),
    "confirmed": Word(_("Confirmed"), POSITIVE),
    "waitlisted": Word(_("On the waitlist"), CAUTION),
    "cancelled": Word(_("Cancelled"), NEGATIVE),
    "paid": Word(_("Paid"), POSITIVE),
    "refunded": Word(_("Refunded"), INFORMATION),
    "refund_failed": Word(_("Refund failed"), NEGATIVE),
    "partly_refunded": Word(_("Partly refunded"), INFORMATION),
    "failed": Word(_("Failed"), NEGATIVE),
    "draft": Word(_("Draft")),
    "approved": Word(_("Approved"), INFORMATION),
    "sending": Word(_("Sending"), CAUTION),
    "sent": Word(_("Sent"), INFORMATION),
    "published": Word(_("Published"), POSITIVE),
    "registration_open": Word(_("Registration open"), POSITIVE),
    "buildup": Word(_("Build-up"), INFORMATION),
    "showday": Word(_("Show day"), POSITIVE),
    "teardown": Word(_("Teardown"), INFORMATION),
    "completed": Word(_("Completed")),
    "used": Word(_("Used")),
    "valid": Word(_("Valid"), POSITIVE),
    "critical": Word(_("Critical"), NEGATIVE),
    "info": Word(_("Information"), INFORMATION),
    "success": Word(_("Success"), POSITIVE),
    "company_reg": Word(_("Company registration")),
    "pan": Word(_("PAN")),
    "cheque": Word(_("Cheque")),
    "other": Word(_("Other")),
    "open": Word(_("Open"), CAUTION),
    "requested": Word(_("Requested"), CAUTION),
    "done": Word(_("Done"), POSITIVE),
    "discarded": Word(_("Discarded")),
    "sold_out": Word(_("Sold out"), INFORMATION),
    "hidden": Word(_("Hidden")),
    "new": Word(_("New"), CAUTION),
    "known": Word(_("Known"), INFORMATION),
    "trusted": Word(_("Trusted"), POSITIVE),
    "venue": Word(_("Venue")),
    "promoter": Word(_("Promoter")),
    "sponsor": Word(_("Sponsor")),
    "vendor": Word(_("Vendor")),
    "org_admin": Word(_("Administrator")),
    "org_member": Word(_("Member")),
    "event_manager": Word(_("Event manager")),
    "crew_coordinator": Word(_("Crew coordinator")),
    "volunteer": Word(_("Volunteer")),
    "sale": Word(_("Sale"), POSITIVE),
    "fee": Word(_("Fee")),
    "fee_return": Word(_("Fee given back")),
    "refund": Word(_("Refund"), INFORMATION),
    "refund_sent": Word(_("Refund sent"), INFORMATION),
    "refund_returned": Word(_("Refund came back"), NEGATIVE),
    "unmatched": Word(_("Payment without an order"), CAUTION),
    "payout": Word(_("Payout"), INFORMATION),
    "payout_paid": Word(_("Payout arrived"), POSITIVE),
    "payout_returned": Word(_("Payout came back"), NEGATIVE),
    "cash": Word(_("Cash")),
    "partner_payable": Word(_("Owed to partners")),
    "buyer_payable": Word(_("Owed to buyers")),
    "platform_fees": Word(_("Platform fees")),
    "payouts_in_transit": Word(_("Payouts under way")),
}


def word(value, words: dict | None = None) -> Word:
    """The word of a stored value: the page's own, then the common one, then the value itself made readable."""
    key = str(value)
    found = (words or {}).get(key) or WORDS.get(key.lower())
    return found or Word(key.replace("_", " ").capitalize())


def within(value) -> str:
    """The word of a stored value as it stands inside a sentence: `paid`, `show day`, `ingetrokken`."""
    return str(word(value).label).lower()


def spelled(code: str) -> str:
    """A spelled-out code as words: `APPROVED_KYC` is `Approved KYC`."""
    first, *rest = [part if part in ACRONYMS else part.lower() for part in str(code).upper().split("_")]
    return " ".join((first if first in ACRONYMS else first.capitalize(), *rest))
