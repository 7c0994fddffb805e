"""What goes and what stays, as people read it before they decide."""

from django.utils.translation import gettext_lazy as _

GOES = (
    _("your name, e-mail address, phone number, place and picture;"),
    _("your password, log-ins, devices, two-factor and every link that we sent you;"),
    _("your messages, saved lists and the mails that we sent you;"),
    _("the names and addresses on your orders and tickets, also of those whom you brought;"),
    _("your name, contact and notes in crews, what you can do, and what you wrote there."),
)
STAYS = (
    _("Orders, payments and refunds stay, without a name: the law wants the books kept for years."),
    _("Invoices that were issued stay as they are, with the name that stands on them, for the same reason."),
    _("The log of who changed what stays as it was written: it is a chain, and proves that nobody changed it."),
    _("Backups keep what they hold until they are replaced."),
)
# what staff see counted -> the tables
COUNTED = (
    (_("Log-ins and devices that end"), ("accounts.Session", "accounts.DeviceToken")),
    (_("Two-factor devices"), ("otp_totp.TOTPDevice",)),
    (_("Messages and mails that go"), ("accounts.Notification", "accounts.OutgoingMail")),
    (_("Orders that lose their names"), ("bookings.Order",)),
    (_("Tickets that lose their names"), ("bookings.Ticket",)),
    (_("Parts in crews that lose their names"), ("crew.Person",)),
)
