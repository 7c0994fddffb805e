"""The audit trail."""

from accounts.models import AuditLog, User


def record(action: str, target, *, by: User | None, **details) -> AuditLog:
    """Write one line: `action` (as in APPROVED_KYC), the row acted on, who did it (None: the system), JSON details."""
    resource = f"{target._meta.model_name}_{target.pk}"
    return AuditLog.objects.create(actor=by, action=action, target_resource=resource, details=details)
