"""What the pages tell upward (receiver: analytics/receivers.py)."""

from django.dispatch import Signal

# A list was downloaded: `user`, `page` (its url name), `query` (the filters), `form` (csv or xlsx).
downloaded = Signal()
