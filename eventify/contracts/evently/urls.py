"""The routes of Evently, in the order of its document."""

from eventify.contracts.evently import admin, auth, booking, events, ops, stats
from eventify.lib.routes import route

urlpatterns = [
    route("auth/signup", auth.Signup.as_view(), "evently-signup"),
    route("auth/login", auth.Login.as_view(), "evently-login"),
    route("auth/logout", auth.Logout.as_view(), "evently-logout"),
    route("auth/me", auth.Me.as_view(), "evently-me"),
    route("events", events.EventList.as_view(), "evently-events"),
    route("events/<id>", events.EventDetail.as_view(), "evently-event"),
    route("events/<id>/seats", events.SeatList.as_view(), "evently-seats"),
    route("events/<id>/book", booking.Book.as_view(), "evently-book"),
    route("me/bookings", booking.MyBookings.as_view(), "evently-my-bookings"),
    route("bookings/<id>", booking.BookingDetail.as_view(), "evently-booking"),
    route("admin/events", admin.EventAdmin.as_view(), "evently-admin-events"),
    route("admin/events/<id>", admin.EventAdminDetail.as_view(), "evently-admin-event"),
    route("admin/events/<id>/deactivate", admin.Deactivate.as_view(), "evently-deactivate"),
    route("admin/events/<id>/seats/generate", admin.GenerateSeats.as_view(), "evently-generate-seats"),
    route("admin/bookings", admin.BookingAdmin.as_view(), "evently-admin-bookings"),
    route("admin/users", admin.UserAdmin.as_view(), "evently-admin-users"),
    route("admin/users/<id>/role", admin.UserRole.as_view(), "evently-user-role"),
    route("stats/homepage", stats.Homepage.as_view(), "evently-homepage-stats"),
    route("admin/analytics/summary", stats.Summary.as_view(), "evently-summary"),
    route("healthz", ops.Health.as_view(), "evently-healthz"),
    route("readyz", ops.Ready.as_view(), "evently-readyz"),
    route("metrics", ops.Metrics.as_view(), "evently-metrics"),
]
