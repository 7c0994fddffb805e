"""A process of its own that works cancelled events off, for the tests that kill it.

It starts again where it was killed. With an argument it works in a way that is wrong (for the control).
"""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventify.settings")
django.setup()

from accounts import mail  # noqa: E402
from accounts.models import User  # noqa: E402
from bookings import calling_off, tasks  # noqa: E402


def tell_first() -> None:
    """Wrong: the buyer is told in a transaction of its own, before the orders end."""
    end_for = calling_off._end_for
    calling_off._tell = lambda *args: None

    def end_after_telling(what, user):
        mail.queue("event_cancelled", User.objects.get(pk=user).email)
        return end_for(what, user)

    calling_off._end_for = end_after_telling


if __name__ == "__main__":
    for name in sys.argv[1:]:
        globals()[name]()
    tasks.refund_cancelled_events()
