"""The plan of an event: sections, slots, shifts, persons, matches, lists, locations."""

urlpatterns = []
