"""What events know about people: nothing. What they say of places and organisers is public."""

from eventify.lib.personal import NoData

DECLARED = ()
NOTHING = (
    NoData("events.Category", "A kind of event."),
    NoData("events.Event", "An event and where it is, published by an organisation."),
    NoData("events.EventImage", "A picture of an event."),
    NoData("events.Banner", "A picture on the home page."),
)
KINDS = ()
