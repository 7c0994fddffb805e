"""The dashboard of the command center."""
