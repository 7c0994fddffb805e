"""What must hold of accounts and of the audit log."""

from collections.abc import Iterator

from accounts import audit_chain
from accounts.permissions import SUPER_ADMIN
from eventify.lib.checks import Check

_WORKER = "Are the worker and beat running, and what do their logs say? The sweep sends it once they are."


def _broken_chain(_only: list[int] | None) -> Iterator[dict]:
    try:
        audit_chain.verify()
    except audit_chain.Broken as broken:
        yield {"why": str(broken)}


CHECKS = (
    Check(
        "audit log",
        "SELECT count(*) FROM accounts_auditlog",
        _broken_chain,
        "{why}",
        "Somebody changed the log. Find out who had the database's password, and compare with a backup: "
        "manage.py audit_verify.",
    ),
    Check(
        "bans in the audit log",
        "SELECT count(*) FROM accounts_user WHERE banned_at IS NOT NULL",
        """
        SELECT u.id, u.banned_at FROM accounts_user u WHERE u.banned_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM accounts_auditlog a WHERE a.target_uid = u.uid AND a.action = 'BANNED_USER')
        """,
        "user {id} is banned since {banned_at}, and the audit log does not say by whom",
    ),
    Check(
        "sessions of the banned",
        "SELECT count(*) FROM accounts_session WHERE ended_at IS NULL",
        """
        SELECT u.id, 'session' AS what, s.id AS token FROM accounts_user u JOIN accounts_session s ON s.user_id = u.id
        WHERE u.banned_at IS NOT NULL AND s.ended_at IS NULL
        UNION ALL
        SELECT u.id, 'device token', d.id FROM accounts_user u JOIN accounts_devicetoken d ON d.user_id = u.id
        WHERE u.banned_at IS NOT NULL
        """,
        "user {id} is banned, and the {what} {token} has not ended",
        "Ban the person once more, which ends everything: unban and ban on their page.",
    ),
    Check(
        "erased people",
        "SELECT count(*) FROM accounts_user WHERE erased_at IS NOT NULL",
        """
        SELECT u.id, u.erased_at FROM accounts_user u
        WHERE u.erased_at IS NOT NULL AND (
            u.is_active OR u.full_name <> '' OR u.phone IS NOT NULL OR u.email NOT LIKE 'erased-%@erased.invalid'
            OR EXISTS (SELECT FROM accounts_session s WHERE s.user_id = u.id)
            OR EXISTS (SELECT FROM accounts_devicetoken d WHERE d.user_id = u.id)
            OR EXISTS (SELECT FROM accounts_notification n WHERE n.recipient_id = u.id AND n.created_at < u.erased_at))
        """,
        "user {id} was erased at {erased_at}, and something of the person is there again",
        "Was a backup restored, or the row changed by hand? Set erased_at to NULL and erase the person once more.",
    ),
    Check(
        "roles of staff",
        "SELECT count(*) FROM accounts_user WHERE is_staff OR is_superuser",
        f"""
        SELECT u.id, u.is_staff, u.is_superuser, coalesce(r.names, '') AS names FROM accounts_user u LEFT JOIN (
            SELECT ug.user_id, count(*) AS roles, string_agg(g.name, ', ' ORDER BY g.name) AS names,
                   bool_or(g.name = '{SUPER_ADMIN}') AS is_super
            FROM accounts_user_groups ug JOIN auth_group g ON g.id = ug.group_id
            JOIN accounts_role role ON role.group_ptr_id = g.id GROUP BY ug.user_id
        ) r ON r.user_id = u.id
        WHERE coalesce(r.roles, 0) > 1 OR u.is_superuser <> coalesce(r.is_super, false)
            OR (r.roles IS NOT NULL AND NOT u.is_staff)
        """,
        "user {id} (staff: {is_staff}, superuser: {is_superuser}) has the roles: {names}",
        "Give them one role on the staff page; take the superuser flag of anybody who is no Super Admin.",
    ),
    Check(
        "mails that are owed",
        "SELECT count(*) FROM accounts_outgoingmail WHERE sent_at IS NULL",
        """
        SELECT id, template, next_attempt_at FROM accounts_outgoingmail
        WHERE sent_at IS NULL AND attempts = 0 AND next_attempt_at < now() - interval '1 hour'
        """,
        "mail {id} ({template}) is owed since {next_attempt_at}, and nobody has tried to send it",
        _WORKER,
    ),
)
