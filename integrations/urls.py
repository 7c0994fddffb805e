"""An organisation's integrations, beside its other pages."""

from django.urls import path

from integrations import views

_HERE = "partner/<slug:slug>/integrations/"

urlpatterns = [
    path(_HERE, views.Integrations.as_view(), name="partner-integrations"),
    path(f"{_HERE}new/", views.NewEndpoint.as_view(), name="partner-endpoint-new"),
    path(f"{_HERE}keys/new/", views.NewKey.as_view(), name="partner-key-new"),
    path(f"{_HERE}keys/<uuid:uid>/revoke/", views.RevokeKey.as_view(), name="partner-key-revoke"),
    path(f"{_HERE}<uuid:uid>/", views.EndpointPage.as_view(), name="partner-endpoint"),
    path(f"{_HERE}<uuid:uid>/edit/", views.EditEndpoint.as_view(), name="partner-endpoint-edit"),
    path(f"{_HERE}<uuid:uid>/act/", views.ActOnEndpoint.as_view(), name="partner-endpoint-act"),
    path(f"{_HERE}<uuid:uid>/secret/", views.RotateSecret.as_view(), name="partner-endpoint-secret"),
    path(f"{_HERE}<uuid:uid>/remove/", views.RemoveEndpoint.as_view(), name="partner-endpoint-remove"),
    path(f"{_HERE}<uuid:uid>/replay/", views.ReplayEndpoint.as_view(), name="partner-endpoint-replay"),
    path(f"{_HERE}deliveries/<uuid:uid>/replay/", views.ReplayDelivery.as_view(), name="partner-delivery-replay"),
]
