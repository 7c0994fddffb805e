"""How far an event is: publishing it, and the steps that follow, each with what it still lacks."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import readiness
from bookings.command_center.event_edit import Manages
from bookings.command_center.events import address_of
from eventify.lib.desk.pages import ObjectFormPage
from eventify.lib.desk.words import word
from eventify.lib.errors import DomainError
from events import states
from events.models import Event

S = Event.State
# state -> (the button that leads to it, what it means)
STEPS = {
    S.DRAFT: (gettext_lazy("Make it a draft again"), gettext_lazy("Nobody but you sees it any more.")),
    S.PUBLISHED: (gettext_lazy("Publish"), gettext_lazy("Everybody sees it, and its tickets are on sale.")),
    S.REGISTRATION_OPEN: (
        gettext_lazy("Open registration"),
        gettext_lazy("People can sign up for its crew. Tickets stay on sale."),
    ),
    S.BUILDUP: (gettext_lazy("Begin the build-up"), gettext_lazy("The crew begins. Tickets stay on sale.")),
    S.SHOWDAY: (
        gettext_lazy("Begin the show day"),
        gettext_lazy("It takes place. Tickets stay on sale, and the door is open."),
    ),
    S.TEARDOWN: (gettext_lazy("Begin the teardown"), gettext_lazy("It is over: nothing is sold any more.")),
    S.CLOSED: (gettext_lazy("Close it"), gettext_lazy("All is done. This cannot be taken back.")),
}
BACK = (gettext_lazy("Back to published"), gettext_lazy("Nobody can sign up for its crew. Tickets stay on sale."))


def next_states(event: Event) -> list[str]:
    """The states that a button leads to; cancelling has a page of its own."""
    return [state for state in states.TRANSITIONS[S(event.state)] if state != S.CANCELLED]


def step_to(event: Event, state: str) -> dict:
    """The button to a state: its label, what it means, and what is missing."""
    is_back = state == S.PUBLISHED and event.state != S.DRAFT
    label, meaning = BACK if is_back else STEPS[S(state)]
    missing = states.missing_for(event, state)
    return {"state": state, "label": label, "meaning": meaning, "missing": missing, "is_final": state == S.CLOSED}


class StepForm(forms.Form):
    """The state that it goes to."""

    to = forms.ChoiceField(choices=S.choices)


class StatePage(Manages, ObjectFormPage):
    """`desk-event-state`. A button that is pressed twice does nothing the second time."""

    template_name = "command_center/events/state.html"
    form_class, title, asks = StepForm, gettext_lazy("State"), "change_state"

    @property
    def says(self) -> str:
        """The question is about the state that was chosen, once one was."""
        to = getattr(self.form, "cleaned_data", {}).get("to")
        return f"state={to}" if to else ""

    def get_form(self, data=None, files=None):
        return StepForm(data)

    def get_context_data(self, **context) -> dict:
        event = self.object
        steps = [step_to(event, state) for state in next_states(event)]
        advice = readiness.advice(event, list(event.ticket_types.all())) if event.state == S.DRAFT else []
        return super().get_context_data(title_pills=[event.state], steps=steps, advice=advice, **context)

    def act(self, form):
        event, to = self.object, form.cleaned_data["to"]
        if event.state != to:
            event = self._go(to)
        if to == S.PUBLISHED:
            return self.done(_("%(event)s is published.") % {"event": event.name}, address_of(event))
        words = {"event": event.name, "state": word(to).label}
        return self.done(_("%(event)s: %(state)s.") % words, address_of(event))

    def _go(self, to: str) -> Event:
        event = self.object
        if to == S.CANCELLED:  # its page says first what that does
            raise states.InvalidTransition(event, to, [_("Cancel an event on its own page.")])
        try:
            return states.transition(event, to, by=self.request.user)
        except DomainError:
            event.refresh_from_db(fields=["state"])
            if event.state != to:  # the other of two clicks was faster
                raise
        return event
