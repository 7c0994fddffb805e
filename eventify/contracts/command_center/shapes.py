"""Rows as this contract writes them. Ids are uids, money is a string with two places, a moment ISO 8601 in UTC."""

from collections.abc import Iterable

from django.conf import settings

from accounts.models import AuditLog, Notification, Role, User
from accounts.permissions import CATALOGUE
from bookings import spent
from eventify.lib.ids import to_ulid
from eventify.lib.wire import moment
from partners.models import Contact, Document, Entry, Member, Partner, Payout, PayoutBatch

ACTIVE, INACTIVE, BANNED = "Active", "Inactive", "Banned"


def money(amount) -> str | None:
    """An amount as a string with two places."""
    return None if amount is None else f"{amount:.2f}"


def day(value) -> str | None:
    """A calendar day as YYYY-MM-DD."""
    return value and value.isoformat()


def absolute(address: str) -> str | None:
    """A path of this site with its host; another address as it is; None for none."""
    return f"{settings.SITE_URL}{address}" if address.startswith("/") else address or None


def id_of(row) -> str | None:
    """The uid of a row that may be missing."""
    return row and str(row.uid)


# --- People -------------------------------------------------------------------------------------------


def person(row: User | None) -> dict | None:
    """Somebody inside something else."""
    return row and {"id": str(row.uid), "full_name": row.full_name, "email": row.email}


def me(row: User, permissions: Iterable[str], memberships: Iterable[Member], has_two_factor: bool) -> dict:
    """The caller: profile, role, the permissions held everywhere, and the organisations with those held there."""
    return {
        "id": str(row.uid),
        "ulid": to_ulid(row.uid),
        "email": row.email,
        "full_name": row.full_name,
        "phone": row.phone,
        "avatar_url": absolute(row.avatar_url),
        "is_staff": row.is_staff,
        "has_two_factor": has_two_factor,
        "must_set_up_two_factor": row.lacks_two_factor,
        "role": row.role and role_brief(row.role),
        "permissions": sorted(permissions),
        "organisations": [organisation(one) for one in memberships],
        "last_active_at": moment(row.last_active_at),
        "created_at": moment(row.created_at),
    }


def organisation(row: Member) -> dict:
    """A partner from the side of one of its members. Reads the partner."""
    partner = row.partner
    return {
        "id": str(partner.uid),
        "ulid": to_ulid(partner.uid),
        "name": partner.name,
        "slug": partner.slug,
        "type": partner.type,
        "status": partner.status,
        "role": row.role,
    }


def staff(row: User) -> dict:
    """A member of staff. Reads the groups with their roles."""
    return {
        "id": str(row.uid),
        "email": row.email,
        "full_name": row.full_name,
        "role_id": id_of(row.role),
        "role": row.role and role_brief(row.role),
        "status": ACTIVE if row.is_staff and row.is_active and not row.is_banned else INACTIVE,
        "last_active_at": moment(row.last_active_at),
        "created_at": moment(row.created_at),
    }


def end_user(row: User) -> dict:
    """A user of the shop, from bookings.spent.with_currencies."""
    return {
        "id": str(row.uid),
        "email": row.email,
        "phone": row.phone,
        "full_name": row.full_name,
        "status": BANNED if row.is_banned else ACTIVE,
        "is_closed": not row.is_active,
        "banned_at": moment(row.banned_at),
        "ban_reason": row.ban_reason or None,
        "total_spent": money(row.total_spent),
        "currency": settings.EVENTIFY_CURRENCY,
        "spent_by_currency": {currency: money(amount) for currency, amount in spent.in_each(row).items()},
        "last_active_at": moment(row.last_active_at),
        "created_at": moment(row.created_at),
    }


def role_brief(row: Role) -> dict:
    """A role inside something else."""
    return {"id": str(row.uid), "name": row.name}


def role(row: Role) -> dict:
    """A role with its permissions in the catalogue's order. Reads permissions; `users` is how many hold it."""
    held = {one.codename for one in row.permissions.all()}
    return {
        **role_brief(row),
        "description": row.description,
        "is_system": row.is_system,
        "requires_two_factor": row.requires_two_factor,
        "permissions": [entry.id for entry in CATALOGUE if entry.id in held],
        "users_count": row.users_count,
    }


def permission_groups() -> list[dict]:
    """The catalogue, grouped, in its own order."""
    groups: dict[str, list] = {}
    for entry in CATALOGUE:
        groups.setdefault(entry.group, []).append(entry._asdict())
    return [{"group": name, "permissions": entries} for name, entries in groups.items()]


# --- Partners -----------------------------------------------------------------------------------------


def partner(row: Partner, sees_money: bool) -> dict:
    """A partner of a list. Reads the annotated totals, which are null for who may not see financials."""
    return {
        "id": str(row.uid),
        "name": row.name,
        "type": row.type,
        "status": row.status,
        "verification_status": row.verification_status,
        "logo_url": absolute(row.logo_url),
        "total_revenue": money(row.total_revenue) if sees_money else None,
        "open_balance": money(row.open_balance) if sees_money else None,
        "currency": settings.EVENTIFY_CURRENCY,
        "joined_at": moment(row.joined_at),
        "created_at": moment(row.created_at),
    }


