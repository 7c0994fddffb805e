"""Reports: what they say (catalogue), as files (sheets, paper), when asked for (exports), by the clock (schedules)."""
