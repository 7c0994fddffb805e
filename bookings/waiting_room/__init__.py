"""The waiting room: when more people want tickets than a shop can serve, they are let in one after another, by lot.

`opening` is what the organiser does, `joining` what people do, `draw` the lots, `admitting` who comes in, `gate` what a
sale asks, `standing` what somebody who waits is told. PostgreSQL is the truth; what is kept elsewhere is a copy of some
seconds.
"""
