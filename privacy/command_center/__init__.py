"""Staff answer what people ask about their data."""
