"""Registration, log-in, status and log-out."""

from rest_framework.response import Response

from accounts import sessions, signup
from accounts.models import DeviceToken, User
from eventify.contracts.eventify_plus import body as bodies
from eventify.contracts.eventify_plus import profile
from eventify.contracts.eventify_plus.conventions import FieldErrors, PlusView, TokenView, count
from eventify.contracts.eventify_plus.spelling import coordinate
from eventify.lib.errors import Invalid
from eventify.lib.ratelimit import client_address


class Register(PlusView):
    """POST /api/user/register/"""

    def post(self, request):
        count("signup", request)
        fields = profile.registration(bodies.read(request))
        try:
            user = signup.register(**fields, by_themself=True)
        except (Invalid, signup.Taken) as refusal:
            raise FieldErrors(refusal.errors) from None
        token = sessions.new_device_token(user)
        return Response({"message": "User registered successfully", "token": token}, status=201)


class Login(PlusView):
    """POST /api/user/login/"""

    def post(self, request):
        count("login", request)
        username, password, otp = profile.credentials(bodies.read(request))
        try:
            user = sessions.check_credentials(username, password, otp=otp, address=client_address(request))
        except (sessions.WrongOtp, sessions.OtpRequired) as refusal:
            raise FieldErrors({"otp": [str(refusal.message)]}, status=refusal.status) from None
        except sessions.WrongCredentials as refusal:
            raise FieldErrors({"username": [str(refusal.message)]}, status=refusal.status) from None
        return Response({"message": "Login successful", "token": sessions.new_device_token(user), **_account(user)})


def _account(user: User) -> dict:
    return {
        "username": user.username,
        "email": user.email,
        "phone_number": user.phone or "",
        "first_name": user.first_name,
        "last_name": user.last_name,
        "role": _role(user),
        "pincode": user.pincode,
        "district": user.district,
        "state": user.state,
        "country": user.country,
        "place": user.place,
        "latitude": coordinate(user.latitude),
        "longitude": coordinate(user.longitude),
    }


def _role(user: User) -> str:
    if user.is_superuser:
        return "admin"
    return "staff" if user.is_staff else "user"


class Status(TokenView):
    """POST /api/user/status/"""

    def answer(self, device: DeviceToken, body: dict) -> dict:
        return {"status": "logged_in", "username": device.user.username, "email": device.user.email}


class Logout(TokenView):
    """POST /api/user/logout/: ends this token only."""

    def answer(self, device: DeviceToken, body: dict) -> dict:
        device.delete()
        return {"status": "logged_out", "message": "Logout successful"}
