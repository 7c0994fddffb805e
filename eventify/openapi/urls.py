"""Where the documents are, and the page that shows them."""

from django.urls import path

from eventify.lib.routes import route
from eventify.openapi import views

urlpatterns = [
    route("api/schema", views.schema, "api-schema"),
    route("api/schema/<name>", views.schema, "api-schema-of"),
    path("api/docs/", views.docs, name="api-docs"),
]
