"""The door without a browser: a keyboard-wedge scanner types codes, this answers one line each."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Q

from bookings import checkin, queries
from bookings.models import Ticket
from events.models import Event

ADMITTED, USED, CANCELLED, UNKNOWN, NOT_CHECKED = range(5)
# reason of checkin.NotValid -> (the word on the screen, the exit code)
_REFUSALS = {
    "used": ("USED", USED),
    "cancelled": ("CANCELLED", CANCELLED),
    "event_cancelled": ("CANCELLED", CANCELLED),
    "wrong_event": ("WRONG EVENT", UNKNOWN),
}
_WIDTH = 12  # of the word at the start of a line
_SHOWN = 60  # characters of an unknown code
_BIGINT_DIGITS = 18
_HELP = """Check tickets in by their codes and print one line for each: OK, USED, CANCELLED, WRONG EVENT or UNKNOWN.
Without codes they are read from standard input, one a line, until its end or Ctrl-C. Exit code, the highest that
applies: 0 all admitted, 1 one was used already, 2 one was cancelled, 3 one was unknown or for another event,
4 one could not be checked, or there is no such event."""


class Command(BaseCommand):
    help = _HELP

    def add_arguments(self, parser):
        parser.add_argument(
            "codes", nargs="*", metavar="CODE", help="what the QR code says; case and blanks do not matter"
        )
        parser.add_argument("--stdin", action="store_true", help="read codes from standard input, after those given")
        parser.add_argument("--event", metavar="E", help="admit to this event only: its id, uid or slug")
        parser.add_argument("--gate", default="", metavar="NAME", help="where the door is; kept with each admission")
        parser.add_argument(
            "--stats", action="store_true", help="print how many were sold, are inside and remain outside"
        )

    def handle(self, *, codes, stdin, event, gate, stats, **options):
        event = _find_event(event) if event else None
        if stats and event is None:
            raise CommandError("Name the event to count with --event.", returncode=NOT_CHECKED)
        worst = self._admit_all(_all_codes(codes, stdin or not (codes or stats)), gate, event)
        if stats:
            self._print_stats(event)
        if worst:
            sys.exit(worst)

    def _admit_all(self, codes: Iterable[str], gate: str, event: Event | None) -> int:
        """Admit each, print each; returns the exit code. Ctrl-C is the end of the input."""
        worst = ADMITTED
        with suppress(KeyboardInterrupt):
            for code in codes:
                worst = max(worst, self._admit(code, gate, event))
        return worst

    def _admit(self, code: str, gate: str, event: Event | None) -> int:
        try:
            ticket = checkin.admit(code, by=None, gate=gate, event=event)
        except checkin.UnknownCode:
            return self._say("UNKNOWN", code[:_SHOWN], UNKNOWN)
        except checkin.NotValid as refusal:
            word, exit_code = _REFUSALS[refusal.reason]
            return self._say(word, f"{refusal.message} {_who(refusal.ticket)}", exit_code)
        except (OperationalError, InterfaceError):
            connection.close()  # the next scan connects again
            return self._say("SCAN AGAIN", "The database does not answer; nothing was decided.", NOT_CHECKED)
        return self._say("OK", _who(ticket), ADMITTED)

    def _say(self, word: str, text: str, exit_code: int) -> int:
        style = self.style.ERROR if exit_code else self.style.SUCCESS
        self.stdout.write(style(f"{word:<{_WIDTH}} {_printable(text)}"))
        self.stdout.flush()
        return exit_code

    def _print_stats(self, event: Event) -> None:
        rows = [(name, sold, inside) for name, sold, inside in _counted(event)]
        rows.append(("Total", sum(row[1] for row in rows), sum(row[2] for row in rows)))
        width = max(len(_printable(row[0])) for row in rows)
        self.stdout.write(_printable(event.name))
        self.stdout.write(f"{'':<{width}} {'sold':>8} {'inside':>8} {'remaining':>10}")
        for name, sold, inside in rows:
            self.stdout.write(f"{_printable(name):<{width}} {sold:>8} {inside:>8} {sold - inside:>10}")


def _find_event(text: str) -> Event:
    """The event with this id, uid or slug; CommandError when there is none."""
    wanted = Q(slug=text)
    if text.isascii() and text.isdigit() and len(text) <= _BIGINT_DIGITS:
        wanted |= Q(pk=int(text))
    with suppress(ValueError):
        wanted |= Q(uid=UUID(text))
    # A slug of digits may be the id of another event: the slug wins.
    found = sorted(Event.objects.filter(wanted), key=lambda event: event.slug != text) if text.isprintable() else []
    if not found:
        raise CommandError(f"There is no event {_printable(text[:_SHOWN])!r}.", returncode=NOT_CHECKED)
    return found[0]


def _all_codes(codes: list[str], reads_on: bool) -> Iterator[str]:
    yield from codes
    if not reads_on:
        return
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="replace")  # a scanner's stray byte is an unknown code, not the end
    for line in sys.stdin:
        if line.strip():
            yield line.strip()


def _who(ticket: Ticket) -> str:
    seat = [f"seat {ticket.seat.label}"] if ticket.seat else []
    return ", ".join([str(ticket.user), ticket.ticket_type.name, *seat, ticket.event.name])


def _printable(text: str) -> str:
    """The text without what would move the cursor or colour the terminal (names are the users' own)."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _counted(event: Event) -> list[tuple[str, int, int]]:
    """The event's ticket types: name, how many tickets are good or used, and how many people are inside."""
    found = queries.admission(event)
    kinds = event.ticket_types.order_by("position", "id")
    return [(kind.name, *reversed(found.get(kind.pk, (0, 0)))) for kind in kinds]
