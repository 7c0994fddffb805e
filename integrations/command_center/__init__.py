"""Staff see where every organisation's facts go, and send them again."""
