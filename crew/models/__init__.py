"""Who works: the crew's planning of an event, its people, their shifts, lists and tags.

One file per part; import from here.
"""

from crew.models.lists import CrowdList, CrowdListEntry
from crew.models.matches import IdentityMatch
from crew.models.persons import Company, CrowdType, Person, PersonTag, SystemType, UserTag
from crew.models.planning import CrewPlan, Location, Section, Shift, TimeSlot
from crew.models.rosters import Assignment, RosterFeed, Swap

__all__ = [
    "Assignment",
    "Company",
    "CrewPlan",
    "CrowdList",
    "CrowdListEntry",
    "CrowdType",
    "IdentityMatch",
    "Location",
    "Person",
    "PersonTag",
    "RosterFeed",
    "Section",
    "Shift",
    "Swap",
    "SystemType",
    "TimeSlot",
    "UserTag",
]
