"""The routes of contract 003, in the document's order."""

from eventify.contracts.eventify_plus import events, users
from eventify.lib.routes import route

urlpatterns = [
    route("api/user/register", users.Register.as_view()),
    route("api/user/login", users.Login.as_view()),
    route("api/user/status", users.Status.as_view()),
    route("api/user/logout", users.Logout.as_view()),
    route("api/events/type-list", events.TypeList.as_view()),
    route("api/events/pincode-events", events.PincodeEvents.as_view()),
    route("api/events/event-details", events.EventDetails.as_view()),
    route("api/events/event-images", events.EventImages.as_view()),
    route("api/events/events-by-category", events.EventsByCategory.as_view()),
    route("api/events/events-by-month-year", events.EventsByMonthYear.as_view()),
    route("api/events/events-by-date", events.EventsByDate.as_view()),
]
