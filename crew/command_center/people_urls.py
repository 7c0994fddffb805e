"""The addresses of the pages about the people."""

from django.urls import path

from crew.command_center import (
    importing,
    lists,
    lists_acts,
    matches,
    persons,
    persons_acts,
    persons_bulk,
    persons_page,
    settings,
    settings_acts,
)

PERSONS, PERSON = "crew/<uuid:event>/persons/", "crew/<uuid:event>/persons/<uuid:uid>/"
LISTS, LIST = "crew/<uuid:event>/lists/", "crew/<uuid:event>/lists/<uuid:uid>/"
SETTINGS, ORGANISATION = "crew/settings/", "crew/settings/<uuid:partner>/"

urlpatterns = [
    path(PERSONS, persons.Persons.as_view(), name="desk-crew-persons"),
    path(f"{PERSONS}new/", persons_acts.NewPerson.as_view(), name="desk-crew-person-new"),
    path(f"{PERSONS}bulk/", persons_bulk.Bulk.as_view(), name="desk-crew-persons-bulk"),
    path(f"{PERSONS}import/", importing.Upload.as_view(), name="desk-crew-import"),
    path(f"{PERSONS}import/template/", importing.Template.as_view(), name="desk-crew-import-template"),
    path(f"{PERSONS}import/<uuid:upload>/", importing.Preview.as_view(), name="desk-crew-import-preview"),
    path(PERSON, persons_page.PersonPage.as_view(), name="desk-crew-person"),
    path(f"{PERSON}edit/", persons_acts.EditPerson.as_view(), name="desk-crew-person-edit"),
    path(f"{PERSON}approve/", persons_acts.Approve.as_view(), name="desk-crew-person-approve"),
    path(f"{PERSON}reject/", persons_acts.Reject.as_view(), name="desk-crew-person-reject"),
    path(f"{PERSON}no-show/", persons_acts.NoShow.as_view(), name="desk-crew-person-no-show"),
    path(f"{PERSON}blacklist/", persons_acts.Blacklist.as_view(), name="desk-crew-person-blacklist"),
    path(f"{PERSON}delete/", persons_acts.Delete.as_view(), name="desk-crew-person-delete"),
    path(f"{PERSON}tag/", persons_acts.GiveTag.as_view(), name="desk-crew-person-tag"),
    path(f"{PERSON}tag/<uuid:tag>/take/", persons_acts.TakeTag.as_view(), name="desk-crew-person-untag"),
    path(f"{PERSON}list/", persons_acts.PutOnList.as_view(), name="desk-crew-person-list"),
    path(f"{PERSON}list/<uuid:crowd_list>/take/", persons_acts.TakeOffList.as_view(), name="desk-crew-person-unlist"),
    path(LISTS, lists.Lists.as_view(), name="desk-crew-lists"),
    path(f"{LISTS}new/", lists_acts.NewList.as_view(), name="desk-crew-list-new"),
    path(LIST, lists.ListPeople.as_view(), name="desk-crew-list"),
    path(f"{LIST}print/", lists.PrintList.as_view(), name="desk-crew-list-print"),
    path(f"{LIST}edit/", lists_acts.EditList.as_view(), name="desk-crew-list-edit"),
    path(f"{LIST}delete/", lists_acts.DeleteList.as_view(), name="desk-crew-list-delete"),
    path(f"{LIST}add/", lists_acts.AddPeople.as_view(), name="desk-crew-list-add"),
    path(f"{LIST}remove/", lists_acts.RemovePeople.as_view(), name="desk-crew-list-remove"),
    path("crew/matches/", matches.Matches.as_view(), name="desk-crew-matches"),
    path("crew/matches/<uuid:uid>/confirm/", matches.Confirm.as_view(), name="desk-crew-match-confirm"),
    path("crew/matches/<uuid:uid>/dismiss/", matches.Dismiss.as_view(), name="desk-crew-match-dismiss"),
    path(SETTINGS, settings.Organisations.as_view(), name="desk-crew-settings"),
    path(f"{ORGANISATION}crowd-types/", settings.CrowdTypes.as_view(), name="desk-crew-types"),
    path(f"{ORGANISATION}crowd-types/new/", settings_acts.NewCrowdType.as_view(), name="desk-crew-type-new"),
    path(f"{ORGANISATION}companies/", settings.Companies.as_view(), name="desk-crew-companies"),
    path(f"{ORGANISATION}companies/new/", settings_acts.NewCompany.as_view(), name="desk-crew-company-new"),
    path(f"{ORGANISATION}tags/", settings.Tags.as_view(), name="desk-crew-tags"),
    path(f"{ORGANISATION}tags/new/", settings_acts.NewTag.as_view(), name="desk-crew-tag-new"),
    path(f"{SETTINGS}crowd-type/<uuid:uid>/", settings_acts.ChangeCrowdType.as_view(), name="desk-crew-type"),
    path(
        f"{SETTINGS}crowd-type/<uuid:uid>/delete/",
        settings_acts.DeleteCrowdType.as_view(),
        name="desk-crew-type-delete",
    ),
    path(f"{SETTINGS}company/<uuid:uid>/", settings_acts.ChangeCompany.as_view(), name="desk-crew-company"),
    path(
        f"{SETTINGS}company/<uuid:uid>/delete/", settings_acts.DeleteCompany.as_view(), name="desk-crew-company-delete"
    ),
    path(f"{SETTINGS}tag/<uuid:uid>/", settings_acts.ChangeTag.as_view(), name="desk-crew-tag"),
    path(f"{SETTINGS}tag/<uuid:uid>/delete/", settings_acts.DeleteTag.as_view(), name="desk-crew-tag-delete"),
    path(f"{SETTINGS}tag/<uuid:uid>/use/", settings_acts.UseTag.as_view(), name="desk-crew-tag-use"),
]
