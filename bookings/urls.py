"""The pages on which people buy, pay and show their tickets."""

from django.urls import path

from bookings import views, views_orders, views_payments

urlpatterns = [
    path("e/<slug:slug>/", views.event_page, name="event"),
    path("orders/", views_orders.orders, name="orders"),
    path("orders/<uuid:uid>/", views_orders.order, name="order"),
    path("orders/<uuid:uid>/pay/", views_orders.pay, name="order-pay"),
    path("orders/<uuid:uid>/cancel/", views_orders.cancel, name="order-cancel"),
    path("waitlist/<uuid:uid>/leave/", views_orders.leave_waitlist, name="waitlist-leave"),
    path("sandbox/pay/<uuid:reference>/", views_payments.sandbox_page, name="sandbox-pay"),
    path("webhooks/payments/<slug:name>/", views_payments.webhook, name="payment-webhook"),
]
