"""What an event asks of its crew, and whether people may sign up."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crew import plans
from crew.command_center.base import OfEvent, Unmoved
from crew.command_center.fields import OfUid
from crew.models import CrowdType
from eventify.lib.desk import nav
from eventify.lib.desk.pages import ActionPage, FormPage
from eventify.lib.desk.words import word
from events import states
from events.models import Event

WELCOME_MAX = 5000
S = Event.State
_STATES = {True: S.REGISTRATION_OPEN, False: S.PUBLISHED}


class PlanForm(forms.Form):
    """The rules of an event."""

    minimum_rest_minutes = forms.IntegerField(
        label=gettext_lazy("Rest between two shifts, in minutes"),
        min_value=0,
        max_value=plans.REST_MOST,
        help_text=gettext_lazy("Less than that is a clash, which only a planner can allow. 0: none is asked."),
    )
    cancel_hours = forms.IntegerField(
        label=gettext_lazy("People may cancel or swap until so many hours before a shift"),
        min_value=0,
        max_value=plans.CANCEL_MOST,
        help_text=gettext_lazy("After that they have to ask you."),
    )
    welcome = forms.CharField(
        label=gettext_lazy("Welcome"),
        required=False,
        max_length=WELCOME_MAX,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("People read it before they sign up."),
    )

    def __init__(self, *args, event: Event, **kwargs):
        super().__init__(*args, **kwargs)
        types = CrowdType.objects.filter(partner=event.partner_id, is_active=True)
        first = _("The organisation's first volunteer type")
        self.fields["signup_crowd_type"] = OfUid(
            types, label=_("Who signs up becomes"), required=False, empty_label=first
        )
        self.order_fields(["minimum_rest_minutes", "cancel_hours", "signup_crowd_type", "welcome"])


class PlanPage(Unmoved, OfEvent, FormPage):
    """`desk-crew-plan`."""

    title, submit = gettext_lazy("Rules"), gettext_lazy("Save the rules")
    lead = gettext_lazy("What the event asks of its crew. A sub-event without rules of its own follows its festival.")
    template_name = "command_center/crew/plan.html"

    def get_form(self, data=None, files=None):
        return PlanForm(data, files, initial=self.get_initial(), event=self.event)

    def get_initial(self) -> dict:
        plan = plans.plan_for(self.event)
        kind = plan.signup_crowd_type
        return {
            "minimum_rest_minutes": plan.minimum_rest_minutes,
            "cancel_hours": plan.cancel_hours,
            "signup_crowd_type": kind and kind.uid,
            "welcome": plan.welcome,
        }

    def act(self, form):
        self.check_unmoved()
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        plans.set_plan(self.event, by=self.request.user, **changes)
        return self.done(_("The rules are saved."), self.at("desk-crew-plan"))

    def get_cancel_url(self) -> str:
        return self.at("desk-crew-board")

    def get_context_data(self, **context) -> dict:
        event = self.event
        is_open = event.state == S.REGISTRATION_OPEN
        return super().get_context_data(
            state=word(event.state).label,
            is_open=is_open,
            missing=[] if is_open else self.missing(),
            kind=plans.signup_type(event),
            registration_url=self.at("desk-crew-registration"),
            portal_url=nav.link("crew-event", event.slug),
            **context,
        )

    def missing(self) -> list[str]:
        """What keeps registration from being opened, as sentences."""
        event, found = self.event, []
        if S.REGISTRATION_OPEN not in states.TRANSITIONS[S(event.state)]:
            found.append(
                _("Registration opens from Published. This event is %(state)s.") % {"state": word(event.state).label}
            )
        found += states.missing_for(event, S.REGISTRATION_OPEN)
        if plans.signup_type(event) is None:
            found.append(_("There is no crowd type that people could become. Make one, or choose one here."))
        return found


class Registration(OfEvent, ActionPage):
    """`desk-crew-registration`: POST `open` 1 opens registration, anything else closes it."""

    tab, asks = "desk-crew-plan", "change_state"

    @property
    def about(self):
        return self.event

    @property
    def says(self) -> str:
        return f"state={_STATES[self.request.POST.get('open') == '1']}"

    def act(self):
        is_open = self.request.POST.get("open") == "1"
        states.transition(self.event, _STATES[is_open], by=self.request.user)
        return _("Registration is open: people can sign up.") if is_open else _("Nobody can sign up any more.")

    def back_url(self) -> str:
        return self.next_url(self.at("desk-crew-plan"))
