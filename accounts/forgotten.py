"""A forgotten password: a mail to the address, whoever it belongs to, so that nobody learns who has an account."""

from hashlib import sha256
from uuid import UUID

from accounts import letters, mail, password_links, signup
from accounts.models import User
from eventify.lib.ratelimit import hit


def ask(email: str) -> None:
    """Owe the address a mail: the link to a new password, or the news that there is no account for it.

    Both are one query and one row, so that they take the same time. Invalid for what is no address; TooManyRequests
    when the address was asked about too often, so that nobody's inbox is flooded.
    """
    email = signup.clean_email(email)
    hit("reset", sha256(email.lower().encode()).hexdigest())
    user = User.objects.filter(email__lower=email.lower(), is_active=True, banned_at=None, is_guest=False).first()
    if user:
        mail.queue("password_reset", user.email, name=user.first_name, user=str(user.uid))
    else:
        mail.queue("password_reset_unknown", email)


@letters.enriches("password_reset")
def _link(context: dict) -> letters.Extras:
    """The link is made when the mail is sent, and stored nowhere."""
    user = User.objects.filter(uid=UUID(context["user"])).first()
    return letters.Extras(context={"path": password_links.path_for(user) if user else "/login/"})
