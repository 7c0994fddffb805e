"""Coming in and going out, and everybody's own security."""

from django.urls import path

from accounts import views, views_display, views_profile, views_security

urlpatterns = [
    path("login/", views.Login.as_view(), name="login"),
    path("login/code/", views.SecondStep.as_view(), name="login-code"),
    path("signup/", views.Signup.as_view(), name="signup"),
    path("logout/", views.leave, name="logout"),
    path("django-admin/login/", views.raw_admin_login),
    path("password/forgotten/", views_profile.Forgotten.as_view(), name="password-forgotten"),
    path("display/", views_display.Display.as_view(), name="display"),
    path("account/", views_profile.Profile.as_view(), name="account"),
    path("account/address/", views_profile.Address.as_view(), name="account-address"),
    path("account/confirm-address/", views_profile.AskAgain.as_view(), name="account-confirm-address-again"),
    path(
        "account/confirm-address/<str:token>/", views_profile.ConfirmAddress.as_view(), name="account-confirm-address"
    ),
    path("account/notifications/", views_profile.Messages.as_view(), name="account-notifications"),
    path("account/security/", views_security.Security.as_view(), name="desk-account"),
    path("account/security/password/", views_security.ChangePassword.as_view(), name="account-password"),
    path("account/security/log-ins/end/", views_security.EndLogIn.as_view(), name="account-end"),
    path("account/security/two-factor/", views_security.TwoFactor.as_view(), name="account-two-factor"),
    path(
        "account/security/two-factor/begin/", views_security.BeginTwoFactor.as_view(), name="account-two-factor-begin"
    ),
    path("account/security/two-factor/off/", views_security.TurnTwoFactorOff.as_view(), name="account-two-factor-off"),
    path("account/security/recovery-codes/", views_security.NewRecoveryCodes.as_view(), name="account-recovery-codes"),
    path("account/confirm/", views_security.Confirm.as_view(), name="account-confirm"),
    path(
        "account/set-password/<uuid:uid>/<str:token>/",
        views_security.SetPassword.as_view(),
        name="account-set-password",
    ),
]
