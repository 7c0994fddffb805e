"""The addresses of these pages."""

from django.urls import path

from bookings.command_center import event_acts, events, order_acts, orders, user_acts, users

urlpatterns = [
    path("events/", events.Events.as_view(), name="desk-events"),
    path("events/<uuid:uid>/", events.EventPage.as_view(), name="desk-event"),
    path("events/<uuid:uid>/cancel/", event_acts.CancelEvent.as_view(), name="desk-event-cancel"),
    path("events/<uuid:uid>/refund/", event_acts.RefundEvent.as_view(), name="desk-event-refund"),
    path("events/<uuid:uid>/capacity/", event_acts.ChangeCapacity.as_view(), name="desk-event-capacity"),
    path("events/<uuid:uid>/open/", event_acts.SetBookable.as_view(), name="desk-event-open"),
    path("events/<uuid:uid>/withdraw/", event_acts.SetBookable.as_view(is_bookable=False), name="desk-event-withdraw"),
    path("orders/", orders.Orders.as_view(), name="desk-orders"),
    path("orders/<uuid:uid>/", orders.OrderPage.as_view(), name="desk-order"),
    path("orders/<uuid:uid>/refund/", order_acts.RefundOrder.as_view(), name="desk-order-refund"),
    path("orders/<uuid:uid>/mail/", order_acts.MailAgain.as_view(), name="desk-order-mail"),
    path("users/", users.Users.as_view(), name="desk-users"),
    path("users/<uuid:uid>/", users.UserPage.as_view(), name="desk-user"),
    path("users/<uuid:uid>/ban/", user_acts.Ban.as_view(), name="desk-user-ban"),
    path("users/<uuid:uid>/unban/", user_acts.Unban.as_view(), name="desk-user-unban"),
    path("users/<uuid:uid>/reset-2fa/", user_acts.ResetTwoFactor.as_view(), name="desk-user-reset-2fa"),
]
