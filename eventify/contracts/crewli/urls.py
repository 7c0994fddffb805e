"""The routes of contract 004, in the document's order."""

from eventify.contracts.crewli import urls_organisation, urls_planning

urlpatterns = [*urls_organisation.urlpatterns, *urls_planning.urlpatterns]
