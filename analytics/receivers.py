"""What analytics does when something below it changes or leaves."""

from django.dispatch import receiver

from accounts import audit
from analytics import summary
from eventify.lib.desk.signals import downloaded
from events.signals import event_changed


@receiver(event_changed)
def forget_summaries(**_signal):
    """An event, its state or its stock has changed: cached figures are of yesterday."""
    summary.forget()


@receiver(downloaded)
def note_the_download(user, page, query, form, **_signal):
    """A list leaves the platform: the audit log knows who took what."""
    audit.record("DOWNLOADED_LIST", user, by=user, list=page, filters=query, form=form)
