"""Indexes for what contracts 000 and 001 search and list, made while sales go on: one for all texts of an event in which
a piece of text is looked for; events that cannot be booked; and what is over, whose end is read from the index.
"""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations
from django.db.models import F, Index, Q

from events.models import Anywhere

LISTED = ~Q(state="draft")
ON_SALE = Q(state__in=("published", "registration_open", "buildup", "showday"))
INACTIVE = ~Q(ON_SALE, is_bookable=True)
BACK = (F("starts_at").desc(nulls_last=True), "id")
TEXTS = Anywhere("name", "title", "description", "venue_name", "location", "place")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("events", "0005_more_lists")]
    operations = [
        AddIndexConcurrently("event", GinIndex(OpClass(TEXTS, name="gin_trgm_ops"), name="event_text_search")),
        AddIndexConcurrently(
            "event", Index(fields=["starts_at", "id"], name="event_inactive", condition=LISTED & INACTIVE)
        ),
        RemoveIndexConcurrently("event", "event_listed_back"),
        AddIndexConcurrently(
            "event", Index(*BACK, name="event_listed_back", condition=LISTED, include=["ends_at", "state"])
        ),
    ]
