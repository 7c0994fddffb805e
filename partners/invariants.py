"""What must hold of organisations, their people and their payouts.

The ledger is proved in bookings/ledger_checks.py.
"""

from accounts.permissions import LABEL
from eventify.lib.checks import RESTORE, Check
from partners.members import GRANTS

_GRANTS = ", ".join(f"('{role}', '{permission}')" for role, granted in GRANTS.items() for permission in granted)
# What each member has by their role.
_DUE = f"""
    SELECT m.user_id, m.partner_id, g.permission
    FROM partners_member m JOIN (VALUES {_GRANTS}) g (role, permission) ON g.role = m.role
"""
_HELD = f"""
    SELECT h.user_id, h.object_pk::bigint AS partner_id, p.codename AS permission
    FROM guardian_userobjectpermission h JOIN auth_permission p ON p.id = h.permission_id
    JOIN django_content_type c ON c.id = h.content_type_id AND c.app_label = '{LABEL}' AND c.model = 'partner'
"""

CHECKS = (
    Check(
        "rights of members",
        f"SELECT count(*) FROM ({_DUE}) due",
        f"""
        SELECT coalesce(h.user_id, d.user_id) AS user_id, coalesce(h.partner_id, d.partner_id) AS partner_id,
               coalesce(h.permission, d.permission) AS permission,
               CASE WHEN h.user_id IS NULL THEN 'lacks' ELSE 'has' END AS verb,
               CASE WHEN h.user_id IS NULL THEN 'gives' ELSE 'does not give' END AS role
        FROM ({_HELD}) h FULL JOIN ({_DUE}) d
            ON (d.user_id, d.partner_id, d.permission) = (h.user_id, h.partner_id, h.permission)
        WHERE h.user_id IS NULL OR d.user_id IS NULL
        """,
        "user {user_id} {verb} {permission} at partner {partner_id}, which their role there {role}",
        "Set the member's role once more on the partner's page; take away what is left of somebody who is no member.",
    ),
    Check(
        "accounts that are paid",
        "SELECT count(*) FROM partners_payout",
        """
        SELECT p.id, p.partner_id, a.id AS account, a.partner_id AS holder
        FROM partners_payout p JOIN partners_bankaccount a ON a.id = p.bank_account_id
        WHERE a.partner_id <> p.partner_id
        """,
        "payout {id} of partner {partner_id} goes to the bank account {account} of partner {holder}",
        "Stop it at the bank, then find out who wrote it.",
    ),
    Check(
        "payouts in their batch",
        "SELECT count(*) FROM partners_payout",
        """
        SELECT p.id, p.status, b.id AS batch, b.status AS batch_status
        FROM partners_payout p JOIN partners_payoutbatch b ON b.id = p.batch_id
        WHERE (b.status IN ('paid', 'failed', 'discarded') AND p.status IN ('draft', 'approved', 'sending'))
            OR (b.status = 'draft' AND p.status NOT IN ('draft', 'discarded'))
        """,
        "payout {id} is {status}, its batch {batch} is {batch_status}",
    ),
    Check(
        "approvals in the audit log",
        "SELECT count(*) FROM partners_payoutbatch WHERE approved_at IS NOT NULL",
        """
        SELECT b.id, b.approved_by_id FROM partners_payoutbatch b
        WHERE b.status <> 'draft' AND b.approved_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM accounts_auditlog a
            WHERE a.target_uid = b.uid AND a.action = 'APPROVED_PAYOUTS' AND a.actor_id = b.approved_by_id)
        """,
        "batch {id} was approved by user {approved_by_id}, and the audit log does not say so",
        "Ask that person, and stop what is not sent yet.",
    ),
    Check(
        "payouts that are unknown",
        "SELECT count(*) FROM partners_payout WHERE status IN ('approved', 'sending')",
        """
        SELECT id, status, updated_at, sent_at FROM partners_payout
        WHERE (status = 'approved' AND updated_at < now() - interval '1 day')
            OR (status = 'sending' AND sent_at < now() - interval '14 days')
        """,
        "payout {id} is {status} since {updated_at} (sent at {sent_at}), and nobody knows whether it arrived",
        "Ask the bank by the payout's id, and say on its page what became of it. Never send it again by another way.",
    ),
    Check(
        "keys of payouts",
        "SELECT count(*) FROM partners_payoutbatch WHERE idempotency_key <> ''",
        """
        SELECT created_by_id, idempotency_key, count(*) AS times, min(fingerprint) AS fingerprint
        FROM partners_payoutbatch WHERE idempotency_key <> '' GROUP BY created_by_id, idempotency_key
        HAVING count(*) > 1 OR min(fingerprint) = ''
        """,
        "user {created_by_id} used the key {idempotency_key} {times} times for payouts; asked: '{fingerprint}'",
        "The unique constraint payout_batch_once is gone, or what was asked is. " + RESTORE,
    ),
)
