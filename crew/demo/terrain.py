"""The big made-up festival as data: its organisation, days, sections, time slots, places and kinds of people."""

from typing import NamedTuple

from bookings.demo.plans import Kind, Plan
from bookings.demo.world import Organisation
from crew.models import Company, Section, SystemType

CREW, VOLUNTEER, SUPPLIER = SystemType.CREW, SystemType.VOLUNTEER, SystemType.SUPPLIER
SLUG = "monsoon-fields"
ORGANISATION = Organisation(
    "polder-and-palm",
    "Polder & Palm Collective",
    "Promoter",
    "Active",
    "crew@polderandpalm.example",
    "+31235550100",
    "https://polderandpalm.example",
    520,
)
WELCOME = (
    "Three days of music from the delta of the Ganges to that of the Rhine. We cannot do it without 1,200 volunteers: "
    "work three or four shifts, camp with us, and hear the rest of the festival for free."
)
_PASS = (
    Kind("Early bird", 119, 2000, "All three days, camping included.", 149, sale=(-90, -45), max_per_order=6),
    Kind("Festival pass", 149, 9000, "All three days, camping included."),
    Kind("Camper place", 85, 600, "For one camper; the people in it need a pass."),
)
_ABOUT = "Forty bands on three stages, sixty kitchens and a campsite between the dunes and the polder."
FESTIVAL = Plan(
    SLUG, "Monsoon Fields", "Monsoon Fields: three days between the dunes and the polder", "festival",
    ORGANISATION.slug, "amsterdam", "Spaarnwoude Park", 0, "11:00", 60.5, _ABOUT, _PASS, is_hot=True, kind="festival",
    info="The shuttle from Haarlem station runs every ten minutes until 03:30.",
)  # fmt: skip
# The days: (slug, name, label, kind of event, what it is about)
DAYS = (
    ("friday", "Monsoon Fields: Friday", "Friday", "music",
     "The gates open at eleven; brass bands walk you in from the campsite."),
    ("saturday", "Monsoon Fields: Saturday", "Saturday", "music",
     "The longest day: dhol at noon, the headliner at ten, and the tent until four."),
    ("sunday", "Monsoon Fields: Sunday", "Sunday", "food",
     "A slow morning with dosas and pancakes, and one last concert at the water."),
)  # fmt: skip


class Part(NamedTuple):
    """A section: what kinds of people work in it, in which phases, and as what."""

    name: str
    category: str
    people: tuple[str, ...]
    jobs: tuple[str, ...]
    phases: str = "show"  # of the festival's own: the words before the slots' names that it uses
    need: int = 0
    type: str = Section.Type.STANDARD
    is_gate: bool = False


_SHARED = Section.Type.CROSS_EVENT
# What serves all days (cross_event), and what is the festival's own
FESTIVAL_PARTS = (
    Part("Main gate", "Gates", (VOLUNTEER,), ("Ticket scanner", "Wristbands", "Queue host", "Bag check"),
         need=60, type=_SHARED, is_gate=True),
    Part("Campsite gate", "Gates", (VOLUNTEER,), ("Ticket scanner", "Wristbands", "Campsite host"),
         need=40, type=_SHARED, is_gate=True),
    Part("Build-up", "Site", (CREW, VOLUNTEER), ("Fences", "Stage hand", "Flags and signs", "Tents"), "build", 80),
    Part("Teardown", "Site", (CREW, VOLUNTEER), ("Fences", "Stage hand", "Loading", "Sweeping the field"), "tear", 80),
    Part("Accreditation", "Office", (VOLUNTEER,), ("Crew desk", "Guest desk", "Press desk"), need=20, type=_SHARED),
    Part("First aid", "Safety", (CREW,), ("First aider", "Coordinator", "Runner"), need=24, type=_SHARED),
    Part("Security", "Safety", (SUPPLIER,), ("Front of stage", "Patrol", "Gate post"), "build show tear",
         need=70, type=_SHARED),
    Part("Crew catering", "Hospitality", (VOLUNTEER,), ("Kitchen help", "Serving", "Dishes"), "build show tear",
         need=45, type=_SHARED),
    Part("Info and lost property", "Visitors", (VOLUNTEER,), ("Info desk", "Walking info"), need=18, type=_SHARED),
    Part("Green team", "Site", (VOLUNTEER,), ("Litter round", "Cup return", "Recycling point"), "show tear",
         need=90, type=_SHARED),
    Part("Traffic and parking", "Site", (VOLUNTEER,), ("Car park", "Bicycle park", "Shuttle stop"), need=40,
         type=_SHARED),
    Part("Water points", "Visitors", (VOLUNTEER,), ("Water host",), need=20, type=_SHARED),
    Part("Control room", "Safety", (CREW,), ("Radio", "Logbook"), "build show tear", need=12, type=_SHARED),
    Part("Campsite", "Visitors", (VOLUNTEER,), ("Campsite patrol", "Field host"), need=50, type=_SHARED),
    Part("Power and water", "Site", (CREW,), ("Electrician", "Plumber", "Generator watch"), "build show tear", 16),
    Part("Production office", "Office", (CREW,), ("Front desk", "Artist transport"), "build show tear", 10),
)  # fmt: skip
# What each day has
DAY_PARTS = (
    Part("Dune Stage", "Stages", (CREW, VOLUNTEER), ("Stage hand", "Artist host", "Pit", "Stage manager"), need=40),
    Part("Main bar", "Bars", (VOLUNTEER,), ("Bartender", "Glass collector", "Runner", "Token desk"), need=70),
    Part("River Stage", "Stages", (CREW, VOLUNTEER), ("Stage hand", "Artist host", "Pit"), need=30),
    Part("Banyan Tent", "Stages", (CREW, VOLUNTEER), ("Stage hand", "Door", "Artist host"), need=30),
    Part("Garden bar", "Bars", (VOLUNTEER,), ("Bartender", "Glass collector", "Runner"), need=40),
    Part("Food lane", "Food", (VOLUNTEER,), ("Table crew", "Token desk", "Kitchen runner"), need=45),
    Part("Children's field", "Visitors", (VOLUNTEER,), ("Playleader", "Crafts table", "Face painter"), need=24),
    Part("Silent disco", "Stages", (VOLUNTEER,), ("Headphone desk", "Floor host"), need=16),
)


