"""The platform's own small API, at /api/v1/: the feed, webhooks, keys of organisations, why something is refused."""
