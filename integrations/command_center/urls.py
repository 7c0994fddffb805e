"""The addresses of what staff see of integrations."""

from django.urls import path

from integrations.command_center import pages

urlpatterns = [
    path("endpoints/", pages.Endpoints.as_view(), name="desk-endpoints"),
    path("endpoints/<uuid:uid>/", pages.EndpointPage.as_view(), name="desk-endpoint"),
    path("endpoints/<uuid:uid>/resume/", pages.Resume.as_view(), name="desk-endpoint-resume"),
    path("deliveries/<uuid:uid>/replay/", pages.ReplayDelivery.as_view(), name="desk-delivery-replay"),
]
