"""What several columns have in common."""

MONEY = {"max_digits": 12, "decimal_places": 2}
PERCENT = {"max_digits": 5, "decimal_places": 2}
AREA_MAX = 50  # characters of the name of a part of a hall
