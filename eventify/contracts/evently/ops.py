"""What machines ask."""

from django_prometheus.exports import ExportToDjangoView
from rest_framework.response import Response

from eventify.contracts.evently import gauges
from eventify.contracts.evently.conventions import Anyone, EventlyView


class Health(EventlyView):
    """GET /healthz: the process answers (it asks neither the database nor Redis)."""

    authentication_classes = []
    needs = {"GET": Anyone}

    def get(self, request):
        return Response({"status": "ok"})


class Metrics(EventlyView):
    """GET /metrics: Prometheus text, of all processes when PROMETHEUS_MULTIPROC_DIR is set; see gauges.py."""

    authentication_classes = []
    needs = {"GET": Anyone}

    def get(self, request):
        gauges.read()
        return ExportToDjangoView(request)
