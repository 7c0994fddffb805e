"""What staff do about a person's data: send them a copy of it, erase them. Both when they ask for it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.step_up import Proved
from bookings.command_center.users import AboutUser, address_of
from eventify.lib.desk.confirm import Explained, ObjectConfirmPage, ReasonForm
from eventify.lib.desk.pages import ObjectFormPage
from privacy import copies, erasing, words


class OfAPerson(AboutUser, Proved):
    """A page about the data of somebody who is not erased yet."""

    permission = copies.PERMISSION

    def visible(self):
        return User.objects.filter(erased_at=None)


class SendCopy(OfAPerson, ObjectFormPage):
    """`desk-user-data`: the link to the copy goes to the person, not to who asks for it."""

    title, form_class, asks = gettext_lazy("Send a copy of their data"), ReasonForm, "copy_data"
    submit = gettext_lazy("Send the copy to the person")
    lead = gettext_lazy(
        "Everything that is known about them is put into a file, and they get a mail with a link to it. You do not see "
        "the file. Be sure that it is the person who asks."
    )

    def act(self, form):
        copy = copies.request(self.object, by=self.request.user, reason=form.cleaned_data["reason"])
        sentence = _("The copy is being made. %(address)s gets a mail with the link.")
        return self.done(sentence % {"address": copy.sent_to}, address_of(self.object))


class Erase(OfAPerson, ObjectConfirmPage):
    """`desk-user-erase`."""

    title, form_class, asks = gettext_lazy("Erase"), ReasonForm, "erase_person"

    def change(self, values: dict) -> dict:
        return erasing.erase(self.object, by=self.request.user, reason=values.get("reason") or "-")

    def explain(self, facts: dict) -> Explained:
        name = {"name": self.object}
        return Explained(
            _("All that says who %(name)s is goes, for ever. It cannot be taken back.") % name,
            submit=_("Erase %(name)s for ever") % name,
            facts=[(what, sum(facts.get(model, 0) for model in models)) for what, models in words.COUNTED],
            warnings=[" ".join(str(sentence) for sentence in words.STAYS)],
        )

    def finished(self, facts: dict):
        return self.done(_("The person is erased. A last mail tells them so."), address_of(self.object))
