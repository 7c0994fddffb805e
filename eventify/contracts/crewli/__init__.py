"""Contract 004, Crewli: planning a festival's crew, at /api/v1/."""
