"""The pages on which people buy, pay and show their tickets."""

from django.urls import include, path

from bookings import (
    views,
    views_checkout,
    views_orders,
    views_papers,
    views_payments,
    views_resales,
    views_seats,
    views_transfers,
)
from bookings.waiting_room import views as room

urlpatterns = [
    path("e/<slug:slug>/", views.event_page, name="event"),
    path("e/<slug:slug>/seats/", views_seats.seat_page, name="event-seats"),
    path("e/<slug:slug>/seats/taken.json", views_seats.taken, name="event-seats-taken"),
    path("e/<slug:slug>/room/", room.room_page, name="event-room"),
    path("e/<slug:slug>/room/<int:room>/state.json", room.state, name="event-room-state"),
    path("e/<slug:slug>/room/<uuid:uid>/draw.json", room.drawn, name="event-room-draw"),
    path("orders/", views_orders.orders, name="orders"),
    path("orders/<uuid:uid>/", views_orders.order, name="order"),
    path("orders/<uuid:uid>/checkout/", views_checkout.checkout, name="checkout"),
    path("orders/<uuid:uid>/open/<str:token>/", views_checkout.open_order, name="order-open"),
    path("orders/<uuid:uid>/link/", views_checkout.ask_link, name="order-link"),
    path("orders/<uuid:uid>/keep/", views_checkout.keep, name="order-keep"),
    path("account/claim/<str:token>/", views_checkout.claim, name="account-claim"),
    path("orders/<uuid:uid>/pay/", views_orders.pay, name="order-pay"),
    path("orders/<uuid:uid>/cancel/", views_orders.cancel, name="order-cancel"),
    path("orders/<uuid:uid>/tickets.pdf", views_papers.order_pdf, name="order-pdf"),
    path("orders/<uuid:uid>/tickets.ics", views_papers.order_ics, name="order-ics"),
    path("orders/<uuid:uid>/receipt.pdf", views_papers.order_receipt, name="order-receipt"),
    path("invoices/<uuid:uid>/invoice.pdf", views_papers.invoice_pdf, name="invoice-pdf"),
    path("tickets/worker.js", views_papers.ticket_worker, name="ticket-worker"),
    path("tickets/<uuid:uid>/", views_papers.ticket, name="ticket"),
    path("tickets/<uuid:uid>/ticket.pdf", views_papers.ticket_pdf, name="ticket-pdf"),
    path("tickets/<uuid:uid>/ticket.ics", views_papers.ticket_ics, name="ticket-ics"),
    path("tickets/<uuid:uid>/ticket.pkpass", views_papers.ticket_pass, name="ticket-pass"),
    path("tickets/<uuid:uid>/transfer/", views_transfers.transfer, name="ticket-transfer"),
    path("tickets/<uuid:uid>/give-back/", views_resales.resale, name="ticket-resale"),
    path("tickets/accept/<str:token>/", views_transfers.accept, name="transfer-accept"),
    path("waitlist/<uuid:uid>/leave/", views_orders.leave_waitlist, name="waitlist-leave"),
    path("", include("bookings.door.urls")),
    path("sandbox/pay/<uuid:reference>/", views_payments.sandbox_page, name="sandbox-pay"),
    path("webhooks/payments/<slug:name>/", views_payments.webhook, name="payment-webhook"),
]
