"""Refusals. A rule raises one; each contract and page words it in its own shape."""

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A rule said no. `message` is for people, `code` for programs, `details` is JSON data beside it."""

    status = 409
    code = "refused"
    message = _("This is not possible.")

    def __init__(self, message=None, **details):
        self.message = message or self.message
        self.details = details
        super().__init__(str(self.message))


class Conflict(DomainError):
    """The state of things forbids it now (409)."""

    code = "conflict"


class Missing(DomainError):
    """There is no such thing, or none that the caller may see (404)."""

    status = 404
    code = "not_found"
    message = _("Not found.")


class Forbidden(DomainError):
    """The caller may see it but not do this to it (403)."""

    status = 403
    code = "forbidden"
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
