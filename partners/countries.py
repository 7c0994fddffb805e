"""Countries by name, and how bank accounts are written in each, as data."""

from functools import cache

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

# ISO 3166 -> characters of an IBAN there (the registry of SWIFT)
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29,
    "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
    "YE": 30,
}  # fmt: skip

# ISO 3166 -> name, of the countries that the page offers: those with IBANs, and others that partners came from
NAMES = {
    "AD": _("Andorra"), "AE": _("United Arab Emirates"), "AL": _("Albania"), "AR": _("Argentina"), "AT": _("Austria"),
    "AU": _("Australia"), "AZ": _("Azerbaijan"), "BA": _("Bosnia and Herzegovina"), "BD": _("Bangladesh"),
    "BE": _("Belgium"), "BG": _("Bulgaria"), "BH": _("Bahrain"), "BR": _("Brazil"), "BT": _("Bhutan"),
    "BY": _("Belarus"), "CA": _("Canada"), "CH": _("Switzerland"), "CL": _("Chile"), "CN": _("China"),
    "CO": _("Colombia"), "CR": _("Costa Rica"), "CY": _("Cyprus"), "CZ": _("Czechia"), "DE": _("Germany"),
    "DK": _("Denmark"), "DO": _("Dominican Republic"), "EE": _("Estonia"), "EG": _("Egypt"), "ES": _("Spain"),
    "FI": _("Finland"), "FO": _("Faroe Islands"), "FR": _("France"), "GB": _("United Kingdom"), "GE": _("Georgia"),
    "GH": _("Ghana"), "GI": _("Gibraltar"), "GL": _("Greenland"), "GR": _("Greece"), "GT": _("Guatemala"),
    "HK": _("Hong Kong"), "HR": _("Croatia"), "HU": _("Hungary"), "ID": _("Indonesia"), "IE": _("Ireland"),
    "IL": _("Israel"), "IN": _("India"), "IQ": _("Iraq"), "IS": _("Iceland"), "IT": _("Italy"), "JO": _("Jordan"),
    "JP": _("Japan"), "KE": _("Kenya"), "KR": _("South Korea"), "KW": _("Kuwait"), "KZ": _("Kazakhstan"),
    "LB": _("Lebanon"), "LI": _("Liechtenstein"), "LK": _("Sri Lanka"), "LT": _("Lithuania"), "LU": _("Luxembourg"),
    "LV": _("Latvia"), "MC": _("Monaco"), "MD": _("Moldova"), "ME": _("Montenegro"), "MK": _("North Macedonia"),
    "MT": _("Malta"), "MU": _("Mauritius"), "MX": _("Mexico"), "MY": _("Malaysia"), "NG": _("Nigeria"),
    "NL": _("Netherlands"), "NO": _("Norway"), "NP": _("Nepal"), "NZ": _("New Zealand"), "OM": _("Oman"),
    "PH": _("Philippines"), "PK": _("Pakistan"), "PL": _("Poland"), "PS": _("Palestine"), "PT": _("Portugal"),
    "QA": _("Qatar"), "RO": _("Romania"), "RS": _("Serbia"), "SA": _("Saudi Arabia"), "SC": _("Seychelles"),
    "SE": _("Sweden"), "SG": _("Singapore"), "SI": _("Slovenia"), "SK": _("Slovakia"), "SM": _("San Marino"),
    "SV": _("El Salvador"), "TH": _("Thailand"), "TN": _("Tunisia"), "TR": _("Türkiye"), "TW": _("Taiwan"),
    "UA": _("Ukraine"), "US": _("United States"), "UY": _("Uruguay"), "VA": _("Vatican City"), "VN": _("Vietnam"),
    "XK": _("Kosovo"), "ZA": _("South Africa"),
}  # fmt: skip


def name_of(code: str) -> str:
    """The country's name, or its code when the page does not offer it."""
    return str(NAMES.get(code, code))


def code_of(country: str) -> str:
    """The ISO 3166 code of what people wrote: the code itself, or the English name; empty when we do not know it."""
    return _codes().get(country.strip().casefold(), "")


@cache
def _codes() -> dict[str, str]:
    with override("en"):
        return {word.casefold(): code for code, name in NAMES.items() for word in (code, str(name))}


def choices() -> list[tuple[str, str]]:
    """The countries by name, for a form."""
    return sorted(((code, str(name)) for code, name in NAMES.items()), key=lambda pair: pair[1])
