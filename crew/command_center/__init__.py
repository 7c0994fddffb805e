"""The planner's pages, for staff and for the organisation's own people."""
