"""Why not, judged by the verbs themselves: what is explained is what happens when the real thing is done."""

from collections.abc import Callable
from typing import NamedTuple

from django.db import transaction

from accounts import explaining
from accounts.explaining import Action, Answer
from accounts.models import User
from eventify.lib.errors import DomainError


class Asked(NamedTuple):
    """What was said of a question, and what became of the real thing: None, or what refused it."""

    answer: Answer
    refusal: DomainError | None

    @property
    def agree(self) -> bool:
        if self.refusal is None or self.answer.allowed:
            return self.answer.allowed and self.refusal is None
        return self.answer.code == self.refusal.code and bool(self.answer.sentence) and self.answer.kind != ""


def asked(action: Action, row, by: User | None, done: Callable[[], object], **said: str) -> Asked:
    """Ask, then do the real thing and take it back. A row that the asker may not see is refused as such."""
    try:
        answer = explaining.explain(action, str(row.uid), asker=by, by=by, said=said, is_fresh=True)
    except DomainError as refusal:
        answer = Answer(False, str(refusal.message), refusal.kind, refusal.code, refusal.rule)
    return Asked(answer, refusal_of(done))


def refusal_of(done: Callable[[], object]) -> DomainError | None:
    """What refuses the real thing. It is taken back."""
    try:
        with transaction.atomic():
            done()
            transaction.set_rollback(True)
    except DomainError as refusal:
        return refusal
    return None
