"""Names that are kept for a time only are found without reading all, made while people buy."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.models import Index, Q

NAMED_UNPAID = Q(
    ~Q(buyer_name="") | ~Q(buyer_email="") | ~Q(buyer_phone="") | ~Q(company=""), status="cancelled", paid_at=None
)
NAMED_BOOKING = ~Q(attendees=[])
NAMED_TICKET = ~Q(attendee_name="") | ~Q(attendee_email="")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("bookings", "0018_webhooks_by_moment")]
    operations = [
        AddIndexConcurrently(
            "order", Index(fields=["cancelled_at"], name="order_named_unpaid", condition=NAMED_UNPAID)
        ),
        AddIndexConcurrently("booking", Index(fields=["event"], name="booking_named", condition=NAMED_BOOKING)),
        AddIndexConcurrently("ticket", Index(fields=["event"], name="ticket_named", condition=NAMED_TICKET)),
    ]
