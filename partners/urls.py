"""Invitations, the partner's own pages, and the files of documents."""

from django.urls import path

from partners import views_documents

urlpatterns = [
    path("documents/<str:token>/", views_documents.original, name="document-file"),
    path("documents/<str:token>/pages/<int:number>.png", views_documents.page, name="document-page"),
]
