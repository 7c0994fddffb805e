"""The crew of the Kaveri Arts Festival as data. `where`: "" the festival itself, else the number of its day."""

from typing import NamedTuple

from crew.models import Person, Shift, SystemType

FESTIVAL, TODAY = "kaveri-festival", "open-source-days"
VISITED = "open-studio"  # free: the volunteer has a ticket, so that their wallet has tickets and shifts
CREW, VOLUNTEER = SystemType.CREW, SystemType.VOLUNTEER
RULES = {
    "minimum_rest_minutes": 180,
    "cancel_hours": 24,
    "welcome": (
        "Spend a weekend in the old garden: help for two or three shifts of four hours, eat with the cooks, and see "
        "the rest of the festival for free. You get a T-shirt, meals and a night bus home."
    ),
}
NOTE = "I speak Hindi, Dutch and a little Kannada, and I like to stand at the gate."
KINDS = (
    ("Volunteer", {"system_type": VOLUNTEER, "color": "#0f766e"}),
    ("Crew", {"system_type": CREW, "color": "#1d4ed8", "claims_need_approval": False}),
    ("Guest", {"system_type": SystemType.GUEST, "color": "#6d28d9"}),
    ("Press", {"system_type": SystemType.PRESS, "color": "#b45309"}),
)
COMPANIES = (
    ("Nandi Sound & Light", {"type": "supplier", "contact_name": "Ravi Gowda", "contact_email": "ravi@nandi.example"}),
    ("Lalbagh Caterers", {"type": "supplier", "contact_name": "Asha Bhat", "contact_email": "asha@lalbagh.example"}),
    ("Deccan Courier", {"type": "other", "contact_name": "Neil D'Souza", "contact_email": "neil@courier.example"}),
)
TAGS = (
    ("First aid", {"category": "Safety", "color": "#b91c1c"}),
    ("Kannada", {"category": "Languages", "color": "#0f766e"}),
    ("Hindi", {"category": "Languages", "color": "#047857"}),
    ("Driving licence", {"category": "Transport", "color": "#1d4ed8"}),
    ("Team lead", {"category": "Experience", "color": "#9d174d"}),
)
PLACES = (
    ("Crew tent", {"address": "Lalbagh West Gate", "instructions": "Behind the Glass House. Sign in before a shift."}),
    ("West gate", {"address": "Lalbagh West Gate, Siddapura Road", "latitude": "12.950700", "longitude": "77.578200"}),
    ("Main Stage, backstage", {"instructions": "Ask for the stage manager at the ramp."}),
    ("First aid post", {"instructions": "The white tent beside the lake."}),
)


class Part(NamedTuple):
    """A section."""

    where: str
    name: str
    category: str
    need: int
    is_shared: bool = False
    is_gate: bool = False


SECTIONS = (
    Part("", "Main gate", "Gates", 18, is_shared=True, is_gate=True),
    Part("", "Info and lost property", "Visitors", 8, is_shared=True),
    Part("", "First aid", "Safety", 6, is_shared=True),
    Part("", "Build-up and teardown", "Site", 14),
    Part("1", "Main Stage", "Stages", 10),
    Part("1", "Banyan Stage", "Stages", 6),
    Part("1", "Chai and juice bar", "Bars", 12),
    Part("1", "Food court", "Food", 9),
    Part("1", "Rhythm workshops", "Workshops", 5),
    Part("2", "Glass House Stage", "Stages", 8),
    Part("2", "Puppet lawn", "Workshops", 6),
    Part("2", "Chai and juice bar", "Bars", 8),
    Part("3", "Long table", "Food", 16),
    Part("3", "Lawn Stage", "Stages", 6),
)


class Slot(NamedTuple):
    """A time slot, `day` days after the first day of what it is of."""

    where: str
    name: str
    start: str
    end: str
    day: int = 0
    person_type: str = VOLUNTEER


