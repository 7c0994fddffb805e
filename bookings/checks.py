"""What production should know about its payments before it sells: that nobody can pay, or that anybody can."""

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from django.utils.translation import gettext as _

WAY_OUT = "Set EVENTIFY_PAYMENT_PROVIDER=stripe, STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET."


def warnings() -> list[CheckMessage]:
    """What is wrong with the payments of a production site; nothing elsewhere."""
    if not settings.PRODUCTION:
        return []
    if settings.EVENTIFY_PAYMENT_PROVIDER == "sandbox":
        number = "W002" if settings.EVENTIFY_SANDBOX_PAYMENTS else "W001"
        return [Warning(f"Payments are in sandbox mode. {sandbox_sentence()}", hint=WAY_OUT, id=f"bookings.{number}")]
    if settings.STRIPE_SECRET_KEY.startswith(("sk_test_", "rk_test_")):
        return [Warning("STRIPE_SECRET_KEY is a key for tests: no real money is taken.", id="bookings.W003")]
    return []


def sandbox_sentence() -> str:
    """What the sandbox means for buyers here."""
    if settings.EVENTIFY_SANDBOX_PAYMENTS:
        return _("Anybody can say that they have paid: no real money is taken.")
    return _("Its payment page is closed here, so nobody can pay.")


@register
def payments_are_real(app_configs=None, **options) -> list[CheckMessage]:
    """Warn at every start and `manage.py` command of a production site whose payments are not real."""
    return warnings()
