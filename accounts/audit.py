"""The audit trail."""

from accounts.models import AuditLog, User

_LABEL = 200  # characters kept of what the target is called


def record(action: str, target, *, by: User | None, **details) -> AuditLog:
    """Write one line: `action` (as in APPROVED_KYC), the row acted on, who did it (None: the system), JSON details.

    A change says `before` and `after`. The line joins the chain when its transaction commits.
    """
    return AuditLog.objects.create(
        actor=by,
        action=action,
        target_resource=f"{target._meta.model_name}_{target.pk}",
        target_uid=getattr(target, "uid", None),
        target_label=str(target)[:_LABEL],
        details=details,
    )
