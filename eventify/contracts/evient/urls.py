"""The routes of contract 001, in the document's order; but the door's come first, for they are asked most."""

from eventify.contracts.evient import (
    admin_banners,
    admin_events,
    admin_orders,
    admin_scanners,
    admin_stats,
    admin_ticket_types,
    admin_tickets,
    admin_users,
    auth,
    events,
    orders,
    profile,
)
from eventify.lib.routes import route

_EVENT = "api/admin/events/<id>"

urlpatterns = [
    route("api/admin/scanners/checkin", admin_scanners.Checkin.as_view()),
    route("api/admin/scanners/validate", admin_scanners.Validate.as_view()),
    route("api/auth/login", auth.Login.as_view()),
    route("api/auth/register", auth.Register.as_view()),
    route("api/auth/me", auth.Me.as_view()),
    route("api/auth/logout", auth.Logout.as_view()),
    route("api/users/profile", profile.Profile.as_view()),
    route("api/users/tickets", profile.Wallet.as_view()),
    route("api/notifications", profile.Notifications.as_view()),
    route("api/notifications/read-all", profile.NotificationsRead.as_view()),
    route("api/notifications/<id>/read", profile.NotificationRead.as_view()),
    route("api/events", events.Events.as_view()),
    route("api/events/featured", events.Featured.as_view()),
    route("api/events/<id>", events.EventDetail.as_view()),
    route("api/banners", events.Banners.as_view()),
    route("api/orders", orders.Orders.as_view()),
    route("api/orders/<id>", orders.OrderDetail.as_view()),
    route("api/orders/<id>/cancel", orders.OrderCancel.as_view()),
    route("api/admin/stats", admin_stats.Stats.as_view()),
    route("api/admin/users", admin_users.Users.as_view()),
    route("api/admin/users/<id>", admin_users.UserDetail.as_view()),
    route("api/admin/events", admin_events.Events.as_view()),
    route(_EVENT, admin_events.EventDetail.as_view()),
    route(f"{_EVENT}/ticket-types", admin_ticket_types.TicketTypes.as_view()),
    route(f"{_EVENT}/ticket-types/<type_id>", admin_ticket_types.TicketTypeDetail.as_view()),
    route("api/admin/orders", admin_orders.Orders.as_view()),
    route("api/admin/orders/<id>", admin_orders.OrderDetail.as_view()),
    route("api/admin/orders/<id>/refund", admin_orders.OrderRefund.as_view()),
    route("api/admin/tickets", admin_tickets.Tickets.as_view()),
    route("api/admin/tickets/<id>", admin_tickets.TicketDetail.as_view()),
    route("api/admin/banners", admin_banners.Banners.as_view()),
    route("api/admin/banners/<id>", admin_banners.BannerDetail.as_view()),
]