SLOTS = (
    Slot("", "Build-up", "08:00", "13:00", -1),
    Slot("", "Night watch", "22:00", "06:00", -1, CREW),
    *(
        Slot("", f"Gates {name}, {part}", start, end, day)
        for day, name in enumerate(("Rhythm", "Stories", "Taste"))
        for part, start, end in (("noon", "10:00", "14:00"), ("afternoon", "14:00", "18:00"))
    ),
    Slot("", "Rhythm, all day", "11:00", "22:30", 0, CREW),
    Slot("", "Teardown", "08:00", "13:00", 3),
    Slot("1", "Sound check", "08:00", "11:00", person_type=CREW),
    Slot("1", "Noon", "10:30", "14:30"),
    Slot("1", "Afternoon", "14:30", "18:30"),
    Slot("1", "Evening", "18:30", "22:30"),
    Slot("1", "Clearing up", "22:00", "01:00"),
    *(
        Slot(day, name, start, end)
        for day in "23"
        for name, start, end in (("Noon", "10:30", "15:30"), ("Evening", "15:30", "21:30"))
    ),
)


class Job(NamedTuple):
    """A shift for so many people, of whom the planners have found `found`; so many claims wait."""

    where: str
    section: str
    slot: str
    title: str
    places: int
    found: int
    claimable: int = 0
    claims: int = 0
    place: str = ""
    say: str = ""
    is_lead: bool = False
    status: str = Shift.Status.OPEN


_DAY = ("Noon", "Afternoon", "Evening")
_DRAFT = Shift.Status.DRAFT
JOBS = (
    Job("", "Build-up and teardown", "Build-up", "Tents and tables", 6, 4, 3, 1, "Crew tent", "Closed shoes, please."),
    Job("", "Build-up and teardown", "Build-up", "Lanterns", 3, 1, 2, 0, "Crew tent"),
    Job("", "Build-up and teardown", "Night watch", "Night watch", 2, 2, place="Crew tent"),
    Job("", "Build-up and teardown", "Teardown", "Sweeping the garden", 8, 1, 6, 0, "Crew tent"),
    *(
        job
        for name, found in (("Rhythm", 2), ("Stories", 1), ("Taste", 0))
        for part in ("noon", "afternoon")
        for job in (
            Job("", "Main gate", f"Gates {name}, {part}", "Gate captain", 1, min(1, found), place="West gate",
                is_lead=True),
            Job("", "Main gate", f"Gates {name}, {part}", "Ticket scanner", 3, found, 2,
                1 if (name, part) == ("Rhythm", "afternoon") else 0, "West gate", "Bring a charged phone."),
            Job("", "Info and lost property", f"Gates {name}, {part}", "Info desk", 2, min(1, found), 1),
        )
    ),
    Job("", "First aid", "Rhythm, all day", "First aider", 2, 2, place="First aid post"),
    Job("1", "Main Stage", "Sound check", "Stage hand", 3, 3, place="Main Stage, backstage"),
    *(Job("1", "Main Stage", slot, "Artist host", 2, 2, place="Main Stage, backstage") for slot in _DAY),
    *(Job("1", "Main Stage", slot, "Front of stage", 2, found, 1)
      for slot, found in zip(_DAY, (2, 1, 1), strict=True)),
    Job("1", "Main Stage", "Clearing up", "Loading out", 4, 1, 2, place="Main Stage, backstage"),
    Job("1", "Banyan Stage", "Sound check", "Stage hand", 2, 1),
    *(Job("1", "Banyan Stage", slot, "Artist host", 1, 1) for slot in _DAY),
    *(Job("1", "Banyan Stage", slot, "Front of stage", 2, 0, 2) for slot in ("Afternoon", "Evening")),
    *(Job("1", "Chai and juice bar", slot, "Counter", 3, found, 2, claims)
      for slot, found, claims in zip(_DAY, (3, 2, 2), (0, 1, 1), strict=True)),
    *(Job("1", "Chai and juice bar", slot, "Glasses and cups", 2, 1, 1) for slot in _DAY),
    Job("1", "Chai and juice bar", "Clearing up", "Washing up", 3, 0, 3),
    *(Job("1", "Food court", slot, "Tables", 2, found, 2)
      for slot, found in zip(_DAY, (2, 1, 0), strict=True)),
    *(Job("1", "Food court", slot, "Coupon desk", 1, 1) for slot in _DAY),
    Job("1", "Rhythm workshops", "Noon", "Drum circle", 2, 2),
    Job("1", "Rhythm workshops", "Afternoon", "Drum circle", 2, 1, 1, 1),
    Job("1", "Rhythm workshops", "Evening", "Silent hour", 1, 0, status=_DRAFT),
    *(Job(day, section, slot, title, places, 0, claimable, status=status)
      for day, section, title, places, claimable, status in (
          ("2", "Glass House Stage", "Artist host", 3, 0, Shift.Status.OPEN),
          ("2", "Puppet lawn", "Workshop help", 2, 2, Shift.Status.OPEN),
          ("2", "Chai and juice bar", "Counter", 3, 2, Shift.Status.OPEN),
          ("3", "Long table", "Serving", 6, 4, Shift.Status.OPEN),
          ("3", "Lawn Stage", "Artist host", 2, 0, _DRAFT),
      )
      for slot in ("Noon", "Evening")),
)  # fmt: skip
# Two shifts at once: whoever has the first one first is given the second one, too.
CLASH = (("1Chai and juice bar", "Afternoon", "Counter"), ("1Food court", "Afternoon", "Tables"))
# What the volunteer has: given by a planner, and claimed by themself and approved.
MINE = (("Main gate", "Gates Rhythm, noon", "Ticket scanner"), ("2Chai and juice bar", "Evening", "Counter"))
GUEST_LIST = {"name": "Friends of the artists", "max_persons": 12, "auto_approve": True}

