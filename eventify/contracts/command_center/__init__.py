"""Contract 000, the Command Center: CONTRACT.md."""
