"""Contract 003, Eventify Plus: CONTRACT.md."""
