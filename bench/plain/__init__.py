"""The floor: what a deliberately plain Django and REST framework implementation does on the same database.

It is written as a first version usually is: a user query for the token, ORM statements one after another, serializers,
page numbers with exact counts. It keeps no rules but the stock, and is for bin/bench alone.
"""
