"""Who: users, roles, sessions, audit trail, notifications."""
