"""The addresses of these pages."""

from django.urls import path

from bookings.command_center import (
    event_acts,
    events,
    order_acts,
    orders,
    papers,
    promos,
    seats,
    user_acts,
    users,
    webhooks,
)

urlpatterns = [
    path("events/", events.Events.as_view(), name="desk-events"),
    path("events/<uuid:uid>/", events.EventPage.as_view(), name="desk-event"),
    path("events/<uuid:uid>/cancel/", event_acts.CancelEvent.as_view(), name="desk-event-cancel"),
    path("events/<uuid:uid>/refund/", event_acts.RefundEvent.as_view(), name="desk-event-refund"),
    path("events/<uuid:uid>/capacity/", event_acts.ChangeCapacity.as_view(), name="desk-event-capacity"),
    path("events/<uuid:uid>/open/", event_acts.SetBookable.as_view(), name="desk-event-open"),
    path("events/<uuid:uid>/withdraw/", event_acts.SetBookable.as_view(is_bookable=False), name="desk-event-withdraw"),
    path("events/<uuid:uid>/promo-codes/", promos.Promos.as_view(), name="desk-event-promos"),
    path("events/<uuid:uid>/promo-codes/new/", promos.NewPromo.as_view(), name="desk-event-promo-new"),
    path("promo-codes/<uuid:uid>/", promos.EditPromo.as_view(), name="desk-promo"),
    path("promo-codes/<uuid:uid>/off/", promos.SetPromoActive.as_view(is_active=False), name="desk-promo-off"),
    path("promo-codes/<uuid:uid>/on/", promos.SetPromoActive.as_view(), name="desk-promo-on"),
    path("ticket-types/<uuid:uid>/tax/", promos.SetTaxRate.as_view(), name="desk-ticket-type-tax"),
    path("events/<uuid:uid>/seats/", seats.SeatPlan.as_view(), name="desk-event-seats"),
    path("orders/", orders.Orders.as_view(), name="desk-orders"),
    path("orders/<uuid:uid>/", orders.OrderPage.as_view(), name="desk-order"),
    path("orders/<uuid:uid>/refund/", order_acts.RefundOrder.as_view(), name="desk-order-refund"),
    path("orders/<uuid:uid>/tickets/", order_acts.CancelTickets.as_view(), name="desk-order-tickets"),
    path("orders/<uuid:uid>/give/", order_acts.GiveMoney.as_view(), name="desk-order-give"),
    path("webhooks/", webhooks.Deliveries.as_view(), name="desk-webhooks"),
    path("webhooks/<uuid:uid>/", webhooks.DeliveryPage.as_view(), name="desk-webhook"),
    path("webhooks/<uuid:uid>/replay/", webhooks.Replay.as_view(), name="desk-webhook-replay"),
    path("orders/<uuid:uid>/mail/", order_acts.MailAgain.as_view(), name="desk-order-mail"),
    path("invoices/<uuid:uid>/", papers.InvoiceFile.as_view(), name="desk-invoice"),
    path("users/", users.Users.as_view(), name="desk-users"),
    path("users/<uuid:uid>/", users.UserPage.as_view(), name="desk-user"),
    path("users/<uuid:uid>/ban/", user_acts.Ban.as_view(), name="desk-user-ban"),
    path("users/<uuid:uid>/unban/", user_acts.Unban.as_view(), name="desk-user-unban"),
    path("users/<uuid:uid>/reset-2fa/", user_acts.ResetTwoFactor.as_view(), name="desk-user-reset-2fa"),
]
