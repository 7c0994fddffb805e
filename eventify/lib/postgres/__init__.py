"""Django's PostgreSQL with two additions: a cheap look at a kept connection, and statements that are prepared."""
