"""Organisations, their people and settings, and their events."""

from eventify.contracts.crewli import companies, crowd_types, events, organisations, tags
from eventify.lib.routes import route

_ORG = "api/v1/organisations/<org>"
_EVENT = f"{_ORG}/events/<event>"
_USER_TAGS = f"{_ORG}/users/<user>/tags"

urlpatterns = [
    route("api/v1/organisations", organisations.Organisations.as_view()),
    route(_ORG, organisations.Organisation.as_view()),
    route(f"{_ORG}/members", organisations.Members.as_view()),
    route(f"{_ORG}/invite", organisations.Invite.as_view()),
    route("api/v1/invitations/<token>/accept", organisations.Accept.as_view()),
    route(f"{_ORG}/events", events.Events.as_view()),
    route(_EVENT, events.EventDetail.as_view()),
    route(f"{_EVENT}/transition", events.Transition.as_view()),
    route(f"{_EVENT}/children", events.Children.as_view()),
    route(f"{_ORG}/crowd-types", crowd_types.CrowdTypes.as_view()),
    route(f"{_ORG}/crowd-types/<crowd_type>", crowd_types.CrowdTypeDetail.as_view()),
    route(f"{_ORG}/companies", companies.Companies.as_view()),
    route(f"{_ORG}/companies/<company>", companies.CompanyDetail.as_view()),
    route(f"{_ORG}/section-categories", tags.SectionCategories.as_view()),
    route(f"{_ORG}/person-tags", tags.PersonTags.as_view()),
    route(f"{_ORG}/person-tags/<tag>", tags.PersonTagDetail.as_view()),
    route(f"{_ORG}/person-tag-categories", tags.PersonTagCategories.as_view()),
    route(_USER_TAGS, tags.UserTags.as_view()),
    route(f"{_USER_TAGS}/sync", tags.UserTagsSync.as_view()),
    route(f"{_USER_TAGS}/<user_tag>", tags.UserTagDetail.as_view()),
]