class Stretch(NamedTuple):
    """A time slot, `day` days after the festival's first one; an end before the start is past midnight."""

    name: str
    day: int
    start: str
    end: str
    person_type: str = VOLUNTEER
    phase: str = "show"


_NAMES = ("Friday", "Saturday", "Sunday")
_BUILD = tuple(
    Stretch(f"Build-up {name}, {part}", day, start, end, person_type, "build")
    for day, name in ((-3, "Tuesday"), (-2, "Wednesday"), (-1, "Thursday"))
    for part, start, end, person_type in (
        ("morning", "08:00", "13:00", VOLUNTEER),
        ("afternoon", "13:30", "18:30", VOLUNTEER),
        ("crew", "08:00", "18:00", CREW),
        ("night watch", "22:00", "06:00", SUPPLIER),
    )
)
_SHOW = tuple(
    Stretch(f"{_NAMES[day]} {part}", day, start, end, person_type)
    for day in range(3)
    for part, start, end, person_type in (
        ("early", "06:00", "10:00", VOLUNTEER),
        ("morning", "10:00", "14:00", VOLUNTEER),
        ("afternoon", "14:00", "18:00", VOLUNTEER),
        ("evening", "18:00", "22:00", VOLUNTEER),
        ("night", "22:00", "02:00", VOLUNTEER),
        ("small hours", "02:00", "06:00", VOLUNTEER),
        ("day crew", "09:00", "17:00", CREW),
        ("night crew", "17:00", "01:30", CREW),
        ("security by day", "10:00", "18:00", SUPPLIER),
        ("security by night", "18:00", "02:30", SUPPLIER),
    )
)
_TEAR = tuple(
    Stretch(f"Teardown {name}, {part}", day, start, end, person_type, "tear")
    for day, name in ((3, "Monday"), (4, "Tuesday"))
    for part, start, end, person_type in (
        ("morning", "08:00", "13:00", VOLUNTEER),
        ("afternoon", "13:30", "18:30", VOLUNTEER),
        ("crew", "08:00", "18:00", CREW),
        ("night watch", "22:00", "06:00", SUPPLIER),
    )
)
FESTIVAL_SLOTS = (*_BUILD, *_SHOW, *_TEAR)
DAY_SLOTS = (
    Stretch("Opening", 0, "10:30", "13:30"),
    Stretch("Afternoon", 0, "13:30", "16:30"),
    Stretch("Early evening", 0, "16:30", "19:30"),
    Stretch("Evening", 0, "19:30", "22:30"),
    Stretch("Late", 0, "22:30", "02:30"),
    Stretch("Crew, changeover and soundcheck", 0, "08:30", "13:00", CREW),
    Stretch("Crew, afternoon", 0, "13:00", "19:00", CREW),
    Stretch("Crew, headliners", 0, "19:00", "02:00", CREW),
)
# (name, address, what to know)
LOCATIONS = (
    ("Crew tent", "Oostbroekerweg 17, Velsen-Zuid", "Report here before every shift; your wristband opens the fence."),
    ("Main gate", "Buitenhuizerweg 3", "Staff entrance on the left, behind the ticket cabins."),
    ("Campsite gate", "Genieweg 40", "Ten minutes on foot from the crew tent: leave in time."),
    ("Dune Stage, backstage", "", "Ask for the stage manager at the loading dock."),
    ("River Stage, backstage", "", "Over the pontoon bridge; no cars after ten."),
    ("Banyan Tent", "", "The door on the side of the water."),
    ("Main bar container", "", "Bring your identity card: nobody under 18 pours beer."),
    ("Food lane office", "", ""),
    ("Green team depot", "", "Gloves, bags and grabbers are here."),
    ("First aid post", "", "Next to the Ferris wheel; the red flag with the white cross."),
    ("Control room", "Oostbroekerweg 21, Velsen-Zuid", "Radio silence at the door, please."),
    ("Car park P3", "Zuiderweg 2", "Yellow vests hang in the cabin."),
)
# (name, kind, colour, whether claims need approval, of 100 persons)
CROWD_TYPES = (
    ("Volunteer", VOLUNTEER, "#0f766e", True, 64),
    ("Production crew", CREW, "#1d4ed8", False, 13),
    ("Security and trades", SUPPLIER, "#92400e", False, 7),
    ("Artist", SystemType.ARTIST, "#9d174d", True, 6),
    ("Guest", SystemType.GUEST, "#6d28d9", True, 6),
    ("Press", SystemType.PRESS, "#b45309", True, 3),
    ("Partner", SystemType.PARTNER, "#4d7c0f", True, 1),
)
_C = Company.Type
# (name, kind, who answers the phone)
COMPANIES = (
    ("Kennemer Beveiliging", _C.SUPPLIER, "Rob Kuiper"),
    ("Duinrand Stroom & Water", _C.SUPPLIER, "Ingrid Bakker"),
    ("Delta Stagebuild", _C.SUPPLIER, "Jeroen Smit"),
    ("Rode Tulp Eerste Hulp", _C.SUPPLIER, "Fatima el Idrissi"),
    ("Spice Route Kitchens", _C.SUPPLIER, "Anjali Kulkarni"),
    ("Brouwerij De Meeuw", _C.PARTNER, "Wouter Prins"),
    ("Chai & Co. Catering", _C.SUPPLIER, "Imran Shaikh"),
    ("Ganga Artist Agency", _C.AGENCY, "Devika Rao"),
    ("Noordzee Bookings", _C.AGENCY, "Lotte van Dam"),
    ("Radio Duin 98.4", _C.OTHER, "Mark Hoekstra"),
    ("Recreatieschap Spaarnwoude", _C.VENUE, "Els Groot"),
    ("Municipality of Velsen", _C.PARTNER, "Karin Mulder"),
)
# (name, what it is about, colour)
TAGS = (
    ("First aid", "Safety", "#b91c1c"),
    ("Fire warden", "Safety", "#c2410c"),
    ("Radio", "Safety", "#9a3412"),
    ("Bar licence", "Bar", "#a16207"),
    ("Barista", "Bar", "#854d0e"),
    ("Driving licence", "Transport", "#1d4ed8"),
    ("Forklift", "Transport", "#1e40af"),
    ("Dutch", "Languages", "#047857"),
    ("Hindi", "Languages", "#0f766e"),
    ("Sign language", "Languages", "#115e59"),
    ("Climbing", "Site", "#6d28d9"),
    ("Team lead", "Experience", "#9d174d"),
)
# (name, crowd type, most people, approves who comes onto it, of which company, event: a day's number or -1)
LISTS = (
    ("Artists' guests, Friday", "Guest", 30, True, "", 0),
    ("Artists' guests, Saturday", "Guest", 30, True, "", 1),
    ("Artists' guests, Sunday", "Guest", 30, True, "", 2),
    ("Press, all days", "Press", 40, False, "", -1),
    ("Neighbours", "Guest", 60, False, "", -1),
    ("De Meeuw hospitality", "Partner", 20, False, "Brouwerij De Meeuw", -1),
    ("Kennemer Beveiliging staff", "Security and trades", 100, False, "Kennemer Beveiliging", -1),
    ("Trades with a vehicle pass", "Security and trades", None, False, "", -1),
    ("Crew dinner, Thursday", "Production crew", 120, False, "", -1),
    ("Team leads' briefing", "Volunteer", 50, False, "", -1),
)
# How much of its shifts the planners have filled by now, by a section's category; else nine in ten
DONE = {"Site": 0.55, "Food": 0.8, "Visitors": 0.75, "Bars": 0.85}
