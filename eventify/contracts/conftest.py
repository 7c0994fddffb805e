"""Every answer that a test of a contract gets is judged by the contract's OpenAPI document as well."""

import pytest
from django.test import Client

from eventify.openapi.tests import conforming


@pytest.fixture(autouse=True)
def _answers_conform(monkeypatch):
    """The client of the tests looks at what it hands on; conforming.Broken says what the document does not tell."""
    request = Client.request

    def judged(self, **asked):
        answer = request(self, **asked)
        conforming.check(answer.request["REQUEST_METHOD"], answer.wsgi_request.path_info, answer)
        return answer

    monkeypatch.setattr(Client, "request", judged)
