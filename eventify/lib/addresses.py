"""Addresses as each country lays them out."""

import re

# What stands below the street, after Google's address data: city, district, state, postcode (z); / begins a line.
_LAYOUTS = {
    "{z} {c}": "AD AL AT BA BE BG BY CH CY CZ DE DK DO EE ES FI FO FR GE GL GR HR IS IT KW LI LT LU MC MD ME MK "
    "MU NL NO OM PL PT RO RS SE SI SK SM TN TR UY VA XK",
    "{c} {z}": "BH BT IL JO LB MT NP NZ PK SA SG",
    "{c} {z} / {s}": "IN NG",
    "{z} {c} / {s}": "AR CL MX MY",
    "{d}, {c} / {s} {z}": "ID TH",
    "{d}, {c} {z} / {s}": "VN",
    "{c}, {s} {z}": "AU CA US",
    "{c} / {z}": "GB IE KE LK ZA",
    "{c}-{s} / {z}": "BR",
}
_LAYOUT_OF = {country: layout for layout, countries in _LAYOUTS.items() for country in countries.split()}
_ELSEWHERE = "{c} {z} / {s}"
_LEFT_OVER = re.compile(r"^[\s,-]+|[\s,-]+$")


def lines(country: str, *, city: str = "", district: str = "", state: str = "", postcode: str = "") -> list[str]:
    """What stands below the street: `["Mumbai 400001", "Maharashtra"]`, `["1012 AB Amsterdam"]`.

    `country` is ISO 3166; of one that we do not know, as in India. What is empty is left out, with its commas.
    """
    known = {"c": city, "d": district if district != city else "", "s": state if state != city else "", "z": postcode}
    laid_out = [one.format(**known) for one in _LAYOUT_OF.get(country, _ELSEWHERE).split("/")]
    return [line for line in (_LEFT_OVER.sub("", " ".join(one.split())) for one in laid_out) if line]
