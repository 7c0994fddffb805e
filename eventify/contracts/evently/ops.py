"""What machines ask."""

from django_prometheus.exports import ExportToDjangoView
from rest_framework import serializers
from rest_framework.response import Response

from eventify.contracts.evently import fields, gauges
from eventify.contracts.evently.conventions import Anyone, EventlyView
from eventify.lib import readiness


class Health(EventlyView):
    """GET /healthz: the process answers (it asks neither the database nor Redis)."""

    authentication_classes = []
    needs = {"GET": Anyone}

    def get(self, request):
        return Response({"status": "ok"})


class Strictness(fields.Query):
    """Whether warnings count."""

    strict = serializers.BooleanField(default=False)


class Ready(EventlyView):
    """GET /readyz: what this process needs, and whether it is there; 503 when requests cannot be answered.

    With ?strict=1 a warning is 503, too: for monitors that call somebody. See eventify/lib/readiness.py.
    """

    authentication_classes = []
    needs = {"GET": Anyone}

    def get(self, request):
        found = readiness.report()
        bad = {readiness.FAILED} | ({readiness.WARNING} if self.query(Strictness)["strict"] else set())
        return Response(found, status=503 if found["status"] in bad else 200, headers={"Cache-Control": "no-store"})


class Metrics(EventlyView):
    """GET /metrics: Prometheus text, of all processes when PROMETHEUS_MULTIPROC_DIR is set; see gauges.py."""

    authentication_classes = []
    needs = {"GET": Anyone}

    def get(self, request):
        gauges.read()
        return ExportToDjangoView(request)
