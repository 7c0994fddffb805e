"""Contract 002, Evently: CONTRACT.md."""
