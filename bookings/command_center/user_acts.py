"""What staff do about a person: ban, let in again, reset a lost two-factor, end the sessions."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import bans, closing, two_factor
from accounts.step_up import Proved
from bookings import previews
from bookings.command_center.users import AboutUser, address_of
from eventify.lib.desk.confirm import Explained, ObjectConfirmPage, ReasonForm
from eventify.lib.desk.pages import ObjectActionPage, ObjectFormPage


class Ban(AboutUser, ObjectConfirmPage):
    """`desk-user-ban`."""

    permission, title, form_class, asks = "ban_users", gettext_lazy("Ban"), ReasonForm, "ban_user"

    def change(self, values: dict) -> dict:
        return previews.ban(self.object, reason=values.get("reason") or "-", by=self.request.user)()

    def explain(self, facts: dict) -> Explained:
        name = {"name": self.object}
        warnings = []
        if facts["coming_tickets"]:
            warnings.append(_("Tickets that are bought keep working at the door. Refund the orders to stop them."))
        if facts["open_holds"] or facts["waiting_parties"]:
            warnings.append(_("Holds run out by themselves; places on the waitlist stay, and pass on when unpaid."))
        return Explained(
            _("%(name)s is logged out everywhere at once and cannot come in again.") % name,
            submit=_("Ban %(name)s") % name,
            changes=[(_("State"), _("Active"), _("Banned"))],
            facts=[
                (_("Sessions that end"), facts["sessions"]),
                (_("Devices that are logged out"), facts["devices"]),
                (_("Orders not paid yet"), facts["open_holds"]),
                (_("Parties on a waitlist"), facts["waiting_parties"]),
                (_("Tickets for events to come"), facts["coming_tickets"]),
                (_("Mails"), 0),
            ],
            warnings=warnings,
        )

    def finished(self, facts: dict):
        return self.done(_("%(name)s is banned.") % {"name": self.object}, address_of(self.object))


class Unban(AboutUser, ObjectActionPage):
    """`desk-user-unban`."""

    permission, asks = "ban_users", "unban_user"

    def act(self):
        bans.unban(self.object, by=self.request.user)
        return _("%(name)s may log in again.") % {"name": self.object}

    def back_url(self) -> str:
        return address_of(self.object)


class LogOut(AboutUser, ObjectFormPage):
    """`desk-user-log-out`: somebody's phone was stolen, or they cannot end a session themselves."""

    permission, title, form_class = "ban_users", gettext_lazy("Log out everywhere"), ReasonForm
    asks = "log_out_user"
    submit, submit_style = gettext_lazy("Log out everywhere"), "danger"
    lead = gettext_lazy("Every browser and app of theirs has to log in again. The password stays as it is.")

    def act(self, form):
        closing.end_sessions(self.object, reason=form.cleaned_data["reason"], by=self.request.user)
        return self.done(_("%(name)s is logged out everywhere.") % {"name": self.object}, address_of(self.object))


class ResetTwoFactor(AboutUser, Proved, ObjectFormPage):
    """`desk-user-reset-2fa`: for somebody who lost the device and the recovery codes."""

    permission, title, form_class = "reset_2fa", gettext_lazy("Reset two-factor"), ReasonForm
    asks = "reset_two_factor"
    submit, submit_style = gettext_lazy("Reset two-factor"), "danger"
    lead = gettext_lazy(
        "The password alone lets them in after this, until they set it up again. They get a mail and are logged out. "
        "Be sure that you talk to the person."
    )

    def act(self, form):
        two_factor.reset(self.object, reason=form.cleaned_data["reason"], by=self.request.user)
        sentence = _("The two-factor of %(name)s is reset. They were told by mail.")
        return self.done(sentence % {"name": self.object}, address_of(self.object))