def partner_profile(row: Partner, sees_money: bool, documents: list[dict]) -> dict:
    """A partner with its contacts and its papers. Reads the contacts."""
    return {
        **partner(row, sees_money),
        "slug": row.slug,
        "contact_email": row.contact_email or None,
        "phone": row.phone or None,
        "website": row.website or None,
        "status_reason": row.status_reason or None,
        "contacts": [contact(one) for one in row.contacts.all()],
        "documents": documents,
    }


def contact(row: Contact) -> dict:
    """Somebody to call at a partner."""
    return {
        "id": str(row.uid),
        "name": row.name,
        "email": row.email,
        "phone": row.phone or None,
        "is_primary": row.is_primary,
    }


def document(row: Document, file_url: str) -> dict:
    """A paper of a partner; `file_url` is the short-lived address of its file. Reads partner and people."""
    return {
        "id": str(row.uid),
        "partner_id": str(row.partner.uid),
        "type": row.type,
        "name": row.name,
        "content_type": row.content_type,
        "size": row.size,
        "file_url": file_url or None,
        "status": row.status,
        "reason": row.reason or None,
        "expires_on": day(row.expires_on),
        "uploaded_by": person(row.uploaded_by),
        "uploaded_at": moment(row.created_at),
        "reviewed_by": person(row.reviewed_by),
        "reviewed_at": moment(row.reviewed_at),
        "verified_at": moment(row.reviewed_at) if row.status == Document.Status.VERIFIED else None,
    }


# --- Money --------------------------------------------------------------------------------------------


def entry(row: Entry) -> dict:
    """One side of a transfer. Reads the transfer and the partner."""
    return {
        "id": str(row.uid),
        "transfer_id": str(row.transfer.uid),
        "kind": row.transfer.kind,
        "account": row.account,
        "partner_id": id_of(row.partner),
        "partner": row.partner and row.partner.name,
        "event_id": row.event_uid and str(row.event_uid),
        "order_id": row.order_uid and str(row.order_uid),
        "booking_id": row.booking_uid and str(row.booking_uid),
        "debit": money(row.debit),
        "credit": money(row.credit),
        "currency": row.transfer.currency,
        "note": row.transfer.note or None,
        "created_at": moment(row.created_at),
    }


def batch(row: PayoutBatch, for_staff: bool) -> dict:
    """A batch of payouts. Reads the annotated figures, and its people, whom partners are not told."""
    return {
        "id": str(row.uid),
        "status": row.status.capitalize(),
        "provider": row.provider,
        "payouts_count": row.payouts_count,
        "totals": row.totals,
        "created_by": person(row.created_by) if for_staff else None,
        "approved_by": person(row.approved_by) if for_staff else None,
        "created_at": moment(row.created_at),
        "approved_at": moment(row.approved_at),
        "finished_at": moment(row.finished_at),
    }


def batch_detail(row: PayoutBatch, for_staff: bool) -> dict:
    """A batch with its payouts (`seen`), and who is left out of it."""
    return {
        **batch(row, for_staff),
        "payouts": [payout(one) for one in row.seen],
        "left_out": [left_out(one) for one in row.left_out] if for_staff else [],
    }


def left_out(found: dict) -> dict:
    """A partner that gets nothing this time, and why."""
    return {
        "partner_id": found["partner"],
        "partner": found["name"],
        "currency": found["currency"],
        "explanation": found["sentence"],
    }


def payout(row: Payout) -> dict:
    """What one partner is paid. Reads the partner."""
    return {
        "id": str(row.uid),
        "partner_id": str(row.partner.uid),
        "partner": row.partner.name,
        "amount": money(row.amount),
        "currency": row.currency,
        "status": row.status.capitalize(),
        "explanation": row.sentence or None,
        "reason": row.reason or None,
        "provider_reference": row.provider_reference or None,
        "sent_at": moment(row.sent_at),
        "paid_at": moment(row.paid_at),
    }


# --- Operations and logs ------------------------------------------------------------------------------


def notification(row: Notification) -> dict:
    """A message of the caller's inbox. Reads the recipient."""
    return {
        "id": str(row.uid),
        "recipient_id": str(row.recipient.uid),
        "type": row.level.capitalize(),
        "title": row.title,
        "message": row.message,
        "url": absolute(row.url),
        "is_read": row.is_read,
        "created_at": moment(row.created_at),
    }


def audit_line(row: AuditLog) -> dict:
    """Who did what to what. Reads the actor; there is none when the system itself acted."""
    return {
        "id": str(row.uid),
        "actor_id": id_of(row.actor),
        "actor": person(row.actor),
        "action": row.action,
        "target_resource": row.target_resource,
        "target_id": row.target_uid and str(row.target_uid),
        "target": row.target_label or None,
        "details": row.details,
        "created_at": moment(row.created_at),
    }