S = Person.Status
LINKED, WAITING = "linked", "waiting"  # a buyer of the demo: the same human, or not yet confirmed


class One(NamedTuple):
    """A person; with `account` a buyer of the demo, by whose name they go."""

    name: str
    kind: str = "Volunteer"
    status: str = S.APPROVED
    account: str = ""
    tags: tuple[str, ...] = ()
    company: str = ""
    notes: str = ""


PEOPLE = (
    One("", account=LINKED, tags=("Team lead", "Kannada")),
    One("", account=LINKED, tags=("First aid",)),
    One("", account=LINKED, tags=("Hindi", "Driving licence")),
    One("", account=LINKED),
    One("", account=LINKED, tags=("Kannada",)),
    One("", account=LINKED, tags=("Kannada", "Hindi")),
    One("", account=WAITING),
    One("", account=WAITING, status=S.PENDING),
    One("Kavya Hegde", notes="Was gate captain last year."),
    One("Rahul Shetty"),
    One("Meghana Rao"),
    One("Farhan Ali"),
    One("Shreya Kulkarni"),
    One("Joseph Mathew", notes="No shifts after ten in the evening."),
    One("Divya Nair"),
    One("Arun Prakash"),
    One("Lakshmi Iyengar"),
    One("Siddharth Menon"),
    One("Anita Pinto"),
    One("Yusuf Khan"),
    One("Pooja Reddy"),
    One("Manjunath Gowda"),
    One("Sanne Vermeer", notes="On holiday from Utrecht; leaves on Monday."),
    *(One(name) for name in (
        "Neha Bhandari", "Varun Kamath", "Ayesha Begum", "Kiran Rao", "Tejas Patil", "Revathi Raman",
        "Mohit Arora", "Chitra Venkatesh", "Daniel Lobo", "Swati Deshpande", "Nikhil Baliga", "Jyothi Lakshman",
        "Prakash Rai", "Uma Chandran", "Bharath Simha", "Zoya Merchant",
    )),
    One("Ishaan Chatterjee", status=S.APPLIED),
    One("Nisha Thomas", status=S.APPLIED),
    One("Vivek Joshi", status=S.APPLIED),
    One("Ritu Agarwal", status=S.PENDING),
    One("Gopal Krishnan", status=S.INVITED),
    One("Harsh Vardhan", status=S.REJECTED, notes="Under 18."),
    One("Ravi Gowda", "Crew", company="Nandi Sound & Light"),
    One("Suresh Kumar", "Crew", company="Nandi Sound & Light"),
    One("Mary Fernandes", "Crew"),
    One("Deepak Shenoy", "Crew"),
    One("Asha Bhat", "Crew", company="Lalbagh Caterers"),
    *(One(name, "Crew") for name in ("Latha Murthy", "George Kurian", "Imtiaz Pasha", "Sunil Naik")),
    One("Padma Subramanian", "Guest"),
    One("T. N. Krishna", "Guest"),
    One("Leela Samson", "Guest", status=S.PENDING),
    One("Omar Siddiqui", "Guest"),
    One("Neil D'Souza", "Press", company="Deccan Courier"),
    One("Tara Bose", "Press", status=S.PENDING),
)  # fmt: skip
