"""What every app may use and what itself imports no app."""
