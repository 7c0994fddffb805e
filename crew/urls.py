"""The volunteer portal, and the wallet."""

from django.urls import path

from crew import views, views_roster, views_shifts, views_swaps, views_wallet

urlpatterns = [
    path("wallet/", views_wallet.wallet, name="wallet"),
    path("crew/", views.home, name="crew-home"),
    path("crew/roster/", views_roster.roster_page, name="crew-roster"),
    path("crew/roster/renew/", views_roster.renew, name="crew-roster-renew"),
    path("crew/calendar/<str:token>.ics", views_roster.calendar, name="crew-calendar"),
    path("crew/shifts/<uuid:uid>/", views_shifts.shift_page, name="crew-shift"),
    path("crew/shifts/<uuid:uid>/shift.ics", views_shifts.download, name="crew-shift-ics"),
    path("crew/shifts/<uuid:uid>/claim/", views_shifts.claim, name="crew-claim"),
    path("crew/shifts/<uuid:uid>/cancel/", views_shifts.cancel, name="crew-cancel"),
    path("crew/shifts/<uuid:uid>/swap/", views_swaps.offer, name="crew-swap-offer"),
    path("crew/swaps/<uuid:uid>/", views_swaps.swap_page, name="crew-swap"),
    path("crew/parts/<uuid:uid>/leave/", views.leave, name="crew-leave"),
    path("crew/<slug:slug>/", views.event_page, name="crew-event"),
]
