"""Django's PostgreSQL with two additions: a cheap look at a pooled connection, and statements that are prepared."""
