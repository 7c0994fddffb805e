"""The page before something dangerous: exactly what would change, then one button that does exactly that."""

from dataclasses import dataclass, field

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from eventify.lib import preview
from eventify.lib.desk.pages import FormPage, ObjectMixin
from eventify.lib.errors import DomainError

REASON_MAX = 500


class ReasonForm(forms.Form):
    """Why: it goes into the audit log, and into the mail where there is one."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_MAX,
        error_messages={"required": _("Say why: the reason stays in the audit log.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@dataclass
class Explained:
    """The facts of a preview as people read them.

    `sentence` says what happens; `changes` are (what, before, after); `facts` are (what, value); `warnings` are
    sentences; `submit` is the label of the button, with the count and the amount in it.
    """

    sentence: str
    submit: str
    changes: list[tuple] = field(default_factory=list)
    facts: list[tuple] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    is_danger: bool = True


class ConfirmPage(FormPage):
    """Shows what `change` would do (computed by doing it and taking it back), and does it if nothing has moved.

    `change(values)` does the real thing, with the form's values, and returns its facts (JSON data without what was
    typed). `explain(facts)` words them. `finished(facts)` says where to go next.
    """

    template_name = "command_center/confirm.html"
    form_class = forms.Form

    def change(self, values: dict) -> dict:
        raise NotImplementedError

    def explain(self, facts: dict) -> Explained:
        raise NotImplementedError

    def finished(self, facts: dict) -> str | HttpResponse:
        raise NotImplementedError

    def get_initial(self) -> dict:
        """What comes from the page before stands in the form already, unless no form would take it."""
        return {name: value for name, value in self.request.GET.items() if "\x00" not in value}

    def preview_values(self) -> dict:
        """The values with which the preview runs: what is known of the form, else its initial values."""
        form = self.form if self.form is not None else self.get_form()
        blank = {name: form.get_initial_for_field(one, name) for name, one in form.fields.items()}
        return {**blank, **getattr(form, "cleaned_data", {})}

    def post(self, request, *args, **kwargs):
        self.form = self.get_form(request.POST, request.FILES)
        if not self.form.is_valid():
            return self.render(status=400)
        values = self.form.cleaned_data
        try:
            facts = preview.apply(lambda: self.change(values), request.POST.get("digest", ""))
        except DomainError as refusal:
            self.form.add_error(None, str(refusal.message))
            return self.render(status=refusal.status)
        result = self.finished(facts)
        return result if isinstance(result, HttpResponse) else redirect(result)

    def get_context_data(self, **context) -> dict:
        try:
            seen = preview.dry_run(lambda: self.change(self.preview_values()))
        except DomainError as refusal:
            return super().get_context_data(impossible=str(refusal.message), **context)
        explained = self.explain(seen.facts)
        return super().get_context_data(explained=explained, digest=seen.digest, **context)


class ObjectConfirmPage(ObjectMixin, ConfirmPage):
    """The same about one row, which is `self.object`."""
