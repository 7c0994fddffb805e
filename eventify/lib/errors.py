"""Refusals. A rule raises one; each contract and page words it in its own shape."""

from django.utils.translation import gettext_lazy as _


class Because(str):
    """A sentence that refuses, with the rule that does (`rule`, a stable id) and what it was judged by (`facts`, JSON).

    Contracts show the sentence; who asks why something is refused is told the rest as well (accounts/explaining.py).
    """

    def __new__(cls, rule: str, sentence: str, **facts):
        made = super().__new__(cls, sentence)
        made.rule, made.facts = rule, facts
        return made


class DomainError(Exception):
    """A rule said no. `message` is for people, `code` for programs, `details` is JSON data beside it.

    `kind` is what stands in the way: a rule, a role, the state of things, a limit, or that it is not known who asks
    (sign-in).
    """

    status = 409
    code = "refused"
    kind = "rule"
    message = _("This is not possible.")

    def __init__(self, message=None, **details):
        self.message = message or self.message
        self.details = details
        super().__init__(str(self.message))

    @property
    def rule(self) -> str:
        """The stable id of what refuses: as the sentence says, else the code."""
        return getattr(self.message, "rule", self.code)

    @property
    def facts(self) -> dict:
        """What the rule was judged with, as JSON data."""
        return getattr(self.message, "facts", {})


class Conflict(DomainError):
    """The state of things forbids it now (409)."""

    code = "conflict"
    kind = "state"


class Missing(DomainError):
    """There is no such thing, or none that the caller may see (404)."""

    status = 404
    code = "not_found"
    kind = "state"
    message = _("Not found.")


class Forbidden(DomainError):
    """The caller may see it but not do this to it (403)."""

    status = 403
    code = "forbidden"
    kind = "role"
    message = _("You do not have permission to do this.")


class Invalid(DomainError):
    """A value is not acceptable (422, or 400 where the contract says so). `errors` maps field -> [sentences]."""

    status = 422
    code = "invalid"
    message = _("Some values are not valid.")

    def __init__(self, message=None, errors=None, **details):
        super().__init__(message, **details)
        self.errors = errors or {}

    @classmethod
    def field(cls, name: str, sentence) -> "Invalid":
        """The refusal of one field."""
        return cls(sentence, errors={name: [sentence]})
