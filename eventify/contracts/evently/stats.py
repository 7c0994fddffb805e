"""The figures of the home page and the summary for staff."""

from rest_framework import serializers
from rest_framework.response import Response

from analytics import summary
from eventify.contracts.evently import fields
from eventify.contracts.evently.conventions import Anyone, EventlyView, staff
from eventify.contracts.evently.events import status_of
from eventify.lib.wire import moment


class Refresh(fields.Query):
    """Whether to compute anew."""

    refresh = serializers.BooleanField(default=False)


class Homepage(EventlyView):
    """GET /stats/homepage."""

    authentication_classes = []
    needs = {"GET": Anyone}

    def get(self, request):
        return Response(summary.homepage())


class Summary(EventlyView):
    """GET /admin/analytics/summary."""

    needs = {"GET": staff("view_analytics")}

    def get(self, request):
        found = summary.summary(refresh=self.query(Refresh)["refresh"])
        rows = {"events": _rows(found["events"]), "top_events": _rows(found["top_events"])}
        return Response({**found, "generated_at": moment(found["generated_at"]), **rows})


def _rows(events: list[dict]) -> list[dict]:
    return [
        {
            "id": event["id"],
            "name": event["name"],
            "venue": event["venue"],
            "start_time": moment(event["starts_at"]),
            "end_time": moment(event["ends_at"]),
            "capacity": event["capacity"],
            "booked_count": event["booked_count"],
            "waitlisted_count": event["waitlisted_count"],
            "utilization_pct": event["utilization_pct"],
            "status": status_of(event["state"], event["is_bookable"]),
        }
        for event in events
    ]
