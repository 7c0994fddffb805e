"""Contract 001, EViENT: CONTRACT.md."""
