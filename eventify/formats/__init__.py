"""How numbers are written where Django does not say it right."""
