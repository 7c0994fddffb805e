"""How tests come in: a browser that has proved who it is, and codes as an authenticator app would show them."""

import time

from django_otp.oath import TOTP

from accounts import step_up, two_factor
from accounts.models import User
from eventify.lib.errors import Invalid


def log_in(client, user: User, *, fresh: bool = True):
    """The client, logged in as the user; `fresh`: the proof of identity is of now, otherwise there is none."""
    client.force_login(user)
    session = client.session
    session.pop(step_up.MOMENT, None)
    if fresh:
        session[step_up.MOMENT] = time.time()
    session.save()
    return client


def code_of(user: User, steps: int = 0) -> str:
    """What the user's app shows now, or so many steps of 30 seconds later."""
    device = user.totpdevice_set.get()
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = time.time() + steps * device.step
    return f"{totp.token():06}"


def turn_on(user: User) -> list[str]:
    """Set two-factor up; returns the recovery codes. The code of the step before is used up by it, not the next."""
    two_factor.begin(user)
    try:
        return two_factor.confirm(user, code_of(user, -1))
    except Invalid:  # a step ended between the two, and the code is two steps old
        return two_factor.confirm(user, code_of(user, -1))
