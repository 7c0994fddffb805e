"""The demo world as data: places, kinds of event, partners, the people who log in. Events: past.py and coming.py."""

from typing import NamedTuple

ADMIN_EMAIL = "admin@evient.com"
USER_PASSWORD = "secret123"  # of every made-up buyer, unless in production, where nobody knows theirs
# (username, full name, staff role); their password is the administrator's, admin123 in the demo
STAFF = (
    ("finance", "Farida Iyer", "Finance"),
    ("moderator", "Maarten Visser", "Content Moderator"),
    ("support", "Suong Tran", "Support"),
    ("gate", "Gautam Nair", "Gate"),
)
PROMOTER = ("promoter", "Priya Menon")  # runs Monsoon Live
BUYER = ("buyer", "Bhavna Rao")  # the one whose address is easy to remember
BUYERS = 89  # beside that one
LOCALES = ("en_IN", "nl_NL", "vi_VN")
VIETNAMESE_NAMES = """An Bình Châu Dung Giang Hà Hạnh Hiếu Hoa Hùng Khánh Lan Linh Long Mai Minh Nam Nga Ngọc Nhung
    Phúc Phương Quân Quỳnh Sơn Thảo Thu Trang Trung Tuấn Vy Yến"""
# slug (a look of pictures.py) -> name
CATEGORIES = {
    "music": "Music",
    "tech": "Tech",
    "sports": "Sports",
    "art": "Art",
    "food": "Food",
    "festival": "Festival",
    "talks": "Talks",
    "theatre": "Theatre",
}


class City(NamedTuple):
    """Where events happen."""

    place: str
    district: str
    state_name: str
    country: str
    pincode: str
    latitude: str
    longitude: str
    timezone: str
    currency: str


_INDIA, _DUTCH, _VIETNAM = ("Asia/Kolkata", "INR"), ("Europe/Amsterdam", "EUR"), ("Asia/Ho_Chi_Minh", "VND")
CITIES = {
    "bengaluru": City(
        "Bengaluru", "Bengaluru Urban", "Karnataka", "India", "560001", "12.971600", "77.594600", *_INDIA
    ),
    "mumbai": City("Mumbai", "Mumbai Suburban", "Maharashtra", "India", "400050", "19.054400", "72.840600", *_INDIA),
    "kochi": City("Kochi", "Ernakulam", "Kerala", "India", "682001", "9.966000", "76.242100", *_INDIA),
    "delhi": City("New Delhi", "New Delhi", "Delhi", "India", "110001", "28.630400", "77.217700", *_INDIA),
    "amsterdam": City(
        "Amsterdam", "Amsterdam", "Noord-Holland", "Netherlands", "1012", "52.372800", "4.893600", *_DUTCH
    ),
    "utrecht": City("Utrecht", "Utrecht", "Utrecht", "Netherlands", "3511", "52.090700", "5.121400", *_DUTCH),
    "rotterdam": City(
        "Rotterdam", "Rotterdam", "Zuid-Holland", "Netherlands", "3011", "51.922500", "4.479200", *_DUTCH
    ),
    "hanoi": City("Hà Nội", "Hoàn Kiếm", "Hà Nội", "Vietnam", "100000", "21.028500", "105.854200", *_VIETNAM),
    "saigon": City(
        "Hồ Chí Minh City", "District 1", "Hồ Chí Minh City", "Vietnam", "700000", "10.776900", "106.700900", *_VIETNAM
    ),
    "danang": City("Đà Nẵng", "Hải Châu", "Đà Nẵng", "Vietnam", "550000", "16.067800", "108.220800", *_VIETNAM),
}


class Organisation(NamedTuple):
    """A partner of the platform."""

    slug: str
    name: str
    type: str
    status: str
    email: str
    phone: str
    website: str
    joined: int  # days ago; 0: not yet
    legal_name: str = ""
    address: str = ""
    tax_number: str = ""


PARTNERS = (
    Organisation(
        "monsoon-live",
        "Monsoon Live",
        "Promoter",
        "Active",
        "hello@monsoonlive.example",
        "+918040001000",
        "https://monsoonlive.example",
        410,
        "Monsoon Live Entertainment Pvt. Ltd.",
        "14 Residency Road\nBengaluru 560025\nIndia",
        "29AABCM1234D1Z5",
    ),
    Organisation(
        "noorderlicht",
        "Noorderlicht Events",
        "Promoter",
        "Active",
        "info@noorderlicht.example",
        "+31201234567",
        "https://noorderlicht.example",
        300,
        "Noorderlicht Events B.V.",
        "Veemkade 388\n1019 HE Amsterdam\nNetherlands",
        "NL854321098B01",
    ),
    Organisation(
        "song-hong",
        "Sông Hồng Concerts",
        "Promoter",
        "Active",
        "xinchao@songhong.example",
        "+842412345678",
        "https://songhong.example",
        120,
        "",
        "27 Tràng Tiền\nHoàn Kiếm, Hà Nội\nViệt Nam",
        "0101234567",
    ),
    Organisation(
        "deccan-sports",
        "Deccan Sports League",
        "Promoter",
        "Active",
        "play@deccansports.example",
        "+918022002200",
        "https://deccansports.example",
        200,
        "",
        "2 Kasturba Road\nBengaluru 560001\nIndia",
        "29AAACD5678E1Z2",
    ),
    Organisation(
        "kaveri-hall",
        "Kaveri Convention Hall",
        "Venue",
        "Active",
        "desk@kaverihall.example",
        "+918025550000",
        "",
        390,
    ),
    Organisation("chai-and-co", "Chai & Co. Catering", "Vendor", "Active", "order@chaiandco.example", "", "", 45),
    Organisation("lotus-drinks", "Lotus Drinks", "Sponsor", "Invited", "brand@lotusdrinks.example", "", "", 0),
    Organisation(
        "fly-by-night",
        "Fly-by-Night Shows",
        "Promoter",
        "Suspended",
        "nobody@flybynight.example",
        "",
        "",
        150,
    ),
)
