"""The routes of our own API, in the order of CONTRACT.md."""

from eventify.contracts.platform import api_keys, explain, feed, orders, webhooks
from eventify.lib.routes import route

_ENDPOINT = "api/v1/webhooks/<id>"

urlpatterns = [
    route("api/v1/feed/kinds", feed.Kinds.as_view()),
    route("api/v1/feed", feed.Feed.as_view()),
    route("api/v1/orders/<id>", orders.OrderDetail.as_view()),
    route("api/v1/webhooks", webhooks.Endpoints.as_view()),
    route(_ENDPOINT, webhooks.EndpointDetail.as_view()),
    route(f"{_ENDPOINT}/pause", webhooks.Pause.as_view()),
    route(f"{_ENDPOINT}/resume", webhooks.Resume.as_view()),
    route(f"{_ENDPOINT}/rotate", webhooks.Rotate.as_view()),
    route(f"{_ENDPOINT}/test", webhooks.Test.as_view()),
    route(f"{_ENDPOINT}/replay", webhooks.Replay.as_view()),
    route(f"{_ENDPOINT}/deliveries", webhooks.Deliveries.as_view()),
    route("api/v1/deliveries/<id>/replay", webhooks.DeliveryReplay.as_view()),
    route("api/v1/api-keys", api_keys.ApiKeys.as_view()),
    route("api/v1/api-keys/<id>", api_keys.ApiKeyDetail.as_view()),
    route("api/v1/explain", explain.Explain.as_view()),
]
