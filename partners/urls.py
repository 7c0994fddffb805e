"""Invitations, the partner's own pages, and the files of documents."""

from django.urls import path

from partners import views, views_documents, views_invitations

urlpatterns = [
    path("invitations/<str:token>/", views_invitations.Accept.as_view(), name="invitation"),
    path("partner/", views.mine, name="partner-mine"),
    path("partner/<slug:slug>/", views.Home.as_view(), name="partner-home"),
    path("partner/<slug:slug>/organisation/", views.Organisation.as_view(), name="partner-organisation"),
    path("partner/<slug:slug>/contacts/", views.Contacts.as_view(), name="partner-contacts"),
    path("partner/<slug:slug>/contacts/<uuid:uid>/", views.Contact.as_view(), name="partner-contact"),
    path(
        "partner/<slug:slug>/contacts/<uuid:uid>/remove/", views.RemoveContact.as_view(), name="partner-contact-remove"
    ),
    path("partner/<slug:slug>/bank/", views.Bank.as_view(), name="partner-bank"),
    path("partner/<slug:slug>/documents/", views.Documents.as_view(), name="partner-documents"),
    path("partner/<slug:slug>/documents/<uuid:uid>/", views.DocumentFile.as_view(), name="partner-document"),
    path("partner/<slug:slug>/people/", views.People.as_view(), name="partner-people"),
    path("partner/<slug:slug>/people/<uuid:uid>/remove/", views.RemoveMember.as_view(), name="partner-member-remove"),
    path(
        "partner/<slug:slug>/invitations/<uuid:uid>/resend/",
        views.ResendInvitation.as_view(),
        name="partner-invitation-resend",
    ),
    path(
        "partner/<slug:slug>/invitations/<uuid:uid>/revoke/",
        views.RevokeInvitation.as_view(),
        name="partner-invitation-revoke",
    ),
    path("documents/<str:token>/", views_documents.original, name="document-file"),
    path("documents/<str:token>/pages/<int:number>.png", views_documents.page, name="document-page"),
]
