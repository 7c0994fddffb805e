"""This contract's words for the state of an event (DECISIONS: event states)."""

from django.db.models import Q
from django.utils import timezone

from events import states
from events.models import Event

S = Event.State
DRAFT, PUBLISHED, CANCELLED, COMPLETED = WORDS = ("draft", "published", "cancelled", "completed")
_WORD_OF = {
    S.DRAFT: DRAFT,
    **dict.fromkeys(states.ON_SALE, PUBLISHED),
    S.TEARDOWN: COMPLETED,
    S.CLOSED: COMPLETED,
    S.CANCELLED: CANCELLED,
}
# word -> the nearest state that it stands for
STATE_FOR = {DRAFT: S.DRAFT, PUBLISHED: S.PUBLISHED, CANCELLED: S.CANCELLED, COMPLETED: S.TEARDOWN}


def word(event: Event) -> str:
    """draft, published, cancelled, completed; a published event whose end has passed is completed."""
    own = _WORD_OF[S(event.state)]
    return COMPLETED if own == PUBLISHED and event.is_over else own


def having(wanted: str) -> Q:
    """The events that `word` calls so."""
    now = timezone.now()
    questions = {
        DRAFT: Q(state=S.DRAFT),
        CANCELLED: Q(state=S.CANCELLED),
        PUBLISHED: Q(state__in=states.ON_SALE) & (Q(ends_at=None) | Q(ends_at__gt=now)),
        COMPLETED: Q(state__in=(S.TEARDOWN, S.CLOSED)) | Q(state__in=states.ON_SALE, ends_at__lte=now),
    }
    return questions[wanted]
